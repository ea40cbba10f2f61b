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
    "counts": {"type": "object", "required": ["sessions", "segments", "episodes", "rows", "dropped", "quarantined"], "additionalProperties": {"type": "integer", "minimum": 0}},
    "splits": {"type": "object", "additionalProperties": {"type": "object", "required": ["episodes", "rows", "groups"]}},
    "outputs": {
      "type": "array",
      "items": {"type": "object", "required": ["format", "folder", "files"], "properties": {"format": {"type": "string"}, "folder": {"type": "string"}, "files": {"$ref": "#/definitions/files"}}}
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
