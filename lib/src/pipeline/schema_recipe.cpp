#include "internal/schema_documents.hpp"

namespace reelcell::pipeline {

Json recipe_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/recipe.schema.json",
  "title": "Reelcell recipe, version 1",
  "description": "How sessions become a corpus: grid, segments, labels, gates, splits and outputs.",
  "type": "object",
  "required": ["version"],
  "additionalProperties": false,
  "properties": {
    "$schema": {"type": "string", "description": "This schema, for editors."},
    "comment": {"type": "string", "description": "For people; not read."},
    "version": {"const": 1, "description": "Version of this document."},
    "name": {"type": "string", "default": "corpus", "description": "Name of the corpus."},
    "description": {"type": "string", "description": "For the data card."},
    "license": {"type": "string", "default": "unknown", "description": "Licence of the data, for the data card."},
    "url": {"type": "string", "description": "Where the data is published, for the data card."},
    "creator": {"type": "string", "description": "Who made the data, for the data card."},
    "robot_type": {"type": "string", "default": "unknown", "description": "LeRobot's robot_type."},
    "parameters": {
      "type": "object", "description": "Values that change from line to line; rules use them by name, and so does every option that is a number, a duration, a size or a quantity.",
      "additionalProperties": {"anyOf": [
        {"type": ["number", "string", "boolean"]},
        {"type": "object", "required": ["value"], "properties": {
          "value": {"type": ["number", "string", "boolean"], "description": "The value, in the unit below."},
          "unit": {"type": "string", "description": "Such as \"rad/s\", \"N\", \"ms\"."},
          "help": {"type": "string", "description": "What it is, for people."}
        }}
      ]}
    },
    "variants": {
      "type": "object", "description": "Named sets of parameter values (a seat model, a line), chosen with --variant.",
      "additionalProperties": {"type": "object"}
    },
    "grid": {
      "type": "object", "additionalProperties": false, "description": "Reference times of the rows.",
      "properties": {
        "comment": {"type": "string", "description": "For people; not read."},
        "rate_hz": {"type": ["number", "string"], "exclusiveMinimum": 0, "description": "Rows a second [Hz], or a parameter's name; default: the anchor's own rate."},
        "anchor": {"type": "string", "description": "Stream whose first frame in a segment is the first row; default: the rows of a data set's episode, else the first camera."},
        "policy": {
          "type": "object", "description": "How each stream is joined; '*' stands for all others.",
          "additionalProperties": {
            "type": "object", "additionalProperties": false,
            "properties": {
              "comment": {"type": "string", "description": "For people; not read."},
              "method": {"enum": ["nearest", "linear", "slerp", "hold"], "default": "nearest", "description": "nearest for video, linear for joints and forces, slerp for orientations, hold for states and commands. Integers, bools and text are never interpolated: beside floats they are of the sample whose time the row keeps, in a stream without floats the last value holds."},
              "tolerance": {"type": "string", "description": "Further away than this is a gap, such as \"20ms\", or a parameter's name; \"0s\" = no limit."}
            }
          }
        }
      }
    },
    "features": {
      "type": "array", "description": "Columns of the corpus; default: every column of numbers and every camera (of a data set also its text).",
      "items": {
        "type": "object", "required": ["name"], "additionalProperties": false, "description": "One column.",
        "properties": {
          "comment": {"type": "string", "description": "For people; not read."},
          "name": {"type": "string", "minLength": 1, "pattern": "^[^/]+$", "description": "Such as observation.state or observation.images.front."},
          "from": {"description": "Source columns, joined in order: \"joints.q\", \"joints.q[2]\".", "anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]},
          "video": {"type": "string", "description": "Camera stream."},
          "dtype": {"description": "Type in the corpus; default: the source's own.", "enum": ["float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool", "string"]},
          "modality": {"enum": ["", "state", "action", "video"], "description": "For GR00T's modality.json."}
        }
      }
    },
    "segments": {"type": "array", "description": "Which parts of a session become samples; default: the whole session."},
    "objects": {"type": "array", "description": "Label files with boxes, polygons and masks, which travel with the frames that they were drawn on."},
    "labels": {
      "type": "array", "description": "Label rules.",
      "items": {
        "type": "object", "required": ["name"], "description": "One rule.",
        "properties": {
          "name": {"type": "string", "minLength": 1, "description": "Name of the label."},
          "value": {"type": "string", "description": "Expression whose value is the label."},
          "cases": {"type": "array", "items": {"type": "object", "required": ["when", "value"], "description": "A condition (when) and the value that it gives."}, "description": "The first case whose \"when\" is true gives the value."},
          "else": {"description": "Value when no case fires."},
          "confidence": {"description": "Expression from 0 to 1."},
          "unknown_if": {"type": "string", "description": "Expression: when true the label is unknown."}
        }
      }
    },
    "task": {"type": "string", "description": "Language instruction of a segment: \"Inspect point {segment.point}\"."},
    "gates": {"type": "array", "description": "What a segment must pass to become a sample."},
    "splits": {
      "type": "object", "description": "Which split a sample goes to: by group and hash, stable when data arrives.",
      "properties": {
        "by": {"type": "string", "default": "session", "description": "session, attribute:NAME or label:NAME; a group is never in two splits."},
        "ratios": {"type": "object", "additionalProperties": {"type": ["number", "string"], "minimum": 0, "maximum": 1, "description": "Share of the groups, 0 to 1, or a parameter's name."}, "description": "Shares; they sum to 1."},
        "salt": {"type": "string", "description": "Another salt gives another split."}
      }
    },
    "video": {"type": "object", "description": "How clips are made: copied where that is exact, else encoded like this. For LeRobot, which states one codec and pixel format for a camera, a codec or pix_fmt named here is what all its clips have, and a source of another is encoded; left out, they are those of its first source."},
    "image_stats": {"enum": ["all", "sampled", "none"], "default": "all", "description": "Pixel statistics from all frames, about 100 an episode, or none."},
    "native": {"type": "boolean", "default": true, "description": "Keep data faster than the grid beside it."},
    "true_times": {"type": "boolean", "default": true, "description": "Write the true time of every sample that went into a row."},
    "stills": {
      "type": "object", "additionalProperties": false, "description": "Pictures at chosen instants, for outputs that take them.",
      "properties": {
        "at": {
          "type": "array", "description": "At which instants of a segment. The picture is the camera's frame nearest to that time.",
          "items": {
            "type": ["string", "object"],
            "description": "first, middle, last: the frame of that row; evidence: the frame that a visit has as its evidence; \"50ms\": from the segment's start; \"-50ms\": before its end; \"25%\": a share of it; \"event:plc\": each event of this stream within it; an object: events that fulfil a condition.",
            "properties": {
              "event": {"type": "string", "minLength": 1, "description": "Name of the event stream."},
              "where": {"type": "string", "description": "Only events for which this expression over their fields holds: \"step == 'VISIT'\"."},
              "name": {"type": "string", "pattern": "^[A-Za-z0-9_-]*$", "description": "The pictures are called NAME-1, NAME-2, .. (default: the stream's name)."}
            }
          }
        },
        "format": {"enum": ["jpg", "jpeg", "png"], "default": "jpg", "description": "Format of the pictures; jpeg is jpg."},
        "quality": {"type": ["integer", "string"], "minimum": 1, "maximum": 100, "default": 90, "description": "Quality of JPEG pictures, 1 to 100, or a parameter's name."}
      }
    },
    "outputs": {"type": "array", "description": "Formats to write; all from one pass."}
  }
})json");
}

}  // namespace reelcell::pipeline
