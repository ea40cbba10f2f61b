// Message definitions of ROS 1 and ROS 2 (.msg text, OMG IDL) as one flat form.
//   ros1msg, ros2msg: https://wiki.ros.org/msg,
//   https://design.ros2.org/articles/legacy_interface_definition.html concatenated with their
//   dependencies as https://mcap.dev/spec/registry says.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tree.hpp"

namespace reelcell::readers::mcap {

struct RosField {
  enum class Array : std::uint8_t { kNone, kFixed, kSequence };
  std::string name;
  Prim prim = Prim::kFloat64;
  std::int32_t structure = -1;  ///< index into RosSchema::structs, or -1 for a primitive
  Array array = Array::kNone;
  std::uint32_t length = 0;  ///< of a fixed array
};

struct RosStruct {
  std::string name;  ///< "geometry_msgs/Pose"
  std::vector<RosField> fields;
  std::uint64_t min_size = 0;  ///< bytes, without padding; saturated
};

struct RosSchema {
  std::vector<RosStruct> structs;  ///< [0] is the message itself
};

enum class RosDialect { kRos1, kRos2 };

/// Throw InputError (without a place) that names the line and what was expected.
RosSchema parse_ros_msg(std::string_view text, const std::string& name, RosDialect dialect);
RosSchema parse_ros_idl(std::string_view text, const std::string& name);

// For the parsers: types by name before they are resolved.
struct RawField {
  std::string type;
  std::string name;
  RosField::Array array = RosField::Array::kNone;
  std::uint32_t length = 0;
};
struct RawStruct {
  std::string name;
  std::vector<RawField> fields;
};
inline constexpr std::uint32_t kMaxFixedArray = 1u << 30;
inline constexpr std::size_t kMaxStructs = 4096;

/// Depth-first from `root`; refuses cycles. `resolve(type, owner)` gives the index into `raw`, -1
/// for a primitive (then `*prim` is set) and throws InputError for an unknown type.
using TypeResolver =
    std::function<int(const std::string& type, const RawStruct& owner, Prim* prim)>;
RosSchema link_structs(const std::vector<RawStruct>& raw, std::size_t root, RosDialect dialect,
                       const TypeResolver& resolve);
/// Bytes of a primitive on the wire; 4 for a string (its length).
std::size_t wire_size(Prim prim);

}  // namespace reelcell::readers::mcap
