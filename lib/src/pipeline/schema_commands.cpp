// What plan, work, status, why, diff, edit and watch print with --json.
#include "internal/schema_documents.hpp"

namespace reelcell::pipeline {

Json parts_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/parts.schema.json",
  "title": "Reelcell parts of a plan, version 1",
  "description": "What 'reelcell plan', 'work' and 'status' print with --json: how far each part is.",
  "type": "object",
  "required": ["version", "parts"],
  "properties": {
    "version": {"const": 1, "description": "Version of this document."},
    "parts": {
      "type": "array", "description": "The parts in order; 'work' gives its own.",
      "items": {
        "type": "object", "required": ["part", "segments", "done", "failed", "in_work", "cost_bytes", "state"], "description": "One part.",
        "properties": {
          "part": {"type": "integer", "minimum": 0, "description": "Number of the part, as --part takes it."},
          "segments": {"type": "integer", "minimum": 0, "description": "Segments of the part."},
          "done": {"type": "integer", "minimum": 0, "description": "Segments whose result is stored."},
          "failed": {"type": "integer", "minimum": 0, "description": "Of those done: segments that could not be built."},
          "failures": {"type": "array", "description": "Those segments.", "items": {"type": "object", "required": ["segment", "reason"], "description": "Key and reason of one."}},
          "in_work": {"type": "integer", "minimum": 0, "description": "Segments in work now, or when a task ended abruptly."},
          "cost_bytes": {"type": "integer", "minimum": 0, "description": "Estimate by which the parts were balanced [bytes]."},
          "state": {"enum": ["waiting", "begun", "in work", "complete"], "description": "How far the part is."}
        }
      }
    },
    "quarantined": {"type": "array", "description": "Sessions that no part has, since they could not be read when the plan was made; 'work' leaves them out.", "items": {"type": "object", "required": ["session", "reason"], "description": "Id and reason of one."}}
  }
})json");
}

Json why_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/why.schema.json",
  "title": "Reelcell origin of a sample, version 1",
  "description": "What 'reelcell why --json' prints: where every byte and label of a sample came from.",
  "type": "object",
  "required": ["version", "key", "episode", "session", "segment", "labels", "gates", "sources", "clips", "places", "recipe", "intact"],
  "properties": {
    "version": {"const": 1, "description": "Version of this document."},
    "key": {"type": "string", "description": "Unique key of the sample."},
    "episode": {"type": "integer", "minimum": 0, "description": "Its number in the corpus."},
    "session": {"type": "string", "description": "Id of its session."},
    "session_attributes": {"type": "object", "description": "What is known of the session.", "additionalProperties": {"$ref": "#/definitions/value"}},
    "split": {"type": "string", "description": "The split that its group falls into."},
    "group": {"type": "string", "description": "What is never divided between splits."},
    "rows": {"type": "integer", "minimum": 0, "description": "Rows of the sample."},
    "task": {"type": "string", "description": "Language instruction."},
    "segment": {"$ref": "#/definitions/segment"},
    "labels": {
      "type": "array", "description": "Labels, in the order of the rules.",
      "items": {"allOf": [{"$ref": "#/definitions/label"}, {"required": ["name"]}]}
    },
    "gates": {"type": "array", "description": "What the gates said.", "items": {"type": "object", "description": "One gate with its figure."}},
    "sources": {
      "type": "array", "description": "Every file and stream that the sample was made of.",
      "items": {
        "type": "object", "required": ["stream", "file", "roles", "sha256"], "description": "One source.",
        "properties": {
          "stream": {"type": "string", "description": "Name of the stream; empty for a file that is none."},
          "file": {"type": "string", "description": "Path in the session's folder."},
          "roles": {"type": "array", "description": "What it was read for: rows, native, grid, segment, label, gate, ..", "items": {"type": "string", "description": "One role."}},
          "format": {"type": "string", "description": "Reader of the stream."},
          "item": {"type": "string", "description": "Part of the file."},
          "sha256": {"type": "string", "description": "SHA-256 when it was read; empty where none could be taken."},
          "xxh3_128": {"type": "string", "description": "XXH3-128 when it was read."},
          "no_hash": {"type": "string", "description": "Why there is no hash."},
          "first_pts": {"type": "integer", "description": "First sample used, in units of time_base."},
          "last_pts": {"type": "integer", "description": "Last sample used, in units of time_base."},
          "time_base": {"type": "string", "description": "Seconds a unit, as a fraction."},
          "first_ns": {"type": "integer", "description": "First sample used, session clock [ns]."},
          "last_ns": {"type": "integer", "description": "Last sample used, session clock [ns]."},
          "clock_map": {"$ref": "#/definitions/clock_map"},
          "check": {"enum": ["same", "changed", "missing", "no hash"], "description": "With --sources: whether the file there has the bytes it had."}
        }
      }
    },
    "clips": {"type": "array", "description": "Videos of the sample: packets copied and encoded, and why.", "items": {"type": "object", "description": "One video."}},
    "places": {
      "type": "array", "description": "Where the sample lies in each output.",
      "items": {
        "type": "object", "required": ["output", "file", "at"], "description": "One file.",
        "properties": {
          "output": {"type": "string", "description": "Folder of the output."},
          "file": {"type": "string", "description": "Path in the corpus."},
          "bytes": {"type": "integer", "minimum": 0, "description": "Size of the file [bytes]."},
          "sha256": {"type": "string", "description": "SHA-256 of the file, by the manifest."},
          "at": {"type": "object", "description": "The place in it: rows, frames, or bytes of a shard."},
          "check": {"enum": ["same", "changed", "missing"], "description": "With --check: whether the file has the bytes it had."}
        }
      }
    },
    "recipe": {"type": "object", "required": ["name", "hash"], "description": "The recipe that made it.", "properties": {"name": {"type": "string", "description": "Its name."}, "hash": {"type": "string", "description": "SHA-256 of the recipe with its parameters as used."}}},
    "origin": {"type": "array", "description": "Where the sample lay before each edit, oldest first.", "items": {"type": "object", "description": "One earlier place."}},
    "edits": {"type": "array", "description": "What was done to the corpus after it was built, oldest first.", "items": {"type": "object", "description": "One edit."}},
    "corpus_sha256": {"type": "string", "description": "SHA-256 of the manifest."},
    "generator": {"type": "object", "description": "The program that built it."},
    "intact": {"type": "boolean", "description": "False: a file was looked at and has other bytes, or one of the corpus is missing (exit code 1)."}
  }
})json");
}

Json diff_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/diff.schema.json",
  "title": "Reelcell differences of two corpora, version 1",
  "description": "What 'reelcell diff --json' prints: what changed from the first corpus to the second.",
  "type": "object",
  "required": ["version", "equal", "identical", "compared", "samples", "features", "rate", "outputs", "statistics", "recipe"],
  "properties": {
    "version": {"const": 1, "description": "Version of this document."},
    "equal": {"type": "boolean", "description": "No difference was found (exit code 0)."},
    "identical": {"type": "boolean", "description": "The manifests have the same bytes."},
    "compared": {"type": "string", "description": "What was compared."},
    "samples": {
      "type": "object", "required": ["before", "after", "same", "added", "removed", "changed"], "description": "Samples, by their keys.",
      "properties": {
        "before": {"type": "integer", "minimum": 0, "description": "Samples of the first corpus."},
        "after": {"type": "integer", "minimum": 0, "description": "Samples of the second corpus."},
        "same": {"type": "integer", "minimum": 0, "description": "Samples in which nothing differs."},
        "added": {"type": "array", "description": "Samples of the second corpus alone.", "items": {"type": "string", "description": "A key."}},
        "removed": {"type": "array", "description": "Samples of the first corpus alone.", "items": {"type": "string", "description": "A key."}},
        "changed": {"type": "object", "description": "By key: what differs.", "additionalProperties": {"type": "array", "description": "Differences of one sample.", "items": {"type": "string", "description": "One difference."}}}
      }
    },
    "features": {
      "type": "object", "required": ["added", "removed", "changed"], "description": "Columns and cameras.",
      "properties": {
        "added": {"type": "array", "description": "Features of the second corpus alone.", "items": {"type": "string", "description": "A feature."}},
        "removed": {"type": "array", "description": "Features of the first corpus alone.", "items": {"type": "string", "description": "A feature."}},
        "changed": {"type": "object", "description": "By feature: type, shape, names and unit before and after.", "additionalProperties": {"$ref": "#/definitions/change"}}
      }
    },
    "rate": {"$ref": "#/definitions/change"},
    "outputs": {"type": "array", "description": "Formats, folders and options that differ.", "items": {"$ref": "#/definitions/change"}},
    "statistics": {"type": "object", "description": "By output: features whose statistics differ.", "additionalProperties": {"type": "array", "description": "Features of one output.", "items": {"type": "string", "description": "A feature."}}},
    "recipe": {"type": "array", "description": "What differs in the recipes.", "items": {"$ref": "#/definitions/change"}}
  },
  "definitions": {
    "change": {
      "type": "object", "required": ["before", "after"], "description": "A value of the first and of the second corpus.",
      "properties": {
        "at": {"type": "string", "description": "Where in the document, as a JSON pointer."},
        "before": {"description": "In the first corpus; null = not there."},
        "after": {"description": "In the second corpus; null = not there."}
      }
    }
  }
})json");
}

Json edit_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/edit.schema.json",
  "title": "Reelcell edit, version 1",
  "description": "What 'reelcell edit --json' prints: with --dry-run what would be done, else what was done.",
  "type": "object",
  "required": ["version", "operations", "left_out", "corpora", "diagnostics"],
  "properties": {
    "version": {"const": 1, "description": "Version of this document."},
    "operations": {"type": "array", "description": "What is done, in order.", "items": {"enum": ["copy", "drop", "filter", "forget", "merge", "relabel", "rename", "reshard", "split", "statistics"], "description": "One operation."}},
    "arguments": {"type": "object", "description": "With --dry-run: what the operations were given."},
    "sources": {"type": "array", "description": "With --dry-run: the corpora that it is made from.", "items": {"type": "object", "required": ["path", "sha256", "samples"], "description": "Path, hash of the manifest and number of samples."}},
    "lost": {"type": "boolean", "description": "Done: samples could not be had whole and were left out (exit code 3)."},
    "left_out": {"type": ["integer", "array"], "minimum": 0, "description": "How many samples were not selected; with --dry-run each with its reason.", "items": {"type": "object", "required": ["key", "reason"], "description": "One sample."}},
    "forgotten": {"type": ["integer", "object"], "minimum": 0, "description": "With --forget: what was searched for traces of the group; with --dry-run how many samples it has."},
    "outputs": {"type": "array", "description": "With --dry-run: format, folder and options of each output.", "items": {"type": "object", "required": ["format", "folder", "options"], "description": "One output."}},
    "corpora": {
      "type": "array", "description": "The new corpus, or with a split each of them.",
      "items": {
        "type": "object", "required": ["name", "rows"], "description": "One corpus.",
        "properties": {
          "name": {"type": "string", "description": "Its folder below --out; empty: --out itself."},
          "rows": {"type": "integer", "minimum": 0, "description": "Rows."},
          "episodes": {"type": "integer", "minimum": 0, "description": "Done: samples written."},
          "samples": {"type": "array", "description": "With --dry-run: its samples in order.", "items": {"type": "object", "required": ["key", "from", "source"], "description": "New key, old key and number of the source of one sample."}},
          "outputs": {"type": "array", "description": "Done: what was written.", "items": {"type": "object", "required": ["format", "folder", "files"], "description": "Format, folder, number of files, how many stayed as they were, and the writer's summary."}},
          "edit": {"type": "object", "description": "Done: the record of the edit, as in corpus.json."}
        }
      }
    },
    "diagnostics": {"$ref": "#/definitions/diagnostics"}
  }
})json");
}

Json watch_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/watch.schema.json",
  "title": "Reelcell watch event, version 1",
  "description": "A line of what 'reelcell watch --json' prints: one thing that happened.",
  "type": "object",
  "required": ["version", "event"],
  "properties": {
    "version": {"const": 1, "description": "Version of this document."},
    "event": {"enum": ["added", "waiting", "refused", "stopped"], "description": "added: sessions became part of the corpus; waiting: a session is not whole yet; refused: a session cannot be taken; stopped: a signal ended the program."},
    "session": {"type": "string", "description": "waiting, refused: id of the session."},
    "reason": {"type": "string", "description": "waiting, refused: why."},
    "signal": {"type": "string", "description": "stopped: name of the signal."},
    "sessions": {"type": "array", "description": "added: ids of the sessions.", "items": {"type": "string", "description": "An id."}},
    "quarantined": {"type": "array", "description": "added: sessions of these that could not be used.", "items": {"type": "object", "required": ["session", "reason"], "description": "Id and reason."}},
    "episodes_before": {"type": "integer", "minimum": 0, "description": "added: samples that the corpus held."},
    "episodes": {"type": "integer", "minimum": 0, "description": "added: samples that it holds now."},
    "rows": {"type": "integer", "minimum": 0, "description": "added: rows that it holds now."},
    "diagnostics": {"$ref": "#/definitions/diagnostics"}
  }
})json");
}

}  // namespace reelcell::pipeline
