#pragma once

#include <memory>
#include <vector>

#include "codec.hpp"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
}  // namespace google::protobuf

namespace reelcell::readers::mcap {

/// google.protobuf.Timestamp or Duration, kept as ns.
bool is_protobuf_time(const google::protobuf::FieldDescriptor& field);

std::unique_ptr<RowDecoder> make_protobuf_decoder(const google::protobuf::Descriptor& type,
                                                  const Node& tree,
                                                  const std::vector<ColumnTarget::Store>& stores);

}  // namespace reelcell::readers::mcap
