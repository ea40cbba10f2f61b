// What the WebDataset writer puts into its shards and beside them.
#include "internal/schema_documents.hpp"

namespace reelcell::pipeline {

Json webdataset_index_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/webdataset-index.schema.json",
  "title": "Reelcell WebDataset index, version 1",
  "description": "NAME.index.json beside a shard NAME.tar: where each member lies, for readers that seek.",
  "type": "object",
  "required": ["format", "version", "shard", "bytes", "xxh3_128", "samples"],
  "properties": {
    "format": {"const": "reelcell-webdataset-index", "description": "Says what the document is."},
    "version": {"const": 1, "description": "Version of this document."},
    "shard": {"type": "string", "minLength": 1, "description": "File name of the shard."},
    "bytes": {"type": "integer", "minimum": 0, "description": "Size of the shard [bytes]."},
    "xxh3_128": {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "XXH3-128 of the shard."},
    "samples": {
      "type": "array", "description": "Samples in the order of the shard.",
      "items": {
        "type": "object", "required": ["key", "offset", "bytes", "members"], "description": "One sample.",
        "properties": {
          "key": {"type": "string", "minLength": 1, "description": "Key of the sample."},
          "offset": {"type": "integer", "minimum": 0, "description": "First byte of its first tar header [bytes]."},
          "bytes": {"type": "integer", "minimum": 0, "description": "Headers, data and padding [bytes]."},
          "members": {
            "type": "array", "description": "Members in the order of the shard.",
            "items": {
              "type": "object", "required": ["extension", "offset", "bytes", "xxh3_128"], "description": "One member.",
              "properties": {
                "extension": {"type": "string", "description": "All behind the key's dot."},
                "offset": {"type": "integer", "minimum": 0, "description": "First byte of its data [bytes]."},
                "bytes": {"type": "integer", "minimum": 0, "description": "Size of its data [bytes]."},
                "xxh3_128": {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "XXH3-128 of its data."}
              }
            }
          }
        }
      }
    }
  }
})json");
}

Json webdataset_sample_schema() {
  return Json::parse(R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "https://reelcell.dev/schemas/v1/webdataset-sample.schema.json",
  "title": "Reelcell WebDataset sample, version 1",
  "description": "The json member of a sample: labels, lineage, and what each other member is.",
  "type": "object",
  "required": ["format", "version", "key", "episode", "split", "labels", "session", "segment", "rows", "rate", "lineage", "features", "videos"],
  "properties": {
    "format": {"const": "reelcell-webdataset", "description": "Says what the document is."},
    "version": {"const": 1, "description": "Version of this document."},
    "key": {"type": "string", "minLength": 1, "description": "Key of the sample."},
    "episode": {"type": "integer", "minimum": 0, "description": "Number of the sample in the corpus that it was written for. One from which others were forgotten since (reelcell edit --forget) counts on; its places[].details.episode is this number then."},
    "split": {"type": "string", "description": "Split of the sample."},
    "task": {"type": "string", "description": "Language instruction."},
    "labels": {"$ref": "#/definitions/labels"},
    "session": {"type": "string", "description": "Id of its session."},
    "session_attributes": {"type": "object", "additionalProperties": {"$ref": "#/definitions/value"}, "description": "What is known of the session."},
    "segment": {"$ref": "#/definitions/segment"},
    "rows": {"type": "integer", "minimum": 0, "description": "Rows of the arrays and frames of the clips."},
    "rate": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "integer", "minimum": 1, "description": "Numerator, denominator."}, "description": "Rows a second as [num, den] [Hz]."},
    "robot_type": {"type": "string", "description": "The robot."},
    "lineage": {"$ref": "#/definitions/lineage"},
    "features": {"type": "object", "additionalProperties": {"type": "object", "required": ["member", "dtype", "shape"], "description": "Member, dtype, shape, names, unit and source columns."}, "description": "Arrays by feature."},
    "videos": {"type": "object", "additionalProperties": {"type": "object", "required": ["member", "stream", "codec", "frames", "copied"], "description": "Member, stream, codec, size, frames, and why it was encoded again."}, "description": "Clips by feature."},
    "stills": {"type": "array", "items": {"type": "object", "required": ["member", "feature", "name", "time_ns", "pts"], "description": "Member, feature, which instant, its time [ns] and pts."}, "description": "Pictures at chosen instants."},
    "objects": {
      "type": "object", "required": ["member", "counts"], "description": "Boxes, polygons and masks that people drew, where the recipe names label files.",
      "properties": {
        "member": {"type": "string", "description": "Member with them, by row."},
        "counts": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0, "description": "Objects."}, "description": "How many there are, by video feature."}
      }
    },
    "source_streams": {"type": "array", "items": {"type": "string", "description": "Stream."}, "description": "Columns of source_time_ns.npy, source_skew_ns.npy and source_flag.npy."},
    "source_flags": {"type": "array", "items": {"type": "string", "description": "Name of a flag."}, "description": "What the numbers in source_flag.npy mean."},
    "source_pts": {"type": "object", "description": "Member with the source's own frame time stamps, and its columns."},
    "native": {"type": "object", "additionalProperties": {"type": "object", "required": ["samples", "time_ns", "row_ranges", "columns"], "description": "Members of one stream."}, "description": "Series at their native rate, by stream."}
  }
})json");
}

}  // namespace reelcell::pipeline
