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
    "robot_type": {"type": "string", "description": "The robot, as the recipe or the sessions say."},
    "true_times": {"type": "boolean", "description": "Rows keep the true times of their sources."},
    "time_streams": {"type": "array", "items": {"type": "string", "description": "Name of a stream."}, "description": "Streams whose true times are kept, in column order."},
    "edits": {
      "type": "array", "description": "What was done to the corpus after it was built, oldest first.",
      "items": {
        "type": "object", "required": ["operations", "arguments", "sources", "video"], "description": "One edit.",
        "properties": {
          "operations": {"type": "array", "description": "What was done, in order.", "items": {"enum": ["copy", "drop", "filter", "forget", "merge", "relabel", "rename", "reshard", "split", "statistics"], "description": "One operation."}},
          "arguments": {"type": "object", "description": "What the operations were given."},
          "sources": {"type": "array", "description": "The corpora it was made from.", "items": {"type": "object", "required": ["name", "sha256", "samples"], "description": "Name, hash of the manifest and number of samples."}},
          "video": {"type": "object", "required": ["copied", "encoded"], "description": "What this edit copied and encoded."},
          "part": {"type": "string", "description": "Which corpus of a split this is."},
          "forgotten": {"type": "integer", "minimum": 0, "description": "Samples removed with their group."}
        }
      }
    },
    "generations": {
      "type": "array", "minItems": 1, "description": "The build and the additions that the corpus was made by, oldest first. The same in the same order give the same bytes. Absent: an edited corpus.",
      "items": {
        "type": "object", "required": ["version", "sessions", "episodes"], "description": "One build or addition.",
        "properties": {
          "version": {"type": "string", "description": "Version of the program that made it."},
          "sessions": {"type": "array", "items": {"type": "string", "description": "Id of a session."}, "description": "Sessions that were given, also those of which nothing came."},
          "episodes": {"type": "integer", "minimum": 0, "description": "Samples that came of them; they follow those of the generations before."}
        }
      }
    },
    "statistics": {
      "type": "object", "required": ["features", "labels"], "description": "Figures over all episodes.",
      "properties": {
        "features": {
          "description": "Over all episodes, element by element; pictures per channel in [0, 1]. Absent: text, and pictures that were not decoded.",
          "type": "object",
          "additionalProperties": {"type": "object", "required": ["min", "max", "mean", "std", "q01", "q10", "q50", "q90", "q99", "count"], "description": "One feature; lists have one value an element.", "properties": {"count": {"type": "integer", "minimum": 0, "description": "Rows (pictures: frames)."}}}
        },
        "pictures": {"type": "object", "description": "By feature, the histogram over all pictures that its figures are made of.", "additionalProperties": {"type": "string", "description": "JSON as text: frames, and histogram with 256 counts for each of red, green and blue."}},
        "labels": {"type": "object", "description": "Counts of values, or the range of a measured label.", "additionalProperties": {"type": "object", "description": "One label.", "properties": {"unit": {"type": "string", "description": "Of its values, where they are quantities."}}}}
      }
    },
    "counts": {"type": "object", "required": ["sessions", "segments", "episodes", "rows", "dropped", "quarantined"], "description": "How many sessions, segments, episodes and rows there are, and how many segments were dropped or quarantined.", "additionalProperties": {"type": "integer", "minimum": 0, "description": "How many."}},
    "splits": {"type": "object", "description": "Splits by name.", "additionalProperties": {"type": "object", "required": ["episodes", "rows", "groups"], "description": "Episodes, rows and groups of one split; no group is in two."}},
    "outputs": {
      "type": "array", "description": "What was written, one entry a format.",
      "items": {
        "type": "object", "required": ["format", "folder", "files"], "description": "One output.",
        "properties": {
          "format": {"type": "string", "description": "Writer's name as in 'reelcell formats'."},
          "folder": {"type": "string", "description": "Folder in the corpus."},
          "options": {"type": "object", "description": "As an edit set them; else the recipe says."},
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
          "session_attributes": {"type": "object", "description": "The session's attributes."},
          "origin": {"type": "array", "description": "Where the sample lay before each edit, oldest first.", "items": {"type": "object", "required": ["corpus", "sha256", "key", "episode"], "description": "One earlier place."}},
          "clips": {"type": "array", "items": {"type": "object", "description": "Feature, stream, bytes, and why it was encoded again."}, "description": "Videos of the sample."},
          "segment": {"$ref": "#/definitions/segment"},
          "lineage": {"$ref": "#/definitions/lineage"},
          "places": {"type": "array", "description": "Where the sample is in each output.", "items": {"type": "object", "required": ["output", "file"], "description": "Output folder, file, and the place in it; details.episode: the number in the json of a WebDataset sample, where it is another one."}}
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
    "lost_parts": {
      "type": "object", "required": ["sessions", "segments"], "description": "Of what something was lost; building that anew ends the loss. Absent: not known, or not told by this version.",
      "properties": {
        "sessions": {"type": "array", "items": {"type": "string", "description": "Id of a session."}, "description": "Sessions that could not be used, or in which data was lost while they were read."},
        "segments": {"type": "array", "items": {"type": "string", "description": "Key of a segment."}, "description": "Segments that were left out or failed, or with rows or pictures without a sample."}
      }
    },
    "sources_without_hash": {
      "type": "array", "description": "Streams of data sets and folders whose hash could not be taken; the samples are whole. Tried again with --retry-failed. Absent: none.",
      "items": {
        "type": "object", "required": ["session", "source", "reason"], "description": "A stream.",
        "properties": {
          "session": {"type": "string", "description": "Id of the session."},
          "source": {"type": "string", "description": "Name of the stream."},
          "reason": {"type": "string", "description": "Why it could not be taken."}
        }
      }
    },
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
    "video": {"type": "object", "description": "By feature: clips copied and encoded again.", "additionalProperties": {"type": "object", "required": ["copied", "encoded", "why_encoded"], "description": "Clips, frames and bytes [bytes] of each, and the reasons with their counts.", "properties": {"joined": {"type": "object", "description": "Clips of copied and encoded packets; their frames and bytes are counted where they belong, the clips as encoded."}}}},
    "alignment": {"type": "array", "description": "How each stream met the rows that were written.", "items": {"$ref": "#/definitions/joined_stream"}},
    "visits": {"$ref": "#/definitions/visits"},
    "not_written": {"type": "array", "description": "Streams that no output holds: sound.", "items": {"type": "object", "required": ["stream", "kind", "sessions"], "description": "One stream.", "properties": {
      "stream": {"type": "string", "description": "Name of the stream."},
      "kind": {"enum": ["audio"], "description": "Kind of the stream."},
      "sessions": {"type": "integer", "minimum": 1, "description": "Sessions, of those that were built now, that have it."}
    }}},
    "outputs": {"type": "array", "description": "What was written.", "items": {"type": "object", "required": ["format", "folder", "files"], "description": "Format, folder, number of files, after an edit that could leave files as they were how many (files_as_they_were), and the writer's summary."}},
    "corpus": {"$ref": "#/definitions/corpus_delta"},
    "diagnostics": {"$ref": "#/definitions/diagnostics"}
  }
})json");
}

}  // namespace reelcell::pipeline
