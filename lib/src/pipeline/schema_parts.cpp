// Parts that several documents have in common; schemas.cpp adds those that a schema refers to.
#include "internal/schema_documents.hpp"

namespace reelcell::pipeline {

Json schema_parts() {
  Json parts = Json::parse(R"json({
  "value": {"description": "A value of any kind; null = unknown.", "type": ["string", "number", "boolean", "null"]},
  "clock_map": {
    "type": "object", "required": ["method", "knots"], "description": "How a stream's own time becomes session time: linear between knots and beyond them.",
    "properties": {
      "method": {"type": "string", "description": "given: stated in session.json; assumed: nobody stated it; else how it was measured."},
      "knots": {
        "type": "array", "description": "Points of the map, in order of time.",
        "items": {
          "type": "object", "required": ["stream_ns", "session_ns", "skew_ppm"], "description": "One point of the map.",
          "properties": {
            "stream_ns": {"type": "integer", "description": "Time on the stream's clock [ns]."},
            "session_ns": {"type": "integer", "description": "The same moment on the session clock [ns]."},
            "skew_ppm": {"type": "number", "description": "How much faster the session clock runs from here on [ppm]."}
          }
        }
      },
      "breaks": {"$ref": "#/definitions/clock_breaks"},
      "wrap": {"$ref": "#/definitions/clock_wrap"}
    }
  },
  "clock_breaks": {
    "type": "array", "minItems": 1, "description": "Where the device's clock began anew, in the order of the stream's stored samples (series and events): the clock holds for the stamps with add_ns added. Written by 'reelcell align --write'.",
    "items": {"type": "object", "required": ["before_ns", "after_ns", "add_ns"], "additionalProperties": false, "properties": {
      "comment": {"type": "string", "description": "For people; not read."},
      "before_ns": {"type": "integer", "description": "The last raw stamp before the break, as it is stored [ns]."},
      "after_ns": {"type": "integer", "description": "The raw stamp that is stored next [ns]."},
      "add_ns": {"type": "integer", "description": "Added to every raw stamp from there to the next break, in place of what was added before it (0 up to the first break) [ns]."},
      "kind": {"enum": ["wrap", "reset"], "default": "reset", "description": "wrap: a counter ran over, add_ns is exact; reset: the device was restarted or set, add_ns is measured or stated."},
      "interval_ms": {"type": "number", "minimum": 0, "description": "How far off a measured add_ns may be [ms]."}
    }}
  },
  "clock_wrap": {
    "type": "object", "required": ["bits", "tick_ns"], "additionalProperties": false, "description": "In place of breaks: the stamps are those of a counter that runs over (series and events). Each sample is taken to lie within half the counter's range of the one stored before it.",
    "properties": {
      "comment": {"type": "string", "description": "For people; not read."},
      "bits": {"type": "integer", "minimum": 1, "maximum": 62, "description": "Bits of the counter."},
      "tick_ns": {"type": "integer", "minimum": 1, "description": "Length of a tick [ns]; the range, 2^bits ticks, is at least 1 s."}
    }
  },
  "label": {
    "type": "object", "required": ["value", "confidence", "rule", "inputs"], "description": "One label with where it comes from.",
    "properties": {
      "value": {"description": "The label; null = unknown.", "type": ["string", "number", "boolean", "null"]},
      "confidence": {"type": "number", "minimum": 0, "maximum": 1, "description": "From 0 to 1."},
      "rule": {"type": "string", "description": "The expression that gave it."},
      "inputs": {"type": "array", "items": {"type": "string", "description": "A signal, parameter or event, with its time where it has one."}, "description": "What the rule looked at."},
      "explanation": {"type": "string", "description": "Why, in one line."}
    }
  },
  "labels": {"type": "object", "description": "Labels by name.", "additionalProperties": {"$ref": "#/definitions/label"}},
  "boundary": {
    "type": "object", "required": ["source"], "description": "Where one end of a segment comes from.",
    "properties": {
      "source": {"type": "string", "description": "The event, signal or rule that set it."},
      "uncertainty_ns": {"type": "integer", "minimum": 0, "description": "How far off the instant may be at which 'source' holds [ns]: half the spacing of samples or frames, and the spread of what noise makes of it; not how far a threshold lies from where a movement begins. 0 = exact, left out = not known."}
    }
  },
  "visits": {
    "type": "array", "description": "Where the recipe has the segmenter 'visits': one report a session with planned points.",
    "items": {
      "type": "object", "required": ["session", "planned", "visited", "visits", "skipped", "repeated", "out_of_order", "unplanned_stops", "unseen", "verdicts", "evidence"], "description": "What the robot visited in one session.",
      "properties": {
        "session": {"type": "string", "description": "Id of the session."},
        "planned": {"type": "integer", "minimum": 0, "description": "Planned points."},
        "visited": {"type": "integer", "minimum": 0, "description": "Planned points with at least one visit."},
        "visits": {"type": "integer", "minimum": 0, "description": "Visits found."},
        "skipped": {"type": "array", "items": {"type": "string", "description": "Id of the point."}, "description": "Planned points without a visit."},
        "repeated": {"type": "array", "items": {"$ref": "#/definitions/visit_of"}, "description": "Visits to a point that had one already."},
        "out_of_order": {"type": "array", "items": {"$ref": "#/definitions/visit_of"}, "description": "Visits that came at another place than planned."},
        "ambiguous": {"type": "array", "description": "Visits to one of several points whose poses cannot be told apart; none of these counts as skipped.", "items": {
          "type": "object", "required": ["segment", "points"], "description": "One visit.", "properties": {
            "segment": {"type": "string", "description": "Name of its segment."},
            "points": {"type": "array", "items": {"type": "string", "description": "Id of the point."}, "description": "Those that it may be to."}}}},
        "assumed_clocks": {"type": "array", "items": {"$ref": "#/definitions/reported_moment"}, "description": "Streams whose clock nobody has related to that of the motion, and what was not done for it."},
        "unplanned_stops": {"type": "integer", "minimum": 0, "description": "Stops at no planned point."},
        "unseen": {"type": "array", "items": {"$ref": "#/definitions/reported_moment"}, "description": "Visits that the controller started, without a stop."},
        "verdicts": {
          "type": "object", "required": ["given", "tied", "untied"], "description": "Verdicts of the inspection.",
          "properties": {
            "given": {"type": "integer", "minimum": 0, "description": "Verdicts in the session."},
            "tied": {"type": "integer", "minimum": 0, "description": "Those that belong to one visit and can belong to no other."},
            "untied": {"type": "array", "items": {"$ref": "#/definitions/reported_moment"}, "description": "The rest, each with the reason; ambiguous ones with their candidates."}
          }
        },
        "evidence": {
          "type": "object", "description": "By camera: frames that show the visits.",
          "additionalProperties": {
            "type": "object", "required": ["found", "missing", "least_margin_ms", "fastest", "least_sharpness_share"], "description": "One camera.",
            "properties": {
              "found": {"type": "integer", "minimum": 0, "description": "Visits with an evidence frame."},
              "missing": {"type": "object", "description": "Visits without one, by the reason.", "additionalProperties": {"type": "integer", "minimum": 0, "description": "How many."}},
              "least_margin_ms": {"type": ["number", "null"], "description": "Nearest that an evidence frame is to an end of its visit [ms]."},
              "fastest": {"type": ["number", "null"], "description": "Fastest motion during the exposure of an evidence frame, in the unit of the speed."},
              "least_sharpness_share": {"type": ["number", "null"], "description": "Least sharpness of an evidence frame, as a share of the sharpest of its visit."}
            }
          }
        }
      }
    }
  },
  "visit_of": {
    "type": "object", "required": ["segment", "point"], "description": "One visit.",
    "properties": {
      "segment": {"type": "string", "description": "Name of the segment."},
      "point": {"type": "string", "description": "Id of the planned point."}
    }
  },
  "reported_moment": {
    "type": "object", "required": ["what", "reason", "count"], "description": "Something that belongs to no visit.",
    "properties": {
      "what": {"type": "string", "description": "The stream and the moment."},
      "reason": {"type": "string", "description": "Why it belongs to none."},
      "count": {"type": "integer", "minimum": 1, "description": "How many there are of this moment."},
      "time_ns": {"type": "integer", "description": "The moment, session clock [ns]."},
      "candidates": {"type": "array", "items": {"type": "string", "description": "Name of the segment."}, "description": "Visits that an ambiguous verdict may be about."}
    }
  },
  "segment": {
    "type": "object", "required": ["name", "kind", "start_ns", "end_ns"], "description": "A half-open range of the session clock.",
    "properties": {
      "name": {"type": "string", "description": "Name of the segment, unique in its session."},
      "kind": {"type": "string", "description": "What it is: session, window, visit, .."},
      "start_ns": {"type": "integer", "description": "First moment, session clock [ns]."},
      "end_ns": {"type": "integer", "description": "First moment behind it, session clock [ns]."},
      "begin": {"$ref": "#/definitions/boundary"},
      "finish": {"$ref": "#/definitions/boundary"},
      "attributes": {"type": "object", "description": "What is known of the segment, such as the point of a visit."},
      "labels": {"$ref": "#/definitions/labels"},
      "task": {"type": "string", "description": "Language instruction."},
      "key": {"type": "string", "description": "Unique key over all sessions."},
      "session": {"type": "string", "description": "Id of its session."},
      "split": {"type": "string", "description": "The split that its group falls into."},
      "group": {"type": "string", "description": "What is never divided between splits."}
    }
  },
  "session_place": {
    "type": "object", "required": ["id", "path", "episode"], "description": "One session.",
    "properties": {
      "id": {"type": "string", "description": "Id of the session."},
      "path": {"type": "string", "description": "Where it is."},
      "episode": {"type": "string", "description": "Episode of a data set; empty for other sessions."}
    }
  },
  "diagnostics": {
    "type": "array", "description": "What was lost or had to be assumed; each cause once.",
    "items": {
      "type": "object", "required": ["severity", "code", "where", "message", "count"], "description": "One cause.",
      "properties": {
        "severity": {"enum": ["note", "warning", "loss"], "description": "loss: data is gone (exit code 3)."},
        "code": {"type": "string", "description": "Stable name of the cause."},
        "where": {"type": "string", "description": "File and place in it."},
        "message": {"type": "string", "description": "What was found, what was expected, what to do."},
        "count": {"type": "integer", "minimum": 1, "description": "How often it happened."},
        "first_ns": {"type": "integer", "description": "When it happened first [ns]."},
        "last_ns": {"type": "integer", "description": "When it happened last [ns]."}
      }
    }
  },
  "gap": {
    "type": "object", "required": ["start_ns", "end_ns", "ms"], "description": "A stretch without a sample.",
    "properties": {
      "start_ns": {"type": "integer", "description": "Last sample before it [ns]."},
      "end_ns": {"type": "integer", "description": "First sample after it [ns]."},
      "ms": {"type": "number", "description": "Its length [ms]."}
    }
  },
  "times": {
    "type": ["object", "null"], "description": "The shape of a stream's own times; null when it was not read.",
    "properties": {
      "samples": {"type": "integer", "minimum": 0, "description": "Samples read."},
      "first_ns": {"type": ["integer", "null"], "description": "First sample [ns]."},
      "last_ns": {"type": ["integer", "null"], "description": "Last sample [ns]."},
      "rate_hz": {"type": ["number", "null"], "description": "By the median interval [Hz]."},
      "mean_rate_hz": {"type": ["number", "null"], "description": "Samples by length; losses make it lower [Hz]."},
      "jitter_ms": {"type": ["object", "null"], "description": "Deviation of the intervals from the median one [ms]: p50, p95, max."},
      "gaps": {
        "type": "object", "required": ["count", "longest"], "description": "Intervals that are much longer than the median one; 'info' leaves it out of events, which keep no pace.",
        "properties": {
          "count": {"type": "integer", "minimum": 0, "description": "How many."},
          "total_ms": {"type": "number", "description": "Their length in all [ms]."},
          "longer_than_ms": {"type": ["number", "null"], "description": "From which length on an interval counts as a gap [ms]."},
          "longest": {"type": "array", "items": {"$ref": "#/definitions/gap"}, "description": "The longest ones."}
        }
      },
      "backward": {"type": "integer", "minimum": 0, "description": "Samples earlier than the one before them."},
      "duplicates": {"type": "integer", "minimum": 0, "description": "Samples with the time of the one before them."}
    }
  },
  "stream_alignment": {
    "type": "object", "required": ["stream", "kind", "clock", "times", "join", "overlap"], "description": "One stream's clock, times and join onto the grid.",
    "properties": {
      "stream": {"type": "string", "description": "Name of the stream."},
      "kind": {"type": "string", "description": "video, series or events."},
      "rate_hz": {"type": ["number", "null"], "description": "At which it runs [Hz], as 'info' says it: of a series by the median interval, of video the camera's own where its stamps are rounded; null of events."},
      "nominal_rate_hz": {"type": ["number", "null"], "description": "That session.json or the data set states [Hz]."},
      "clock": {
        "type": "object", "required": ["method", "stated", "offset_ns", "drift_ppm", "reference_ns"], "description": "The clock map and where it comes from.",
        "properties": {
          "method": {"type": "string", "description": "given, assumed, or how it was measured."},
          "stated": {"type": "boolean", "description": "False: nobody stated it, so an offset of 0 is no measurement."},
          "source": {"type": "string", "description": "Where the values come from."},
          "offset_ns": {"type": "integer", "description": "Added to the stream's time [ns]."},
          "offset_interval_ms": {"description": "Confidence interval of a measured offset [ms]; null when it was not measured."},
          "drift_ppm": {"type": "number", "description": "How much faster the session clock runs [ppm]."},
          "reference_ns": {"type": "integer", "description": "Stream time at which the drift term is 0 [ns]."},
          "breaks": {"$ref": "#/definitions/clock_breaks"},
          "wrap": {"$ref": "#/definitions/clock_wrap"}
        }
      },
      "times": {"$ref": "#/definitions/times"},
      "join": {
        "type": ["object", "null"], "description": "How its samples meet the rows of the grid; null when there is no grid.",
        "properties": {
          "rows": {"type": "integer", "minimum": 0, "description": "Rows of the grid."},
          "exact": {"type": "integer", "minimum": 0, "description": "Rows with a sample at exactly their time."},
          "interpolated": {"type": "integer", "minimum": 0, "description": "Rows between two samples."},
          "held": {"type": "integer", "minimum": 0, "description": "Rows that take the last value before them."},
          "nearest": {"type": "integer", "minimum": 0, "description": "Rows that take the nearest sample."},
          "gap": {"type": "integer", "minimum": 0, "description": "Rows without a sample within the tolerance."},
          "over_tolerance": {"type": "integer", "minimum": 0, "description": "Rows whose sample is further away than the tolerance."},
          "reused": {"type": "integer", "minimum": 0, "description": "Rows with the sample of the row before."},
          "unused": {"type": "integer", "minimum": 0, "description": "Samples that no row takes."},
          "skew_ms": {"type": "object", "description": "True time minus reference time, absolute [ms]: p50, p95, max; null without a row."},
          "histogram": {"type": "array", "items": {"type": "object", "description": "Rows with a skew up to this [ms]; null = beyond the last edge."}, "description": "Rows by skew."}
        }
      },
      "overlap": {"type": "number", "description": "Share of the session that the stream covers, 0 to 1."}
    }
  },
  "features": {
    "type": "array", "description": "Columns of the corpus.",
    "items": {
      "type": "object", "required": ["name", "dtype", "shape"], "description": "One column.",
      "properties": {
        "name": {"type": "string", "description": "Such as observation.state."},
        "dtype": {"type": "string", "description": "numpy's name, string, or video."},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0, "description": "Size along one axis."}, "description": "Shape of one row's value."},
        "names": {"description": "Names of the elements; null when they have none."},
        "unit": {"type": "string", "description": "SI unit of all elements, or of each in order where they differ: N, N, N*m; - for one that is not stated."},
        "from": {"type": "array", "items": {"type": "string", "description": "stream.column; stream.column#name for a stretch of it that the source has a name for"}, "description": "Source columns in order."}
      }
    }
  },
  "hashed_file": {
    "type": "object", "required": ["path", "bytes", "xxh3_128", "sha256"], "description": "A file with its size and hashes.",
    "properties": {
      "path": {"type": "string", "minLength": 1, "description": "Relative to the corpus folder."},
      "bytes": {"type": "integer", "minimum": 0, "description": "Size [bytes]."},
      "xxh3_128": {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "XXH3-128 of the content, quick to check."},
      "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the content."}
    }
  },
  "hashed_files": {"type": "array", "description": "Files with size and hashes.", "items": {"$ref": "#/definitions/hashed_file"}},
  "lineage": {
    "type": "array", "description": "Every source that gave the sample rows, borders, labels or a gate's figure: one entry for each range of a stream that was read, the rows' first, then one a file beside them. The extent of the session, to which every stream contributes, makes no stream a source.",
    "items": {
      "type": "object", "required": ["path"], "description": "One source.",
      "dependencies": {"stream": ["format", "clock_map"], "first_ns": ["stream", "last_ns"]},
      "properties": {
        "stream": {"type": "string", "description": "Name of the stream. Absent: a file that is none."},
        "roles": {"type": "array", "minItems": 1, "uniqueItems": true, "description": "What it was read for. Absent in corpora of earlier versions: rows.", "items": {"enum": ["rows", "native", "grid", "segment", "label", "gate", "plan", "stamps", "session", "objects", "still"], "description": "rows: columns, pictures, true times; native: what is kept at the stream's own rate beside the rows; grid: the camera that the grid begins with; segment: the borders; label: a label's value; gate: a gate's figure; plan: the planned points; stamps: the times of a camera's frames; session: session.json, which says clocks and attributes; objects: boxes, polygons and masks of its frames; still: events at which pictures were taken."}},
        "path": {"type": "string", "description": "Source file, relative to its session."},
        "format": {"type": "string", "description": "Reader that read it."},
        "item": {"type": "string", "description": "Topic, track or feature in the file."},
        "first_pts": {"type": "integer", "description": "Time stamp of the first sample as the source has it, in time_base, of what the roles of this entry read. Absent: nothing was found in it."},
        "last_pts": {"type": "integer", "description": "Time stamp of the last sample as the source has it, in time_base."},
        "time_base": {"description": "Seconds a tick, as a fraction."},
        "first_ns": {"type": "integer", "description": "First sample, session clock [ns]."},
        "last_ns": {"type": "integer", "description": "Last sample, session clock [ns]."},
        "clock_map": {"$ref": "#/definitions/clock_map"},
        "xxh3_128": {"type": "string", "description": "XXH3-128 of the source file; of an episode of a data set and of a folder, of what the stream holds."},
        "sha256": {"type": "string", "description": "SHA-256 of the source file; of an episode of a data set and of a folder, of what the stream holds: its rows with their times, or its frames' times and coded bytes, and what the set says of the episode. Absent: not taken."},
        "no_hash": {"type": "string", "description": "Why the hash of a stream without a file of its own could not be taken. The sample is whole; whether the recording changes cannot be told."}
      }
    }
  },
  "option": {"type": "object", "description": "JSON Schema of one option: type, description, default."},
  "stage": {
    "type": "object", "required": ["name", "summary", "options"], "description": "One registered format or stage.",
    "properties": {
      "name": {"type": "string", "description": "As written in recipes and sessions."},
      "summary": {"type": "string", "description": "What it is, in one line."},
      "options": {"type": "object", "additionalProperties": {"$ref": "#/definitions/option"}, "description": "Its options by name."}
    }
  },
  "corpus_delta": {
    "type": "object", "description": "What the sessions given are to the corpus in the folder.",
    "required": ["added", "unchanged", "changed", "others", "recipe", "episodes", "damage"],
    "properties": {
      "added": {"type": "array", "items": {"type": "string", "description": "Id of a session."}, "description": "Sessions that it does not hold, or of which nothing came."},
      "retried": {"type": "array", "items": {"type": "string", "description": "Id of a session."}, "description": "With --retry-failed: sessions that it holds as they are, but for segments that failed and are tried again."},
      "unchanged": {"type": "array", "items": {"type": "string", "description": "Id of a session."}, "description": "Sessions that it holds as they are."},
      "changed": {"type": "array", "items": {"type": "string", "description": "Id of a session."}, "description": "Sessions of which it holds, and keeps, another state."},
      "unknown": {"type": "array", "items": {"type": "string", "description": "Id of a session."}, "description": "Sessions whose files are not as they were, and of which it keeps no hash that would tell whether they changed; they stay as they are."},
      "replaced": {"type": "array", "items": {"type": "string", "description": "Id of a session."}, "description": "With --replace: sessions that are not as they were, or of which that cannot be told, built anew in the place of what it holds."},
      "reasons": {"type": "object", "additionalProperties": {"type": "string", "description": "What of the session differs."}, "description": "Of each session in changed, unknown and replaced, by its id."},
      "unhashed": {
        "type": "array", "description": "Sessions whose files are not as they were, and whose hash could not be taken when they were built; they stay as they are.",
        "items": {
          "type": "object", "required": ["session", "source", "reason"], "description": "A session.",
          "properties": {
            "session": {"type": "string", "description": "Id of the session."},
            "source": {"type": "string", "description": "The stream without a hash."},
            "reason": {"type": "string", "description": "Why it could not be taken."}
          }
        }
      },
      "others": {"type": "array", "items": {"type": "string", "description": "Id of a session."}, "description": "Sessions that it holds and that were not given."},
      "recipe": {"type": "array", "items": {"type": "string", "description": "JSON pointer."}, "description": "Parts of the recipe that differ; empty: the same recipe."},
      "episodes": {"type": "integer", "minimum": 0, "description": "Samples that it holds."},
      "damage": {"type": "array", "items": {"type": "string", "description": "Path, and what is wrong with it."}, "description": "Files that are not there as listed."},
      "refusal": {"type": "string", "description": "Why --add refuses, as it says; empty: it does not."}
    }
  },
  "explained": {
    "type": "object", "description": "A part of an expression with the value it had.",
    "properties": {
      "part": {"type": "string", "description": "value, when, confidence or unknown_if."},
      "text": {"type": "string", "description": "The part as written."},
      "value": {"description": "Its value, in base units; a time in ns."},
      "shown": {"type": "string", "description": "Its value for people, with unit."},
      "is": {"type": "string", "description": "What it is, where it has no single value."},
      "note": {"type": "string", "description": "When it was so, or over how many samples."},
      "children": {"type": "array", "items": {"$ref": "#/definitions/explained"}, "description": "The parts that it is made of."}
    }
  }
})json");
  // Over many sessions a stream has many clocks: a build reports the join alone.
  Json joined = parts["stream_alignment"];
  joined["required"] = {"stream", "join"};
  joined["description"] = "One stream's join onto the rows that were written.";
  parts["joined_stream"] = std::move(joined);
  return parts;
}

}  // namespace reelcell::pipeline
