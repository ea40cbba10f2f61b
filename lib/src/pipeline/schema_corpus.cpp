#include "internal/schema_documents.hpp"

namespace reelcell::pipeline {

Json corpus_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/corpus.schema.json",
  "title": "Reelcell corpus manifest, version 1",
  "description": "Every file of a corpus with size and hashes, every sample with its lineage.",
  "type": "object",
  "required": ["version", "name", "generator", "recipe", "rate", "features", "counts", "splits", "outputs", "files", "samples"],
  "properties": {
    "version": {"const": 1},
    "name": {"type": "string"},
    "generator": {"type": "object", "required": ["name", "version"], "properties": {"name": {"type": "string"}, "version": {"type": "string"}}},
    "recipe": {"type": "object", "required": ["hash", "document"], "properties": {"hash": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the recipe with its parameters as used."}, "document": {"type": "object"}}},
    "rate": {"type": "object", "required": ["num", "den"], "description": "Rows a second as a ratio [Hz].", "properties": {"num": {"type": "integer", "minimum": 1}, "den": {"type": "integer", "minimum": 1}}},
    "features": {"type": "array", "items": {"type": "object", "required": ["name", "dtype", "shape"]}},
    "robot_type": {"type": "string"},
    "true_times": {"type": "boolean", "description": "Rows keep the true times of their sources."},
    "time_streams": {"type": "array", "items": {"type": "string"}, "description": "Streams whose true times are kept, in column order."},
    "edits": {
      "type": "array", "description": "What was done to the corpus after it was built, oldest first.",
      "items": {
        "type": "object", "required": ["operations", "arguments", "sources", "video"],
        "properties": {
          "operations": {"type": "array", "items": {"enum": ["copy", "drop", "filter", "forget", "merge", "relabel", "rename", "reshard", "split", "statistics"]}},
          "arguments": {"type": "object"},
          "sources": {"type": "array", "items": {"type": "object", "required": ["name", "sha256", "samples"]}},
          "video": {"type": "object", "required": ["copied", "encoded"], "description": "What this edit copied and encoded."},
          "part": {"type": "string", "description": "Which corpus of a split this is."},
          "forgotten": {"type": "integer", "minimum": 0}
        }
      }
    },
    "counts": {"type": "object", "required": ["sessions", "segments", "episodes", "rows", "dropped", "quarantined"], "additionalProperties": {"type": "integer", "minimum": 0}},
    "splits": {"type": "object", "additionalProperties": {"type": "object", "required": ["episodes", "rows", "groups"]}},
    "statistics": {
      "type": "object", "required": ["features", "labels"],
      "properties": {
        "features": {
          "description": "Over all episodes, element by element; pictures per channel in [0, 1]. Absent: text, and pictures that were not decoded.",
          "type": "object",
          "additionalProperties": {"type": "object", "required": ["min", "max", "mean", "std", "q01", "q10", "q50", "q90", "q99", "count"], "properties": {"count": {"type": "integer", "minimum": 0, "description": "Rows (frames)."}, "missing": {"type": "array", "description": "Values that were missing, an element."}}}
        },
        "labels": {"type": "object", "description": "Counts of values, or the range of a measured label.", "additionalProperties": {"type": "object"}}
      }
    },
    "outputs": {
      "type": "array",
      "items": {"type": "object", "required": ["format", "folder", "files"], "properties": {"format": {"type": "string"}, "folder": {"type": "string"}, "options": {"type": "object", "description": "As an edit set them; else the recipe says."}, "files": {"$ref": "#/definitions/files"}}}
    },
    "files": {"$ref": "#/definitions/files"},
    "samples": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["episode", "key", "session", "split", "group", "rows", "segment", "lineage", "places"],
        "properties": {
          "episode": {"type": "integer", "minimum": 0},
          "key": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
          "rows": {"type": "integer", "minimum": 0},
          "session_attributes": {"type": "object"},
          "origin": {"type": "array", "description": "Where the sample lay before each edit, oldest first.", "items": {"type": "object", "required": ["corpus", "sha256", "key", "episode"]}},
          "segment": {
            "type": "object", "required": ["name", "kind", "start_ns", "end_ns"],
            "properties": {"start_ns": {"type": "integer", "description": "Session clock [ns]."}, "end_ns": {"type": "integer", "description": "Session clock, exclusive [ns]."}}
          },
          "lineage": {
            "type": "array",
            "items": {"type": "object", "required": ["stream", "path", "format", "first_ns", "last_ns", "clock_map"]}
          },
          "places": {"type": "array", "items": {"type": "object", "required": ["output", "file"]}}
        }
      }
    }
  },
  "definitions": {
    "files": {
      "type": "array",
      "items": {
        "type": "object", "required": ["path", "bytes", "xxh3_128", "sha256"],
        "properties": {
          "path": {"type": "string", "minLength": 1, "description": "Relative to the corpus folder."},
          "bytes": {"type": "integer", "minimum": 0},
          "xxh3_128": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
          "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}
        }
      }
    }
  }
})json");
}

Json report_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/report.schema.json",
  "title": "Reelcell build report, version 1",
  "description": "What a build decided: each segment with its gates' figures, video copied and encoded, alignment.",
  "type": "object",
  "required": ["version", "episodes", "rows", "lost", "decisions", "video", "alignment", "outputs"],
  "properties": {
    "version": {"const": 1},
    "episodes": {"type": "integer", "minimum": 0},
    "rows": {"type": "integer", "minimum": 0},
    "lost": {"type": "boolean", "description": "Data was lost or quarantined (exit code 3)."},
    "decisions": {
      "type": "array",
      "items": {
        "type": "object", "required": ["key", "session", "split", "action", "reason", "gates"],
        "properties": {
          "action": {"enum": ["keep", "drop", "quarantine"]},
          "gates": {"type": "array", "items": {"type": "object", "required": ["gate", "passed", "figure", "limit", "unit", "reason"]}}
        }
      }
    },
    "video": {"type": "object", "additionalProperties": {"type": "object", "required": ["copied", "encoded", "why_encoded"]}},
    "alignment": {"type": "array", "items": {"type": "object", "required": ["stream"]}},
    "outputs": {"type": "array"}
  }
})json");
}

}  // namespace reelcell::pipeline
