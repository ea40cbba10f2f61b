#include "internal/codec/codec.hpp"

#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {

ColumnTarget::Store store_of(DType dtype) {
  if (dtype == DType::kString) return ColumnTarget::Store::kText;
  return is_float(dtype) ? ColumnTarget::Store::kNumber : ColumnTarget::Store::kInteger;
}

namespace {

const Schema& needed(const Schema* schema, const std::string& encoding) {
  if (!schema)
    throw InputError("message encoding '" + encoding +
                     "' needs a schema, and the channel has none");
  return *schema;
}

[[noreturn]] void refuse_schema(const Schema& schema, const std::string& encoding,
                                const std::string& expected) {
  throw InputError("schema encoding '" + schema.encoding + "' with message encoding '" + encoding +
                   "': expected " + expected);
}

}  // namespace

bool is_known_encoding(std::string_view encoding) {
  return encoding == "json" || encoding == "ros1" || encoding == "cdr" || encoding == "protobuf";
}

std::unique_ptr<Codec> make_codec(const Channel& channel, const Schema* schema,
                                  const CodecOptions& options) {
  const std::string& encoding = channel.message_encoding;
  if (encoding == "json") {
    if (schema && !schema->encoding.empty() && schema->encoding != "jsonschema")
      refuse_schema(*schema, encoding, "'jsonschema' or none");
    return make_json_codec(schema);
  }
  if (encoding == "ros1") {
    if (needed(schema, encoding).encoding != "ros1msg")
      refuse_schema(*schema, encoding, "'ros1msg'");
    return make_ros1_codec(*schema);
  }
  if (encoding == "cdr") {
    const std::string& kind = needed(schema, encoding).encoding;
    if (kind != "ros2msg" && kind != "ros2idl" && kind != "omgidl")
      refuse_schema(*schema, encoding, "'ros2msg', 'ros2idl' or 'omgidl'");
    return make_cdr_codec(*schema, options);
  }
  if (encoding == "protobuf") {
    if (needed(schema, encoding).encoding != "protobuf")
      refuse_schema(*schema, encoding, "'protobuf' (a serialized FileDescriptorSet)");
    return make_protobuf_codec(*schema);
  }
  throw InputError("message encoding '" + encoding +
                   "' is not read: known are 'cdr', 'json', 'protobuf' and 'ros1'");
}

}  // namespace reelcell::readers::mcap
