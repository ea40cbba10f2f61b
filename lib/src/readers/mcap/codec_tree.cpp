#include "internal/codec/tree.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace reelcell::readers::mcap {

DType dtype_of(Prim prim) {
  switch (prim) {
    case Prim::kBool:
      return DType::kBool;
    case Prim::kInt8:
      return DType::kInt8;
    case Prim::kUInt8:
      return DType::kUInt8;
    case Prim::kInt16:
      return DType::kInt16;
    case Prim::kUInt16:
      return DType::kUInt16;
    case Prim::kInt32:
      return DType::kInt32;
    case Prim::kUInt32:
      return DType::kUInt32;
    case Prim::kUInt64:
      return DType::kUInt64;
    case Prim::kFloat32:
      return DType::kFloat32;
    case Prim::kFloat64:
      return DType::kFloat64;
    case Prim::kString:
    case Prim::kBytes:
      return DType::kString;
    case Prim::kInt64:
    case Prim::kTime:
    case Prim::kDuration:
      return DType::kInt64;
  }
  return DType::kFloat64;
}

namespace {

/// Instants stay: as float64 they would lose the nanoseconds.
void integers_to_float(Node& node) {
  if (node.prim <= Prim::kUInt64) node.prim = Prim::kFloat64;
  if (node.kind == Node::Kind::kScalar) return;  // an instant's two parts
  for (Node& child : node.children) integers_to_float(child);
}

bool is_array(const Node& node) {
  return node.kind == Node::Kind::kArray || node.kind == Node::Kind::kStructArray;
}

}  // namespace

void merge_shape(Node& into, const Node& from, bool absent_integers_as_float) {
  if (into.kind != from.kind) return;
  if (into.kind == Node::Kind::kStruct) {
    for (const Node& field : from.children) {
      auto mine = std::find_if(into.children.begin(), into.children.end(),
                               [&](const Node& n) { return n.name == field.name; });
      if (mine != into.children.end()) {
        merge_shape(*mine, field, absent_integers_as_float);
      } else {
        into.children.push_back(field);
        if (absent_integers_as_float) integers_to_float(into.children.back());
      }
    }
    if (!absent_integers_as_float) return;
    for (Node& field : into.children)
      if (std::none_of(from.children.begin(), from.children.end(),
                       [&](const Node& n) { return n.name == field.name; }))
        integers_to_float(field);
  } else if (is_array(into) && into.dynamic && into.length == 0 && from.length > 0) {
    into.length = from.length;
    into.prim = from.prim;
    into.children = from.children;
  } else if (into.prim == Prim::kInt64 && from.prim == Prim::kFloat64) {
    into.prim = Prim::kFloat64;
  }
}

bool collapse_time(Node& node) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNames = {
      {{"sec", "nanosec"},
       {"sec", "nsec"},
       {"secs", "nsecs"},
       {"seconds", "nanos"},
       {"seconds", "nanoseconds"},
       {"sec", "nanos"}}};
  if (node.kind != Node::Kind::kStruct || node.children.size() != 2) return false;
  const Node *first = &node.children[0], *second = &node.children[1];
  for (const Node* part : {first, second})
    if (part->kind != Node::Kind::kScalar || part->prim > Prim::kFloat64 ||
        part->prim == Prim::kBool)
      return false;
  for (const auto& [sec, nsec] : kNames) {
    if (first->name == nsec && second->name == sec) std::swap(first, second);
    if (first->name != sec || second->name != nsec) continue;
    const auto* s = first->values.empty() ? nullptr : std::get_if<std::int64_t>(&first->values[0]);
    const auto* n =
        second->values.empty() ? nullptr : std::get_if<std::int64_t>(&second->values[0]);
    std::vector<Value> values;
    std::int64_t ns = 0;
    if (s && n && !__builtin_mul_overflow(*s, std::int64_t{1'000'000'000}, &ns) &&
        !__builtin_add_overflow(ns, *n, &ns))
      values.emplace_back(ns);
    node.kind = Node::Kind::kScalar;
    node.prim = Prim::kTime;
    node.values = std::move(values);
    return true;  // the children stay: decoders of named fields need them
  }
  return false;
}

int ColumnLayout::find(std::string_view name) const {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == name) return static_cast<int>(i);
  return -1;
}

namespace {

/// Is `path` at or below `wanted` ("pose" holds "pose.position.x" and "pose[0]")?
bool within(std::string_view path, std::string_view wanted) {
  if (!path.starts_with(wanted)) return false;
  return path.size() == wanted.size() || path[wanted.size()] == '.' || path[wanted.size()] == '[';
}

/// Is `wanted` below `path`?
bool beneath(std::string_view wanted, std::string_view path) {
  return path.size() < wanted.size() && within(wanted, path);
}

class Selector {
 public:
  Selector(const ColumnChoice& choice, ColumnLayout& layout)
      : choice_(choice), layout_(layout), matched_(choice.fields.size(), false) {}

  /// True when something in `node` was given a column.
  bool visit(Node& node, const std::string& path, const Node* siblings) {
    node.column = -1;
    node.picks.clear();
    node.used = node.exact = node.expect_empty = false;
    switch (node.kind) {
      case Node::Kind::kScalar:
        node.used = scalar(node, path);
        break;
      case Node::Kind::kArray:
        node.used = array(node, path, siblings);
        break;
      case Node::Kind::kStruct:
        for (Node& child : node.children)
          node.used |= visit(child, path.empty() ? child.name : path + "." + child.name, &node);
        break;
      case Node::Kind::kStructArray:
        node.used = struct_array(node, path);
        break;
    }
    return node.used;
  }

  void finish() {
    for (std::size_t i = 0; i < matched_.size(); ++i)
      if (!matched_[i]) layout_.unmatched.push_back(choice_.fields[i]);
  }

 private:
  bool wanted(const std::string& path) {
    if (choice_.fields.empty()) return true;
    bool found = std::find(choice_.also.begin(), choice_.also.end(), path) != choice_.also.end();
    for (std::size_t i = 0; i < choice_.fields.size(); ++i)
      if (within(path, choice_.fields[i])) found = matched_[i] = true;
    return found;
  }

  std::int32_t add(const Node& node, std::string path, std::size_t width) {
    if (layout_.columns.size() >= kMaxColumns) {
      layout_.left_out.push_back(std::move(path));
      return -1;
    }
    ColumnSpec spec;
    spec.name = std::move(path);
    spec.dtype = dtype_of(node.prim);
    // Instants stay: as float64 they would lose the nanoseconds.
    if (choice_.integers_as_float && node.prim <= Prim::kUInt64) spec.dtype = DType::kFloat64;
    spec.width = width;
    if (node.prim == Prim::kTime || node.prim == Prim::kDuration) spec.unit = "ns";
    layout_.columns.push_back(std::move(spec));
    return static_cast<std::int32_t>(layout_.columns.size() - 1);
  }

  bool scalar(Node& node, const std::string& path) {
    if (node.prim == Prim::kBytes || !wanted(path)) return false;
    if (node.prim == Prim::kString && !choice_.text) return false;
    node.column = add(node, path, 1);
    return node.column >= 0;
  }

  bool array(Node& node, const std::string& path, const Node* siblings) {
    if (node.prim == Prim::kBytes || (node.prim == Prim::kString && !choice_.text)) return false;
    // A dynamic uint8[] is a blob (an image, a point cloud) unless it is asked for.
    const bool blob = node.dynamic && node.prim == Prim::kUInt8 && choice_.fields.empty();
    const bool chosen = !blob && wanted(path);
    node.expect_empty = chosen && node.dynamic && node.length == 0;
    if (chosen && node.length > 0) {
      if (node.length > choice_.max_width) {
        layout_.left_out.push_back(path + " (" + std::to_string(node.length) + " values)");
      } else {
        node.column = add(node, path, node.length);
        node.exact = node.column >= 0;
        if (node.exact) name_elements(node, siblings);
      }
    }
    pick_elements(node, path);
    return node.column >= 0 || !node.picks.empty();
  }

  /// sensor_msgs/JointState and its kin: `name[i]` says what `position[i]` is.
  void name_elements(const Node& node, const Node* siblings) {
    if (!siblings || !(node.prim == Prim::kFloat64 || node.prim == Prim::kFloat32)) return;
    for (const Node& other : siblings->children) {
      if ((other.name != "name" && other.name != "names" && other.name != "joint_names") ||
          other.kind != Node::Kind::kArray || other.prim != Prim::kString ||
          other.values.size() != node.length)
        continue;
      auto& names = layout_.columns[static_cast<std::size_t>(node.column)].element_names;
      for (const Value& value : other.values) names.push_back(std::get<std::string>(value));
    }
  }

  /// `position[3]` in `fields`.
  void pick_elements(Node& node, const std::string& path) {
    for (std::size_t i = 0; i < choice_.fields.size(); ++i) {
      const std::string_view field = choice_.fields[i];
      if (!field.starts_with(path + "[") || !field.ends_with("]")) continue;
      const std::string_view digits = field.substr(path.size() + 1, field.size() - path.size() - 2);
      std::uint32_t index = 0;
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), index);
      if (error != std::errc() || end != digits.data() + digits.size()) continue;
      if (!node.dynamic && index >= node.length) continue;
      matched_[i] = true;
      const std::int32_t column = add(node, std::string(field), 1);
      if (column >= 0) node.picks.push_back({index, column});
    }
  }

  bool struct_array(Node& node, const std::string& path) {
    if (node.children.size() > choice_.max_width) {
      if (wanted(path))
        layout_.left_out.push_back(path + " (" + std::to_string(node.length) + " elements)");
      return false;
    }
    bool used = false, whole = choice_.fields.empty();
    for (const auto& field : choice_.fields) whole |= within(path, field) && !beneath(field, path);
    for (std::size_t i = 0; i < node.children.size(); ++i)
      used |= visit(node.children[i], path + "[" + std::to_string(i) + "]", nullptr);
    node.exact = used && whole;
    node.expect_empty = node.dynamic && node.length == 0 && whole;
    return used;
  }

  const ColumnChoice& choice_;
  ColumnLayout& layout_;
  std::vector<bool> matched_;
};

}  // namespace

ColumnLayout select_columns(Node& tree, const ColumnChoice& choice) {
  ColumnLayout layout;
  Selector selector(choice, layout);
  selector.visit(tree, "", nullptr);
  selector.finish();
  return layout;
}

const Node* find_node(const Node& tree, std::string_view path) {
  const Node* node = &tree;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    std::string_view part = path.substr(0, dot);
    path = path.substr(std::min(dot + 1, path.size()));
    std::string_view element;
    if (const auto bracket = part.find('[');
        bracket != std::string_view::npos && part.ends_with("]")) {
      element = part.substr(bracket + 1, part.size() - bracket - 2);
      part = part.substr(0, bracket);
    }
    const auto next = std::find_if(node->children.begin(), node->children.end(),
                                   [&](const Node& n) { return n.name == part; });
    if (next == node->children.end()) return nullptr;
    node = &*next;
    if (element.empty()) continue;
    std::size_t index = 0;
    std::from_chars(element.data(), element.data() + element.size(), index);
    if (node->kind != Node::Kind::kStructArray || index >= node->children.size()) return nullptr;
    node = &node->children[index];
  }
  return node;
}

bool mark_node(Node& tree, std::string_view path, std::int32_t column) {
  const std::string_view part = path.substr(0, path.find('.'));
  const auto child = std::find_if(tree.children.begin(), tree.children.end(),
                                  [&](const Node& n) { return n.name == part; });
  if (child == tree.children.end()) return false;
  if (part.size() < path.size()) {
    if (child->kind != Node::Kind::kStruct ||
        !mark_node(*child, path.substr(part.size() + 1), column))
      return false;
  } else {
    if (child->kind != Node::Kind::kScalar && child->kind != Node::Kind::kArray) return false;
    child->column = column;
    child->used = true;
  }
  return tree.used = true;
}

namespace {
void flatten(const Node& node, const std::string& path,
             const std::function<void(const std::string&, Prim, const Value&)>& take) {
  const auto element = [&](std::size_t i) { return path + "[" + std::to_string(i) + "]"; };
  switch (node.kind) {
    case Node::Kind::kScalar:
      if (!node.values.empty()) take(path, node.prim, node.values[0]);
      break;
    case Node::Kind::kArray:
      for (std::size_t i = 0; i < node.values.size(); ++i)
        take(element(i), node.prim, node.values[i]);
      break;
    case Node::Kind::kStruct:
      for (const Node& child : node.children)
        flatten(child, path.empty() ? child.name : path + "." + child.name, take);
      break;
    case Node::Kind::kStructArray:
      for (std::size_t i = 0; i < node.children.size(); ++i)
        flatten(node.children[i], element(i), take);
      break;
  }
}
}  // namespace

void flatten_values(const Node& tree,
                    const std::function<void(const std::string&, Prim, const Value&)>& take) {
  flatten(tree, "", take);
}

}  // namespace reelcell::readers::mcap
