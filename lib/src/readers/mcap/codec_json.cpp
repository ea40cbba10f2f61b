// JSON messages: the shape comes from the first messages; a JSON Schema says which numbers are
// integers.
#include <algorithm>
#include <cmath>

#include "internal/codec/codec.hpp"
#include "internal/codec/json_scanner.hpp"
#include "internal/codec/wire.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::readers::mcap {
namespace {

constexpr int kMaxDepth = 32;
/// Beyond this a double does not hold every integer.
constexpr std::int64_t kExact = std::int64_t{1} << 53;
/// Root of a message that is no object: its one field.
constexpr const char* kBare = "value";

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

// ---- samples ----

class Sampler {
 public:
  explicit Sampler(std::string_view text) : scan_(text) {}

  Node message(const SchemaView& schema) {
    Node root;
    if (!value(schema, "", 0, &root) || !scan_.done()) fail();
    if (root.kind == Node::Kind::kStruct) return root;
    Node wrapped;
    wrapped.kind = Node::Kind::kStruct;
    root.name = kBare;
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

// ---- rows ----

class JsonDecoder final : public RowDecoder {
 public:
  JsonDecoder(Node tree, const std::vector<ColumnTarget::Store>& stores)
      : tree_(std::move(tree)), seen_(stores.size()) {
    for (std::size_t i = 0; i < stores.size(); ++i)
      if (stores[i] == ColumnTarget::Store::kInteger) integers_.push_back(i);
  }

  DecodeStatus decode(ByteView message, RowSink& sink) override {
    sink_ = &sink;
    status_ = DecodeStatus::kOk;
    ++row_;
    for (const ColumnTarget& column : sink.columns)
      for (std::size_t i = 0; i < column.width; ++i) put_missing(column, sink.row, i);
    JsonScanner scan(as_text(message));
    const bool bare = scan.peek() != '{';
    const bool read = bare ? bare_value(scan) : object(tree_, scan);
    if (!read || !scan.done()) return status_ = DecodeStatus::kMalformed;
    if (status_ != DecodeStatus::kOk) return status_;
    for (const std::size_t column : integers_)
      if (seen_[column] != row_) return missing(column);
    return DecodeStatus::kOk;
  }

  std::string problem() const override {
    switch (status_) {
      case DecodeStatus::kMalformed:
        return "the message is not a whole JSON value";
      case DecodeStatus::kLength:
        return "array '" + place_ + "' has " + std::to_string(found_) + " values, its column has " +
               std::to_string(expected_);
      default:
        return "integer '" + path_of(tree_, static_cast<std::int32_t>(missing_)) +
               "' is absent or no integer";
    }
  }

 private:
  DecodeStatus missing(std::size_t column) {
    missing_ = column;
    return status_ = DecodeStatus::kMissing;
  }

  static std::string path_of(const Node& node, std::int32_t column) {
    if (node.column == column) return node.name;
    for (const Pick& pick : node.picks)
      if (pick.column == column) return node.name + "[" + std::to_string(pick.index) + "]";
    for (const Node& child : node.children)
      if (const std::string below = child.used ? path_of(child, column) : ""; !below.empty())
        return node.name.empty() ? below : node.name + "." + below;
    return "";
  }

  bool bare_value(JsonScanner& scan) {
    if (tree_.children.size() == 1 && tree_.children[0].name == kBare && tree_.children[0].used)
      return value(tree_.children[0], scan);
    return scan.skip();
  }

  bool value(const Node& node, JsonScanner& scan) {
    switch (node.kind) {
      case Node::Kind::kStruct:
        return scan.peek() == '{' ? object(node, scan) : scan.skip();
      case Node::Kind::kScalar:
        return node.children.empty() ? scalar(node.column, 0, scan) : time(node, scan);
      case Node::Kind::kArray:
      case Node::Kind::kStructArray:
        return scan.peek() == '[' ? array(node, scan) : scan.skip();
    }
    return false;
  }

  /// Keys mostly come in the same order in every message, so the next expected one is tried first.
  const Node* child_named(const Node& node, std::string_view key, std::size_t* expected) const {
    const std::size_t count = node.children.size();
    for (std::size_t tried = 0; tried < count; ++tried) {
      const std::size_t i =
          *expected + tried < count ? *expected + tried : *expected + tried - count;
      if (node.children[i].name != key) continue;
      *expected = i + 1 < count ? i + 1 : 0;
      return &node.children[i];
    }
    return nullptr;
  }

  bool object(const Node& node, JsonScanner& scan) {
    scan.accept('{');
    if (scan.accept('}')) return true;
    std::size_t expected = 0;
    do {
      std::string_view key;
      bool escaped = false;
      if (!scan.string(&key, &escaped) || !scan.accept(':')) return false;
      if (escaped) {
        if (!unescape_json(key, &scratch_)) return false;
        key = scratch_;
      }
      const Node* child = child_named(node, key, &expected);
      if (!(child && child->used ? value(*child, scan) : scan.skip())) return false;
    } while (scan.accept(','));
    return scan.accept('}');
  }

  bool scalar(std::int32_t column, std::size_t element, JsonScanner& scan) {
    const ColumnTarget& target = sink_->columns[static_cast<std::size_t>(column)];
    const char c = scan.peek();
    if (target.store == ColumnTarget::Store::kText || target.store == ColumnTarget::Store::kBlob)
      return c == '"' ? text(target, element, scan) : scan.skip();
    JsonNumber number;
    if (c == 't' || c == 'f') {
      if (!scan.literal("true") && !scan.literal("false")) return false;
      number.integer = c == 't';
      number.number = static_cast<double>(number.integer);
      number.is_integer = true;
    } else if (c == '"' || c == '{' || c == '[' || c == 'n') {
      if (target.store == ColumnTarget::Store::kInteger) missing(static_cast<std::size_t>(column));
      return scan.skip();  // null, or of another type than its column: missing
    } else if (!scan.number(&number)) {
      return false;
    }
    put(target, static_cast<std::size_t>(column), element, number);
    return true;
  }

  void put(const ColumnTarget& target, std::size_t column, std::size_t element,
           const JsonNumber& number) {
    if (target.store == ColumnTarget::Store::kNumber) {
      *target.at<double>(sink_->row, element) = number.number;
      return;
    }
    std::int64_t whole = number.integer;
    if (!number.is_integer) {  // 1.0 and 1e3 are integers too
      if (!(std::abs(number.number) < 9.2e18) || number.number != std::floor(number.number)) {
        missing(column);
        return;
      }
      whole = static_cast<std::int64_t>(number.number);
    }
    *target.at<std::int64_t>(sink_->row, element) = whole;
    seen_[column] = row_;
  }

  bool text(const ColumnTarget& target, std::size_t element, JsonScanner& scan) {
    std::string_view raw;
    bool escaped = false;
    if (!scan.string(&raw, &escaped)) return false;
    if (target.store == ColumnTarget::Store::kBlob) {
      *target.at<ByteView>(sink_->row, element) = as_bytes(raw);
      return true;
    }
    std::string* out = target.at<std::string>(sink_->row, element);
    if (!escaped) out->assign(raw);
    return !escaped || unescape_json(raw, out);
  }

  /// {"sec": 1, "nsec": 2}: both parts must be there.
  bool time(const Node& node, JsonScanner& scan) {
    if (scan.peek() != '{') return scan.skip();
    scan.accept('{');
    if (scan.accept('}')) return true;
    std::int64_t seconds = 0, nanos = 0;
    int parts = 0;
    do {
      std::string_view key;
      bool escaped = false;
      JsonNumber number;
      if (!scan.string(&key, &escaped) || !scan.accept(':')) return false;
      const char c = scan.peek();
      if (c != '-' && (c < '0' || c > '9')) {
        if (!scan.skip()) return false;
        continue;
      }
      if (!scan.number(&number)) return false;
      if (!number.is_integer || (key != node.children[0].name && key != node.children[1].name))
        continue;
      (key.starts_with("sec") ? seconds : nanos) = number.integer;
      ++parts;
    } while (scan.accept(','));
    if (!scan.accept('}')) return false;
    if (parts != 2) return true;
    JsonNumber joined;
    joined.integer = join_time(seconds, nanos);
    joined.number = static_cast<double>(joined.integer);
    joined.is_integer = true;
    const ColumnTarget& target = sink_->columns[static_cast<std::size_t>(node.column)];
    put(target, static_cast<std::size_t>(node.column), 0, joined);
    return true;
  }

  bool array(const Node& node, JsonScanner& scan) {
    scan.accept('[');
    std::uint32_t n = 0;
    if (!scan.accept(']')) {
      do {
        if (!element(node, n++, scan)) return false;
      } while (scan.accept(','));
      if (!scan.accept(']')) return false;
    }
    if (node.exact && n != node.length && status_ == DecodeStatus::kOk) {
      status_ = DecodeStatus::kLength;
      place_ = node.name;
      found_ = n;
      expected_ = node.length;
    }
    return true;
  }

  bool element(const Node& node, std::uint32_t i, JsonScanner& scan) {
    if (node.kind == Node::Kind::kStructArray)
      return i < node.children.size() && node.children[i].used ? value(node.children[i], scan)
                                                               : scan.skip();
    if (node.column >= 0 && i < node.length) {
      JsonScanner again = scan;
      if (!scalar(node.column, i, scan)) return false;
      for (const Pick& pick : node.picks)
        if (pick.index == i && !scalar(pick.column, 0, JsonScanner(again))) return false;
      return true;
    }
    for (const Pick& pick : node.picks)
      if (pick.index == i) return scalar(pick.column, 0, scan);
    return scan.skip();
  }
  bool scalar(std::int32_t column, std::size_t element, JsonScanner&& scan) {
    return scalar(column, element, scan);
  }

  Node tree_;
  std::vector<std::uint64_t> seen_;  ///< the row in which an integer column was last written
  std::vector<std::size_t> integers_;
  std::uint64_t row_ = 0;
  RowSink* sink_ = nullptr;
  std::string scratch_, place_;
  std::size_t missing_ = 0;
  std::uint32_t found_ = 0, expected_ = 0;
  DecodeStatus status_ = DecodeStatus::kOk;
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
      node.name = kBare;
      root.children.push_back(std::move(node));
      return root;
    }
    return node;
  }
  Node sample(ByteView message) const override { return Sampler(as_text(message)).message(view()); }
  std::unique_ptr<RowDecoder> compile(
      const Node& tree, const std::vector<ColumnTarget::Store>& stores) const override {
    return std::make_unique<JsonDecoder>(tree, stores);
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
