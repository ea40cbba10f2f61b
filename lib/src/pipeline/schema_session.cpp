#include "internal/schema_documents.hpp"
#include "reelcell/pipeline/clocks.hpp"

namespace reelcell::pipeline {

namespace {

/// The evidence of a clock: the options of one piece come from where they are read.
Json measure_schema() {
  const Json one = options_schema(clock_evidence_options());
  return {{"description",
           "The evidence to measure this clock by ('reelcell align --measure'): one piece, or "
           "several that must agree."},
          {"anyOf", {one, {{"type", "array"}, {"minItems", 1}, {"items", one}}}}};
}

Json document() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/session.schema.json",
  "title": "Reelcell session, version 1",
  "description": "One recording of one robot cell: its streams, their clocks and what is known of it.",
  "type": "object",
  "required": ["version", "id", "streams"],
  "additionalProperties": false,
  "properties": {
    "$schema": {"type": "string", "description": "This schema, for editors."},
    "comment": {"type": "string", "description": "For people; not read."},
    "version": {"const": 1, "description": "Version of this document."},
    "id": {"type": "string", "minLength": 1, "description": "Unique name of the session; becomes part of sample keys."},
    "clock": {
      "type": "object", "additionalProperties": false,
      "description": "The session clock onto which every stream is mapped.",
      "properties": {"epoch": {"enum": ["unix", "boot", "unknown"], "default": "unknown", "description": "What 0 ns means: 1970-01-01 UTC, the start of a device, or not known."}}
    },
    "attributes": {
      "type": "object", "description": "What is known of the recording: cell, part, operator, line. Splits and labels can use them.",
      "additionalProperties": {"type": ["string", "number", "boolean", "null"]}
    },
    "streams": {"type": "array", "minItems": 1, "description": "What was recorded, one entry a stream.", "items": {"$ref": "#/definitions/stream"}},
    "plan": {"description": "Planned inspection points: a file beside this one, or the plan itself.", "type": ["string", "object", "array"]}
  },
  "definitions": {
    "stream": {
      "type": "object", "required": ["name", "kind", "path"], "additionalProperties": false, "description": "One sequence with its own clock.",
      "properties": {
        "comment": {"type": "string", "description": "For people; not read."},
        "name": {"type": "string", "minLength": 1, "description": "Unique in the session."},
        "kind": {"enum": ["video", "series", "events", "audio"], "description": "Frames, numbers at times, things that happened, or sound."},
        "path": {"type": "string", "minLength": 1, "description": "File, relative to the session's folder."},
        "format": {"type": "string", "description": "Reader's name as in 'reelcell formats'; found from the file when left out."},
        "item": {"type": "string", "description": "Part of the file: a topic, a track number, a feature."},
        "episode": {"type": "string", "description": "Episode of a data set, such as episode_000003."},
        "options": {"type": "object", "description": "The reader's own options; 'reelcell formats NAME' lists them."},
        "clock": {
          "type": "object", "additionalProperties": false,
          "description": "session = stream + offset_ns + drift_ppm * 1e-6 * (stream - reference_ns). Leave out what is not known: it is then reported as assumed.",
          "properties": {
            "comment": {"type": "string", "description": "For people; not read."},
            "offset_ns": {"type": "integer", "default": 0, "description": "Added to the stream's time [ns]."},
            "drift_ppm": {"type": "number", "default": 0, "exclusiveMinimum": -100000, "exclusiveMaximum": 100000, "description": "How much faster the session clock runs than the stream's [ppm]."},
            "reference_ns": {"type": "integer", "default": 0, "description": "Stream time at which the drift term is 0 [ns]."},
            "source": {"type": "string", "description": "How the values were found."},
            "points": {
              "type": "array", "minItems": 2, "description": "In place of offset and drift: the same instants on both clocks, strictly later from one to the next; between them the line, beyond them the last rate.",
              "items": {"type": "object", "required": ["stream_ns", "session_ns"], "additionalProperties": false, "properties": {"stream_ns": {"type": "integer", "description": "Time on the stream's clock [ns]."}, "session_ns": {"type": "integer", "description": "The same moment on the session clock [ns]."}}}
            },
            "breaks": {"$ref": "#/definitions/clock_breaks"},
            "wrap": {"$ref": "#/definitions/clock_wrap"},
            "measured": {"type": "object", "description": "How the values were measured: evidence, verdict, intervals. Written by 'reelcell align --write'."}
          }
        },
        "rate_hz": {"type": "number", "exclusiveMinimum": 0, "description": "Nominal rate [Hz]; true times come from the file."},
        "stamp": {"enum": ["unknown", "exposure_start", "exposure_mid", "exposure_end", "readout", "receive"], "default": "unknown", "description": "Which instant of a frame its stamp marks."},
        "exposure_us": {"type": "integer", "minimum": 0, "description": "Exposure time [us]; with stamp it gives mid-exposure."},
        "reorder_window_ms": {"type": "integer", "minimum": 0, "maximum": 3600000, "default": 100, "description": "Of series and events: how late a sample may come and still be put in its place [ms]. Later samples of a series are dropped and counted; later events are put in their place and counted. Memory holds this much of a series."},
        "role": {"type": "string", "description": "What the stream is to the cell: verdicts, plc, marks."},
        "time_field": {"type": "string", "description": "Which stamp of the file is the clock, for people."}
      }
    }
  }
})json");
}

}  // namespace

Json session_schema() {
  Json schema = document();
  schema["definitions"]["stream"]["properties"]["clock"]["properties"]["measure"] =
      measure_schema();
  return schema;
}

}  // namespace reelcell::pipeline
