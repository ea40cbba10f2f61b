// What the commands print with --json.
#include "internal/schema_documents.hpp"

namespace reelcell::pipeline {

Json alignment_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/alignment.schema.json",
  "title": "Reelcell alignment report, version 1",
  "description": "What 'reelcell align --json' prints: how the streams of each session lie on its clock and on the grid.",
  "type": "object",
  "required": ["version", "sessions", "diagnostics"],
  "properties": {
    "version": {"const": 1, "description": "Version of this document."},
    "sessions": {
      "type": "array", "description": "One report a session.",
      "items": {
        "type": "object", "required": ["version", "session", "extent", "streams"], "description": "One session.",
        "properties": {
          "version": {"const": 1, "description": "Version of the report."},
          "session": {"type": "string", "description": "Id of the session."},
          "extent": {
            "type": "object", "required": ["start_ns", "end_ns"], "description": "From the first to the last sample of any stream.",
            "properties": {
              "start_ns": {"type": "integer", "description": "Session clock [ns]."},
              "end_ns": {"type": "integer", "description": "Session clock, exclusive [ns]."}
            }
          },
          "streams": {"type": "array", "items": {"$ref": "#/definitions/stream_alignment"}, "description": "One entry a stream."},
          "clocks": {"type": "array", "description": "With --measure: each clock as measured, with its evidence and verdict.", "items": {"type": "object", "description": "One clock."}}
        }
      }
    },
    "failures": {"type": "array", "description": "Gates of 'align' that were not met (exit code 1).", "items": {"type": "string", "description": "Which, and by how much."}},
    "diagnostics": {"$ref": "#/definitions/diagnostics"}
  }
})json");
}

Json info_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/info.schema.json",
  "title": "Reelcell info, version 1",
  "description": "What 'reelcell info --json' prints: what is in files and folders.",
  "type": "object",
  "required": ["version", "items", "diagnostics"],
  "properties": {
    "version": {"const": 1, "description": "Version of this document."},
    "items": {
      "type": "array", "description": "One entry a path, in the order given.",
      "items": {
        "type": "object", "required": ["path", "format"], "description": "One path.",
        "properties": {
          "path": {"type": "string", "description": "As given."},
          "format": {"type": "string", "description": "session, corpus, folder, webdataset, parquet, document, labels, json, picture, npy, the reader's name, or unreadable."},
          "problem": {"type": "string", "description": "Why nothing can be said of an unreadable path."},
          "bytes": {"type": "integer", "minimum": 0, "description": "Size of a file [bytes]."},
          "id": {"type": "string", "description": "Id of a session."},
          "episodes": {"type": "integer", "minimum": 0, "description": "Episodes of a data set."},
          "streams_of": {"type": "string", "description": "The episode whose streams are listed."},
          "attributes": {"type": "object", "additionalProperties": {"$ref": "#/definitions/value"}, "description": "What is known of the recording."},
          "streams": {
            "type": "array", "description": "Streams of a recording or session.",
            "items": {
              "type": "object", "required": ["name", "kind", "count", "first_ns", "last_ns", "rate_hz"], "description": "One stream; null = the file does not say (--scan finds out).",
              "properties": {
                "name": {"type": "string", "description": "Name of the stream, or the one proposed."},
                "item": {"type": "string", "description": "Part of the file."},
                "kind": {"type": "string", "description": "video, series, events or audio."},
                "file": {"type": "string", "description": "Source file of a session's stream."},
                "format": {"type": "string", "description": "Reader of a session's stream."},
                "count": {"type": ["integer", "null"], "description": "Frames, samples or events."},
                "first_ns": {"type": ["integer", "null"], "description": "First time [ns]; of a session on its clock, else on the stream's own."},
                "last_ns": {"type": ["integer", "null"], "description": "Last time [ns]."},
                "rate_hz": {"type": ["number", "null"], "description": "At which it runs [Hz]: of a series by the median interval, of video the camera's own where its stamps are rounded; null of events."},
                "nominal_rate_hz": {"type": "number", "description": "That session.json or the data set states [Hz]."},
                "time_field": {"type": "string", "description": "Name of the field that holds the time of a session's stream."},
                "clock": {"description": "Name of the field that holds the time, or a session's clock map."},
                "columns": {
                  "type": "array", "description": "Columns of a series.",
                  "items": {
                    "type": "object", "required": ["name", "dtype", "width"], "description": "One column.",
                    "properties": {
                      "name": {"type": "string", "description": "Name of the column."},
                      "dtype": {"type": "string", "description": "numpy's name of the type."},
                      "width": {"type": "integer", "minimum": 1, "description": "Elements a sample."},
                      "unit": {"type": "string", "description": "SI unit."}
                    }
                  }
                },
                "video": {
                  "type": "object", "required": ["codec", "width", "height", "pix_fmt"], "description": "Coded form and key frames.",
                  "properties": {
                    "codec": {"type": "string", "description": "FFmpeg's name of the codec."},
                    "width": {"type": "integer", "description": "Width [px]."},
                    "height": {"type": "integer", "description": "Height [px]."},
                    "pix_fmt": {"type": "string", "description": "FFmpeg's name of the pixel format."},
                    "rotation": {"type": "integer", "description": "Display rotation [degrees]."},
                    "average_rate": {"type": "string", "description": "Frames by length, as a fraction [Hz]."},
                    "b_frames": {"type": "boolean", "description": "Frames are reordered."},
                    "frames": {"type": "integer", "description": "Frames in the file."},
                    "complete": {"type": "boolean", "description": "False: the file is damaged or cut."},
                    "key_frames": {"type": "integer", "description": "Frames that decode alone."},
                    "longest_gop": {"type": "integer", "description": "Most frames from one key frame to the next [frames]."},
                    "coded_bytes": {"type": "integer", "description": "Size of all packets [bytes]."},
                    "time": {"$ref": "#/definitions/times"}
                  }
                },
                "time": {"$ref": "#/definitions/times"},
                "details": {"type": "object", "description": "What else the reader says."},
                "error": {"type": "string", "description": "Why the stream cannot be read."}
              }
            }
          },
          "sessions": {"type": "array", "items": {"$ref": "#/definitions/session_place"}, "description": "Sessions in a folder."},
          "note": {"type": "string", "description": "What a person should know."},
          "files": {
            "type": "array", "description": "Files of a folder without sessions, by their ending.",
            "items": {
              "type": "object", "required": ["extension", "count"], "description": "One ending.",
              "properties": {
                "extension": {"type": "string", "description": "With its dot."},
                "count": {"type": "integer", "minimum": 0, "description": "Files."}
              }
            }
          },
          "shards": {"type": "integer", "minimum": 0, "description": "Shards of a WebDataset."},
          "samples": {"type": "integer", "minimum": 0, "description": "Samples in the shards that were listed."},
          "members": {
            "type": "array", "description": "Members of the samples, by extension.",
            "items": {
              "type": "object", "required": ["extension", "count", "bytes"], "description": "One extension.",
              "properties": {
                "extension": {"type": "string", "description": "All behind the key's dot."},
                "count": {"type": "integer", "minimum": 0, "description": "Members."},
                "bytes": {"type": "integer", "minimum": 0, "description": "Their size [bytes]."}
              }
            }
          },
          "first_keys": {"type": "array", "items": {"type": "string"}, "description": "Keys of the first samples."},
          "damage": {"type": "string", "description": "The first thing that is wrong with a shard."},
          "table": {
            "type": "object", "required": ["rows", "row_groups", "columns", "keys"], "description": "A Parquet file, by its footer.",
            "properties": {
              "rows": {"type": "integer", "minimum": 0, "description": "Rows."},
              "row_groups": {"type": "integer", "minimum": 0, "description": "Row groups."},
              "columns": {
                "type": "array", "description": "Leaves in order.",
                "items": {
                  "type": "object", "required": ["name", "dtype", "list_depth"], "description": "One column.",
                  "properties": {
                    "name": {"type": "string", "description": "Name of the column."},
                    "dtype": {"type": "string", "description": "numpy's name of the type."},
                    "list_depth": {"type": "integer", "minimum": 0, "description": "0: scalars, 1: lists, .."}
                  }
                }
              },
              "keys": {"type": "array", "items": {"type": "string"}, "description": "Keys of the footer's metadata."}
            }
          },
          "document": {"type": "string", "description": "Which of this program's documents it is."},
          "contents": {
            "type": "array", "description": "What a JSON document holds.",
            "items": {
              "type": "object", "required": ["key", "text"], "description": "One key.",
              "properties": {
                "key": {"type": "string", "description": "The key."},
                "text": {"type": "string", "description": "Its value, or how many entries and their names."}
              }
            }
          },
          "labels": {
            "type": "object", "required": ["format", "spans", "objects", "names"], "description": "Labels made in another tool.",
            "properties": {
              "format": {"type": "string", "description": "Name of the label format."},
              "spans": {"type": "integer", "minimum": 0, "description": "Spans of time."},
              "objects": {"type": "integer", "minimum": 0, "description": "Boxes, polygons and masks, those between placed ones included."},
              "names": {"type": "object", "additionalProperties": {"type": "integer", "description": "How often."}, "description": "Labels and how often each is there."},
              "media": {"type": "string", "description": "The video's name as the tool knew it."}
            }
          },
          "picture": {
            "type": "object", "required": ["width", "height"], "description": "A single picture.",
            "properties": {
              "width": {"type": "integer", "description": "Width [px]."},
              "height": {"type": "integer", "description": "Height [px]."}
            }
          },
          "array": {
            "type": "object", "required": ["dtype", "shape"], "description": "A NumPy array.",
            "properties": {
              "dtype": {"type": "string", "description": "numpy's name of the type."},
              "shape": {"type": "array", "items": {"type": "integer"}, "description": "Sizes of its axes."}
            }
          },
          "name": {"type": "string", "description": "Name of a corpus."},
          "generator": {"type": "object", "description": "Program that made a corpus."},
          "rate": {"type": "object", "description": "Rows a second of a corpus, num / den [Hz]."},
          "counts": {"type": "object", "description": "Counts of a corpus."},
          "splits": {"type": "object", "description": "Splits of a corpus."},
          "features": {"$ref": "#/definitions/features"},
          "outputs": {"type": "array", "items": {"type": "object", "description": "Format, folder and number of files."}, "description": "Outputs of a corpus."}
        }
      }
    },
    "diagnostics": {"$ref": "#/definitions/diagnostics"}
  }
})json");
}

Json findings_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/findings.schema.json",
  "title": "Reelcell findings, version 1",
  "description": "What 'reelcell validate --json' prints. docs/finding-codes.md explains each code.",
  "type": "object",
  "required": ["version", "results"],
  "properties": {
    "version": {"const": 1, "description": "Version of this document."},
    "results": {
      "type": "array", "description": "One entry a path, in the order given.",
      "items": {
        "type": "object", "required": ["path", "kind", "checked", "findings"], "description": "One path.",
        "properties": {
          "path": {"type": "string", "description": "As given."},
          "kind": {"type": "string", "description": "What it was taken for: corpus, session, lerobot_v3, mcap, .."},
          "checked": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0, "description": "How many."}, "description": "What was looked at, and how many of it."},
          "findings": {
            "type": "array", "description": "What is wrong or worth knowing.",
            "items": {
              "type": "object", "required": ["level", "code", "path", "where", "message"], "description": "One finding.",
              "properties": {
                "level": {"enum": ["note", "warning", "error"], "description": "error makes the exit code 1 unless --fail-on says else."},
                "code": {"type": "string", "pattern": "^[A-Z0-9]+(-[A-Z0-9]+)+$", "description": "Stable code of the finding."},
                "path": {"type": "string", "description": "File, relative to what was checked."},
                "where": {"type": "string", "description": "Place in it: a JSON pointer, an episode, a byte."},
                "message": {"type": "string", "description": "What was found, what was expected, what to do."}
              }
            }
          }
        }
      }
    }
  }
})json");
}

Json labels_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/labels.schema.json",
  "title": "Reelcell labels, version 1",
  "description": "What 'reelcell label --json' prints: the segments that a recipe gives, with their labels or (--explain) why they have them.",
  "type": "object",
  "required": ["version", "segments", "diagnostics"],
  "properties": {
    "version": {"const": 1, "description": "Version of this document."},
    "segments": {
      "type": "array", "description": "Segments in the order of the corpus.",
      "items": {"anyOf": [
        {"allOf": [{"$ref": "#/definitions/segment"}, {"required": ["key", "session", "labels"]}]},
        {
          "type": "object", "required": ["key", "explanation"], "description": "With --explain.",
          "properties": {
            "key": {"type": "string", "description": "Unique key over all sessions."},
            "explanation": {
              "type": "object", "required": ["segment", "start_ns", "end_ns", "labels"], "description": "Each label as a tree of its parts.",
              "properties": {
                "segment": {"type": "string", "description": "Name of the segment."},
                "range": {"type": "string", "description": "Its range for people."},
                "start_ns": {"type": "integer", "description": "First moment, session clock [ns]."},
                "end_ns": {"type": "integer", "description": "First moment behind it, session clock [ns]."},
                "labels": {
                  "type": "array", "description": "One entry a rule.",
                  "items": {
                    "type": "object", "required": ["name", "value", "confidence", "rule", "inputs", "parts"], "description": "One label.",
                    "properties": {
                      "name": {"type": "string", "description": "Name of the label."},
                      "value": {"$ref": "#/definitions/value"},
                      "shown": {"type": "string", "description": "The value for people, with unit."},
                      "confidence": {"type": "number", "minimum": 0, "maximum": 1, "description": "From 0 to 1."},
                      "fired": {"type": "string", "description": "Which part of the rule gave the value."},
                      "explanation": {"type": "string", "description": "Why, in one line."},
                      "rule": {"type": "string", "description": "The expression."},
                      "inputs": {"type": "array", "items": {"type": "string", "description": "A signal, parameter or event."}, "description": "What the rule looked at."},
                      "parts": {"type": "array", "items": {"$ref": "#/definitions/explained"}, "description": "Value, conditions and confidence with the values they had."}
                    }
                  }
                }
              }
            }
          }
        }
      ]}
    },
    "visits": {"$ref": "#/definitions/visits"},
    "diagnostics": {"$ref": "#/definitions/diagnostics"}
  }
})json");
}

Json build_plan_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/build-plan.schema.json",
  "title": "Reelcell build plan, version 1",
  "description": "What 'reelcell build --dry-run --json' prints: what a build would do.",
  "type": "object",
  "required": ["version", "recipe", "rate_hz", "features", "splits", "sessions", "segments", "quarantined", "diagnostics"],
  "properties": {
    "version": {"const": 1, "description": "Version of this document."},
    "recipe": {
      "type": "object", "required": ["name", "hash"], "description": "The recipe as used.",
      "properties": {
        "name": {"type": "string", "description": "Name of the corpus."},
        "hash": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the recipe with its parameters as used."}
      }
    },
    "rate_hz": {"type": "number", "exclusiveMinimum": 0, "description": "Rows a second [Hz]."},
    "features": {"$ref": "#/definitions/features"},
    "splits": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0, "description": "Segments in it."}, "description": "Segments by split, before the gates."},
    "sessions": {"type": "array", "items": {"$ref": "#/definitions/session_place"}, "description": "Sessions found."},
    "segments": {"type": "array", "items": {"$ref": "#/definitions/segment"}, "description": "Segments that would become samples, before the gates."},
    "quarantined": {
      "type": "array", "description": "Sessions that cannot be used.",
      "items": {
        "type": "object", "required": ["session", "reason"], "description": "One session.",
        "properties": {
          "session": {"type": "string", "description": "Id of the session."},
          "reason": {"type": "string", "description": "Why."}
        }
      }
    },
    "visits": {"$ref": "#/definitions/visits"},
    "corpus": {"$ref": "#/definitions/corpus_delta"},
    "diagnostics": {"$ref": "#/definitions/diagnostics"}
  }
})json");
}

Json formats_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/formats.schema.json",
  "title": "Reelcell formats, version 1",
  "description": "What 'reelcell formats --json' prints: all that is registered in this binary.",
  "type": "object",
  "required": ["version", "inputs", "outputs", "segmenters", "gates", "label_functions"],
  "properties": {
    "version": {"const": 1, "description": "Version of this document."},
    "inputs": {
      "type": "array", "description": "Formats that are read.",
      "items": {
        "allOf": [{"$ref": "#/definitions/stage"}],
        "required": ["extensions"],
        "properties": {"extensions": {"type": "array", "items": {"type": "string", "description": "With its dot."}, "description": "Usual extensions of such files."}}
      }
    },
    "outputs": {"type": "array", "items": {"$ref": "#/definitions/stage"}, "description": "Formats that are written."},
    "segmenters": {"type": "array", "items": {"$ref": "#/definitions/stage"}, "description": "Ways to cut a session."},
    "gates": {"type": "array", "items": {"$ref": "#/definitions/stage"}, "description": "What a segment can be refused for."},
    "label_functions": {
      "type": "array", "description": "Functions of label rules.",
      "items": {
        "type": "object", "required": ["name", "signature", "help"], "description": "One function.",
        "properties": {
          "name": {"type": "string", "description": "Name of the function."},
          "signature": {"type": "string", "description": "Name and arguments."},
          "help": {"type": "string", "description": "What it gives."}
        }
      }
    }
  }
})json");
}

Json replay_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/replay.schema.json",
  "title": "Reelcell replay, version 1",
  "description": "What 'reelcell replay --json' prints: the picture or video that was written.",
  "type": "object",
  "required": ["version", "file", "width", "height", "bytes"],
  "properties": {
    "version": {"const": 1, "description": "Version of this document."},
    "file": {"type": "string", "description": "What was written."},
    "width": {"type": "integer", "description": "Width [px]."},
    "height": {"type": "integer", "description": "Height [px]."},
    "bytes": {"type": "integer", "description": "Size of the file [bytes]."},
    "frames": {"type": "integer", "description": "Frames of a video."},
    "cameras": {
      "type": "array", "description": "Cameras of a video.",
      "items": {
        "type": "object", "required": ["name", "shown", "missing", "unreadable"], "description": "One camera.",
        "properties": {
          "name": {"type": "string", "description": "Stream."},
          "tolerance_ms": {"type": "number", "description": "No frame further away is shown [ms]."},
          "shown": {"type": "integer", "description": "Frames of the video that show a picture of it."},
          "missing": {"type": "integer", "description": "Frames of the video at whose time it has none."},
          "unreadable": {"type": "integer", "description": "Its frames that could not be decoded."},
          "largest_difference_ms": {"type": "number", "description": "Largest difference between asked and true time [ms]."}
        }
      }
    },
    "segments": {"type": "integer", "description": "Segments of a contact sheet."},
    "tiles": {"type": "integer", "description": "Tiles drawn."},
    "missing": {"type": "integer", "description": "Segments without a frame."},
    "columns": {"type": "integer", "description": "Tiles side by side."}
  }
})json");
}

}  // namespace reelcell::pipeline
