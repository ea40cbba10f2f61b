#include <google/protobuf/descriptor.h>

#include "internal/codec/protobuf_plan.hpp"
#include "internal/codec/protobuf_rows.hpp"

namespace reelcell::readers::mcap {
namespace {

namespace pb = google::protobuf;

Coding coding_of(const pb::FieldDescriptor& field) {
  if (is_protobuf_time(field)) return Coding::kTime;
  switch (field.type()) {
    case pb::FieldDescriptor::TYPE_DOUBLE:
    case pb::FieldDescriptor::TYPE_FIXED64:
    case pb::FieldDescriptor::TYPE_SFIXED64:
      return Coding::kFixed64;
    case pb::FieldDescriptor::TYPE_FLOAT:
    case pb::FieldDescriptor::TYPE_FIXED32:
    case pb::FieldDescriptor::TYPE_SFIXED32:
      return Coding::kFixed32;
    case pb::FieldDescriptor::TYPE_BOOL:
      return Coding::kBool;
    case pb::FieldDescriptor::TYPE_INT32:
    case pb::FieldDescriptor::TYPE_UINT32:
    case pb::FieldDescriptor::TYPE_ENUM:
      return Coding::kVarint32;
    case pb::FieldDescriptor::TYPE_SINT32:
      return Coding::kZigzag32;
    case pb::FieldDescriptor::TYPE_SINT64:
      return Coding::kZigzag;
    case pb::FieldDescriptor::TYPE_STRING:
    case pb::FieldDescriptor::TYPE_BYTES:
      return Coding::kText;
    case pb::FieldDescriptor::TYPE_MESSAGE:
    case pb::FieldDescriptor::TYPE_GROUP:
      return Coding::kMessage;
    default:
      return Coding::kVarint;
  }
}

class Planner {
 public:
  Planner(const std::vector<ColumnTarget::Store>& stores, ProtobufPlan& plan)
      : stores_(stores), plan_(plan) {}

  std::uint32_t message(const pb::Descriptor& type, const Node& node, const std::string& path) {
    const auto own = static_cast<std::uint32_t>(plan_.messages.size());
    plan_.messages.emplace_back();
    PlanMessage made;
    made.by_number.resize(64);
    for (const Node& child : node.children) {
      if (!child.used) continue;
      made.fields.push_back(field(*type.FindFieldByNumber(child.number), child,
                                  path.empty() ? child.name : path + "." + child.name));
      if (child.number < 64 && made.fields.size() < 255)
        made.by_number[static_cast<std::size_t>(child.number)] =
            static_cast<std::uint8_t>(made.fields.size());
      if (child.implicit_zero && child.column >= 0 &&
          store(child.column) == ColumnTarget::Store::kNumber)
        made.zeros.push_back(child.column);
    }
    plan_.messages[own] = std::move(made);
    return own;
  }

 private:
  ColumnTarget::Store store(std::int32_t column) const {
    return stores_[static_cast<std::size_t>(column)];
  }

  PlanField field(const pb::FieldDescriptor& from, const Node& node, const std::string& path) {
    PlanField made;
    made.number = static_cast<std::uint32_t>(node.number);
    made.coding = coding_of(from);
    made.prim = node.prim;
    made.repeated = from.is_repeated();
    made.exact = node.exact;
    made.length = node.length;
    made.column = node.column;
    made.picks = node.picks;
    made.path = path;
    if (made.repeated) made.counter = plan_.counters++;
    if (made.coding == Coding::kMessage) {
      if (!made.repeated) made.messages.push_back(message(*from.message_type(), node, path));
      for (std::size_t i = 0; made.repeated && i < node.children.size(); ++i)
        made.messages.push_back(
            message(*from.message_type(), node.children[i], path + "[" + std::to_string(i) + "]"));
    } else if (made.coding == Coding::kFixed32 || made.coding == Coding::kFixed64) {
      const std::int32_t any = node.column >= 0 ? node.column : node.picks.front().column;
      made.load = loader(node.prim, store(any), false, false);
    }
    return made;
  }

  const std::vector<ColumnTarget::Store>& stores_;
  ProtobufPlan& plan_;
};

}  // namespace

bool is_protobuf_time(const google::protobuf::FieldDescriptor& field) {
  return field.type() == pb::FieldDescriptor::TYPE_MESSAGE &&
         (field.message_type()->full_name() == "google.protobuf.Timestamp" ||
          field.message_type()->full_name() == "google.protobuf.Duration");
}

ProtobufPlan plan_protobuf(const pb::Descriptor& type, const Node& tree,
                           const std::vector<ColumnTarget::Store>& stores) {
  ProtobufPlan plan;
  Planner(stores, plan).message(type, tree, "");
  return plan;
}

}  // namespace reelcell::readers::mcap
