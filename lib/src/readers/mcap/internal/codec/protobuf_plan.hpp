// Which fields of a Protobuf message go into which columns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec.hpp"
#include "wire.hpp"

namespace google::protobuf {
class Descriptor;
}

namespace reelcell::readers::mcap {

enum class Coding : std::uint8_t {
  kVarint,
  kVarint32,
  kZigzag,
  kZigzag32,
  kBool,
  kFixed32,
  kFixed64,
  kText,
  kTime,
  kMessage
};

struct PlanField {
  std::uint32_t number = 0;
  Coding coding = Coding::kVarint;
  Prim prim = Prim::kFloat64;
  bool repeated = false;
  bool exact = false;
  std::uint32_t length = 0;
  std::int32_t column = -1;
  std::vector<Pick> picks;
  std::uint32_t counter = 0;            ///< of a repeated field
  std::vector<std::uint32_t> messages;  ///< plans: one, or one an element
  LoadFn load = nullptr;
  std::string path;
};
struct PlanMessage {
  std::vector<PlanField> fields;
  std::vector<std::uint8_t> by_number;  ///< index + 1 for numbers below 64
  std::vector<std::int32_t> zeros;      ///< float columns that are 0 when this message is there
};

struct ProtobufPlan {
  std::vector<PlanMessage> messages;  ///< [0] is the root
  std::uint32_t counters = 0;
};

/// `tree` as marked by select_columns(); `stores` one a column.
ProtobufPlan plan_protobuf(const google::protobuf::Descriptor& type, const Node& tree,
                           const std::vector<ColumnTarget::Store>& stores);

}  // namespace reelcell::readers::mcap
