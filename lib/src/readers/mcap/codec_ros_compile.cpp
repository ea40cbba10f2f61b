// The chosen columns of a ROS message as a list of steps.
#include "internal/codec/ros_wire.hpp"

namespace reelcell::readers::mcap {
namespace {

class Compiler {
 public:
  Compiler(const RosSchema& schema, const std::vector<ColumnTarget::Store>& stores, bool ros1,
           RosProgram& program)
      : schema_(schema), stores_(stores), ros1_(ros1), program_(program) {}

  void structure(const RosStruct& type, const Node& node, const std::string& path) {
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      const Node& child = node.children[i];
      field(type.fields[i], child, path.empty() ? child.name : path + "." + child.name);
    }
  }

  static void skip_field(const RosSchema& schema, const RosField& field,
                         std::vector<RosStep>& steps) {
    RosStep step;
    step.dynamic = field.array == RosField::Array::kSequence;
    step.count = field.array == RosField::Array::kFixed ? field.length : 1;
    if (!step.dynamic && step.count == 0) return;
    if (field.structure >= 0) {
      step.op = RosStep::Op::kSkipStructs;
      step.structure = field.structure;
      if (!step.dynamic && schema.structs[static_cast<std::size_t>(field.structure)].min_size == 0)
        return;
    } else if (field.prim == Prim::kString) {
      step.op = RosStep::Op::kSkipText;
    } else {
      step.size = static_cast<std::uint8_t>(wire_size(field.prim));
      step.align = static_cast<std::uint8_t>(alignment_of(field.prim, step.size));
    }
    steps.push_back(step);
  }

 private:
  void field(const RosField& field, const Node& node, const std::string& path) {
    if (!node.used) {
      const std::size_t before = program_.steps.size();
      skip_field(schema_, field, program_.steps);
      if (node.expect_empty && program_.steps.size() > before)
        program_.steps.back().label = label(path);
      return;
    }
    switch (node.kind) {
      case Node::Kind::kScalar:
      case Node::Kind::kArray:
        values(field, node, path);
        break;
      case Node::Kind::kStruct:
        structure(schema_.structs[static_cast<std::size_t>(field.structure)], node, path);
        break;
      case Node::Kind::kStructArray:
        structs(field, node, path);
        break;
    }
  }

  ColumnTarget::Store store(std::int32_t column) const {
    return stores_[static_cast<std::size_t>(column)];
  }

  void values(const RosField& field, const Node& node, const std::string& path) {
    RosStep step;
    step.dynamic = field.array == RosField::Array::kSequence;
    step.exact = step.dynamic;
    step.count = node.kind == Node::Kind::kScalar ? 1 : node.length;
    step.column = node.column;
    step.label = label(path);
    const bool text = field.prim == Prim::kString;
    if (!text) {
      step.size = static_cast<std::uint8_t>(wire_size(field.prim));
      step.align = static_cast<std::uint8_t>(alignment_of(field.prim, step.size));
    }
    const std::int32_t any = node.column >= 0 ? node.column : node.picks.front().column;
    if (!text && store(any) == ColumnTarget::Store::kBlob) {
      step.op = RosStep::Op::kBlob;
    } else {
      if (!text)
        for (const bool big : {false, true})
          step.load[big] = loader(field.prim, store(any), big, ros1_);
      step.op = text ? RosStep::Op::kText : RosStep::Op::kNumbers;
      if (!node.picks.empty()) {
        step.op = text ? RosStep::Op::kTextPicks : RosStep::Op::kPicks;
        step.extra = static_cast<std::uint32_t>(program_.lists.size());
        // A whole column beside picks is one pick an element.
        for (std::uint32_t i = 0; node.column >= 0 && i < node.length; ++i)
          program_.lists.push_back({i, node.column, i});
        for (const Pick& pick : node.picks) program_.lists.push_back({pick.index, pick.column, 0});
        step.extra_end = static_cast<std::uint32_t>(program_.lists.size());
        step.exact = step.dynamic && node.column >= 0;
      }
    }
    program_.steps.push_back(step);
  }

  void structs(const RosField& field, const Node& node, const std::string& path) {
    const RosStruct& type = schema_.structs[static_cast<std::size_t>(field.structure)];
    RosStep open;
    open.op = RosStep::Op::kOpenStructs;
    open.dynamic = field.array == RosField::Array::kSequence;
    open.exact = open.dynamic && node.exact;
    open.count = node.length;
    open.structure = field.structure;
    open.slot = program_.slots++;
    open.label = label(path);
    program_.steps.push_back(open);
    std::uint32_t done = 0;
    for (std::uint32_t last = 0; last < node.children.size(); ++last)
      if (node.children[last].used) done = last + 1;
    for (std::uint32_t i = 0; i < done; ++i) element(open, i, type, node.children[i], path);
    RosStep close = open;
    close.op = RosStep::Op::kCloseStructs;
    close.count = done;
    program_.steps.push_back(close);
  }

  void element(const RosStep& open, std::uint32_t i, const RosStruct& type, const Node& child,
               const std::string& path) {
    RosStep step = open;
    step.count = i;
    step.op = child.used ? RosStep::Op::kElement : RosStep::Op::kSkipElement;
    step.extra = static_cast<std::uint32_t>(program_.lists.size());
    if (child.used) columns_below(child);
    step.extra_end = static_cast<std::uint32_t>(program_.lists.size());
    const std::size_t at = program_.steps.size();
    program_.steps.push_back(step);
    if (!child.used) return;
    structure(type, child, path + "[" + std::to_string(i) + "]");
    program_.steps[at].jump = static_cast<std::uint32_t>(program_.steps.size());
  }

  void columns_below(const Node& node) {
    for (std::uint32_t i = 0;
         node.column >= 0 && i < (node.kind == Node::Kind::kArray ? node.length : 1); ++i)
      program_.lists.push_back({i, node.column, i});
    for (const Pick& pick : node.picks) program_.lists.push_back({pick.index, pick.column, 0});
    for (const Node& child : node.children) columns_below(child);
  }

  std::uint32_t label(const std::string& path) {
    program_.labels.push_back(path);
    return static_cast<std::uint32_t>(program_.labels.size() - 1);
  }

  const RosSchema& schema_;
  const std::vector<ColumnTarget::Store>& stores_;
  bool ros1_;
  RosProgram& program_;
};

}  // namespace

RosProgram compile_ros(const RosSchema& schema, const Node& tree,
                       const std::vector<ColumnTarget::Store>& stores, bool ros1) {
  RosProgram program;
  for (const RosStruct& type : schema.structs) {
    program.skip.emplace_back();
    for (const RosField& field : type.fields)
      Compiler::skip_field(schema, field, program.skip.back());
    program.min_size.push_back(type.min_size);
  }
  Compiler(schema, stores, ros1, program).structure(schema.structs.front(), tree, "");
  return program;
}

}  // namespace reelcell::readers::mcap
