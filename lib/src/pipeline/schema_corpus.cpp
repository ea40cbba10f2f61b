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
    "version": {"const": 1, "description": "Version of this document."},
    "name": {"type": "string", "description": "Name of the corpus."},
    "generator": {
      "type": "object", "required": ["name", "version"], "description": "The program that made it.",
      "properties": {"name": {"type": "string", "description": "reelcell"}, "version": {"type": "string", "description": "Its version."}}
    },
    "recipe": {"type": "object", "required": ["hash", "document"], "description": "The recipe as used.", "properties": {"hash": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the recipe with its parameters as used."}, "document": {"type": "object", "description": "The recipe with variant and parameters applied."}}},
    "rate": {"type": "object", "required": ["num", "den"], "description": "Rows a second as a ratio [Hz].", "properties": {"num": {"type": "integer", "minimum": 1, "description": "Numerator."}, "den": {"type": "integer", "minimum": 1, "description": "Denominator."}}},
    "features": {"$ref": "#/definitions/features"},
    "counts": {"type": "object", "required": ["sessions", "segments", "episodes", "rows", "dropped", "quarantined"], "description": "How many sessions, segments, episodes and rows there are, and how many segments were dropped or quarantined.", "additionalProperties": {"type": "integer", "minimum": 0, "description": "How many."}},
    "splits": {"type": "object", "description": "Splits by name.", "additionalProperties": {"type": "object", "required": ["episodes", "rows", "groups"], "description": "Episodes, rows and groups of one split; no group is in two."}},
    "outputs": {
      "type": "array", "description": "What was written, one entry a format.",
      "items": {
        "type": "object", "required": ["format", "folder", "files"], "description": "One output.",
        "properties": {
          "format": {"type": "string", "description": "Writer's name as in 'reelcell formats'."},
          "folder": {"type": "string", "description": "Folder in the corpus."},
          "summary": {"type": "object", "description": "What the writer says of it."},
          "files": {"$ref": "#/definitions/hashed_files"}
        }
      }
    },
    "files": {"$ref": "#/definitions/hashed_files"},
    "samples": {
      "type": "array", "description": "Samples in the order of the corpus.",
      "items": {
        "type": "object",
        "required": ["episode", "key", "session", "split", "group", "rows", "segment", "lineage", "places"], "description": "One sample.",
        "properties": {
          "episode": {"type": "integer", "minimum": 0, "description": "Number of the sample, from 0 without gaps."},
          "key": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "description": "Unique key."},
          "session": {"type": "string", "description": "Id of its session."},
          "split": {"type": "string", "description": "Its split."},
          "group": {"type": "string", "description": "What is never divided between splits."},
          "rows": {"type": "integer", "minimum": 0, "description": "Rows of the sample."},
          "clips": {"type": "array", "items": {"type": "object", "description": "Feature, stream, bytes, and why it was encoded again."}, "description": "Videos of the sample."},
          "segment": {"$ref": "#/definitions/segment"},
          "lineage": {"$ref": "#/definitions/lineage"},
          "places": {"type": "array", "description": "Where the sample is in each output.", "items": {"type": "object", "required": ["output", "file"], "description": "Output folder, file, and the place in it."}}
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
    "version": {"const": 1, "description": "Version of this document."},
    "episodes": {"type": "integer", "minimum": 0, "description": "Samples written."},
    "rows": {"type": "integer", "minimum": 0, "description": "Rows written."},
    "lost": {"type": "boolean", "description": "Data was lost or quarantined (exit code 3)."},
    "decisions": {
      "type": "array", "description": "What became of each segment.",
      "items": {
        "type": "object", "required": ["key", "session", "split", "action", "reason", "gates"], "description": "One segment.",
        "properties": {
          "key": {"type": "string", "description": "Unique key over all sessions."},
          "session": {"type": "string", "description": "Id of its session."},
          "segment": {"type": "string", "description": "Name of the segment."},
          "split": {"type": "string", "description": "Its split."},
          "action": {"enum": ["keep", "drop", "quarantine"], "description": "drop: a gate refused it; quarantine: that counts as loss (exit code 3)."},
          "reason": {"type": "string", "description": "Why it was not kept; empty when it was."},
          "episode": {"type": ["integer", "null"], "description": "Number of the sample; null when it was not kept."},
          "gates": {
            "type": "array", "description": "Every gate with what it measured.",
            "items": {
              "type": "object", "required": ["gate", "passed", "figure", "limit", "unit", "reason"], "description": "One gate.",
              "properties": {
                "gate": {"type": "string", "description": "Gate's name as in 'reelcell formats'."},
                "passed": {"type": "boolean", "description": "Whether the segment passed."},
                "figure": {"type": ["number", "null"], "description": "What was measured, in unit; null when it could not be."},
                "limit": {"type": ["number", "null"], "description": "What is allowed, in unit."},
                "unit": {"type": "string", "description": "Unit of figure and limit."},
                "reason": {"type": "string", "description": "The measurement in words, with its place."}
              }
            }
          }
        }
      }
    },
    "quarantined_sessions": {"type": "array", "items": {"type": "object", "required": ["session", "reason"], "description": "Id and reason."}, "description": "Sessions that could not be used."},
    "video": {"type": "object", "description": "By feature: clips copied and encoded again.", "additionalProperties": {"type": "object", "required": ["copied", "encoded", "why_encoded"], "description": "Clips, frames and bytes [bytes] of each, and the reasons with their counts."}},
    "alignment": {"type": "array", "description": "How each stream met the rows that were written.", "items": {"$ref": "#/definitions/stream_alignment"}},
    "outputs": {"type": "array", "description": "What was written.", "items": {"type": "object", "required": ["format", "folder", "files"], "description": "Format, folder, number of files and the writer's summary."}},
    "diagnostics": {"$ref": "#/definitions/diagnostics"}
  }
})json");
}

}  // namespace reelcell::pipeline
