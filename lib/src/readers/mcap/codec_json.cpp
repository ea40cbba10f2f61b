// JSON messages: the shape comes from the first messages; a JSON Schema says which numbers are
// integers.
#include <algorithm>

#include "internal/codec/codec.hpp"
#include "internal/codec/json_rows.hpp"
#include "internal/codec/json_scanner.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::readers::mcap {
namespace {

constexpr int kMaxDepth = 32;
/// Beyond this a double does not hold every integer.
constexpr std::int64_t kExact = std::int64_t{1} << 53;

/// The parts of a JSON Schema that matter here: type, properties, items, local $ref,
/// contentEncoding.
class SchemaView {
 public:
  SchemaView(const Json* root, const Json* at) : root_(root), at_(resolve(at)) {}
  bool known() const { return at_ != nullptr; }
  std::string type() const {
    if (!at_ || !at_->contains("type")) return at_ && at_->contains("properties") ? "object" : "";
    const Json& type = (*at_)["type"];
    if (type.is_string()) return type.get<std::string>();
    if (type.is_array())
      for (const Json& one : type)
        if (one.is_string() && one != "null") return one.get<std::string>();
    return "";
  }
  bool base64() const { return at_ && at_->value("contentEncoding", Json()) == "base64"; }
  SchemaView property(const std::string& name) const {
    if (!at_ || !at_->contains("properties")) return {root_, nullptr};
    const Json& all = (*at_)["properties"];
    const auto found = all.is_object() ? all.find(name) : all.end();
    return {root_, all.is_object() && found != all.end() ? &*found : nullptr};
  }
  SchemaView items() const {
    return {root_, at_ && at_->contains("items") ? &(*at_)["items"] : nullptr};
  }
  std::vector<std::string> properties() const {
    std::vector<std::string> names;
    if (at_ && at_->contains("properties") && (*at_)["properties"].is_object())
      for (const auto& [name, ignored] : (*at_)["properties"].items()) names.push_back(name);
    return names;
  }

 private:
  const Json* resolve(const Json* at) const {
    for (int hops = 0; at && at->is_object() && at->contains("$ref") && hops < 16; ++hops) {
      const Json& ref = (*at)["$ref"];
      if (!ref.is_string() || !ref.get<std::string>().starts_with("#")) return nullptr;
      try {
        at = &root_->at(Json::json_pointer(ref.get<std::string>().substr(1)));
      } catch (const Json::exception&) {
        return nullptr;
      }
    }
    return at && at->is_object() ? at : nullptr;
  }
  const Json* root_;
  const Json* at_;
};

/// `budget`: nodes that may still be made; schemas can refer to themselves.
Node blank_from(const SchemaView& schema, const std::string& name, int depth, std::size_t* budget) {
  Node node;
  node.name = name;
  const std::string type = *budget ? schema.type() : "";
  *budget -= *budget ? 1 : 0;
  if (type == "object" && depth < kMaxDepth) {
    node.kind = Node::Kind::kStruct;
    for (const std::string& field : schema.properties()) {
      Node child = blank_from(schema.property(field), field, depth + 1, budget);
      if (child.kind != Node::Kind::kStruct || !child.children.empty())
        node.children.push_back(std::move(child));
    }
    collapse_time(node);
  } else if (type == "array" && depth < kMaxDepth) {
    const Node element = blank_from(schema.items(), "", depth + 1, budget);
    node.kind = element.kind == Node::Kind::kScalar ? Node::Kind::kArray : Node::Kind::kStructArray;
    node.prim = element.prim;
    node.dynamic = true;
  } else if (type == "integer") {
    node.prim = Prim::kInt64;
  } else if (type == "boolean") {
    node.prim = Prim::kBool;
  } else if (type == "string") {
    node.prim = schema.base64() ? Prim::kBytes : Prim::kString;
  } else if (type != "number") {
    node.kind = Node::Kind::kStruct;  // of no known type: nothing to show
  }
  return node;
}

class Sampler {
 public:
  explicit Sampler(std::string_view text) : scan_(text) {}

  Node message(const SchemaView& schema) {
    Node root;
    if (!value(schema, "", 0, &root) || !scan_.done()) fail();
    if (root.kind == Node::Kind::kStruct) return root;
    Node wrapped;
    wrapped.kind = Node::Kind::kStruct;
    root.name = kBareJson;
    wrapped.children.push_back(std::move(root));
    return wrapped;
  }

 private:
  [[noreturn]] static void fail() { throw InputError("the message is not a whole JSON value"); }

  /// False for null: the field is then not there.
  bool value(const SchemaView& schema, std::string name, int depth, Node* node) {
    if (depth > kMaxDepth) throw InputError("JSON nested deeper than " + std::to_string(kMaxDepth));
    node->name = std::move(name);
    switch (scan_.peek()) {
      case '{':
        object(schema, depth, node);
        return true;
      case '[':
        array(schema, depth, node);
        return true;
      case '"':
        text(schema, node);
        return true;
      case 'n':
        if (!scan_.literal("null")) fail();
        return false;
      case 't':
      case 'f':
        node->prim = Prim::kBool;
        node->values.emplace_back(scan_.peek() == 't');
        if (!scan_.literal("true") && !scan_.literal("false")) fail();
        return true;
      default:
        number(schema, node);
        return true;
    }
  }

  void object(const SchemaView& schema, int depth, Node* node) {
    node->kind = Node::Kind::kStruct;
    scan_.accept('{');
    if (scan_.accept('}')) return;
    do {
      std::string_view raw;
      bool escaped = false;
      std::string key;
      if (!scan_.string(&raw, &escaped) || !unescape_json(raw, &key) || !scan_.accept(':')) fail();
      Node child;
      if (!value(schema.property(key), key, depth + 1, &child)) continue;
      const auto same = std::find_if(node->children.begin(), node->children.end(),
                                     [&](const Node& n) { return n.name == child.name; });
      if (same != node->children.end())
        *same = std::move(child);
      else if (node->children.size() < kMaxColumns)
        node->children.push_back(std::move(child));
    } while (scan_.accept(','));
    if (!scan_.accept('}')) fail();
    collapse_time(*node);
  }

  void array(const SchemaView& schema, int depth, Node* node) {
    node->kind = Node::Kind::kArray;
    node->dynamic = true;
    std::vector<Node> elements;
    bool scalars = true, same = true;
    scan_.accept('[');
    if (scan_.accept(']')) return;
    do {
      Node element;
      ++node->length;
      if (node->length > kMaxSampledValues) {
        if (!scan_.skip()) fail();
        continue;
      }
      if (!value(schema.items(), "", depth + 1, &element))
        element.prim = Prim::kFloat64;  // null in a list of numbers
      scalars &= element.kind == Node::Kind::kScalar && element.prim != Prim::kTime;
      const auto family = [](Prim p) { return p == Prim::kString ? 2 : p == Prim::kBool ? 1 : 0; };
      if (!elements.empty()) same &= family(element.prim) == family(elements.front().prim);
      elements.push_back(std::move(element));
    } while (scan_.accept(','));
    if (!scan_.accept(']')) fail();
    if (scalars && same) {
      node->prim = elements.front().prim;
      for (Node& element : elements) {
        if (element.prim == Prim::kFloat64 && node->prim == Prim::kInt64)
          node->prim = Prim::kFloat64;
        node->values.push_back(element.values.empty() ? Value() : std::move(element.values[0]));
      }
    } else {
      node->kind = Node::Kind::kStructArray;
      node->children = std::move(elements);
    }
  }

  void text(const SchemaView& schema, Node* node) {
    std::string_view raw;
    bool escaped = false;
    std::string plain;
    if (!scan_.string(&raw, &escaped) || !unescape_json(raw, &plain)) fail();
    node->prim = schema.base64() ? Prim::kBytes : Prim::kString;
    node->values.emplace_back(std::move(plain));
  }

  void number(const SchemaView& schema, Node* node) {
    JsonNumber number;
    if (!scan_.number(&number)) fail();
    const bool large = number.is_integer && (number.integer > kExact || number.integer < -kExact);
    node->prim =
        number.is_integer && (large || schema.type() == "integer") ? Prim::kInt64 : Prim::kFloat64;
    if (number.is_integer)
      node->values.emplace_back(number.integer);
    else
      node->values.emplace_back(number.number);
  }

  JsonScanner scan_;
};

class JsonCodec final : public Codec {
 public:
  explicit JsonCodec(Json schema) : schema_(std::move(schema)) {}
  Node blank() const override {
    std::size_t budget = kMaxColumns;
    Node node = blank_from(view(), "", 0, &budget);
    if (node.kind != Node::Kind::kStruct) {
      Node root;
      root.kind = Node::Kind::kStruct;
      node.name = kBareJson;
      root.children.push_back(std::move(node));
      return root;
    }
    return node;
  }
  Node sample(ByteView message) const override { return Sampler(as_text(message)).message(view()); }
  std::unique_ptr<RowDecoder> compile(
      const Node& tree, const std::vector<ColumnTarget::Store>& stores) const override {
    return make_json_decoder(tree, stores);
  }
  bool open_shape() const override { return true; }

 private:
  SchemaView view() const { return {&schema_, schema_.is_object() ? &schema_ : nullptr}; }
  Json schema_;
};

}  // namespace

/// A schema that cannot be parsed is no reason to refuse: JSON explains itself.
std::unique_ptr<Codec> make_json_codec(const Schema* schema) {
  Json parsed;
  if (schema && !schema->data.empty()) {
    parsed = Json::parse(as_text(schema->data), nullptr, false);
    if (parsed.is_discarded()) parsed = Json();
  }
  return std::make_unique<JsonCodec>(std::move(parsed));
}

}  // namespace reelcell::readers::mcap
