// ROS 1 and CDR messages: their shape, and samples with values.
#include <array>
#include <optional>
#include <utility>

#include "internal/codec/ros_wire.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {

class TreeBuilder {
 public:
  explicit TreeBuilder(const RosSchema& schema) : schema_(schema) {}

  /// Nodes of one struct, fixed arrays of structs unrolled where allowed; saturates at kMaxNodes
  /// + 1.
  std::size_t cost(std::size_t type) {
    if (costs_.empty()) costs_.resize(schema_.structs.size(), 0);
    if (costs_[type]) return costs_[type];
    std::size_t sum = 1;
    for (const RosField& field : schema_.structs[type].fields) {
      std::size_t own = 1;
      if (field.structure >= 0 && field.array == RosField::Array::kNone)
        own = cost(static_cast<std::size_t>(field.structure));
      else if (field.structure >= 0 &&
               unrolls(field.length, static_cast<std::size_t>(field.structure)))
        own += field.length * cost(static_cast<std::size_t>(field.structure));
      sum = std::min(sum + own, kMaxNodes + 1);
    }
    return costs_[type] = sum;
  }
  /// Few and small enough to give each element its own nodes?
  bool unrolls(std::uint32_t count, std::size_t type) {
    return count <= kMaxElements && count * cost(type) <= kMaxNodes / 4;
  }

  Node blank_struct(std::size_t type) {
    if (cost(type) > kMaxNodes)
      throw InputError("the schema has more than " + std::to_string(kMaxNodes) + " fields");
    Node node;
    node.kind = Node::Kind::kStruct;
    for (const RosField& field : schema_.structs[type].fields)
      node.children.push_back(blank(field));
    return node;
  }

 private:
  Node blank(const RosField& field) {
    Node node;
    if (field.structure >= 0 && field.array == RosField::Array::kNone)
      node = blank_struct(static_cast<std::size_t>(field.structure));
    node.name = field.name;
    node.prim = field.prim;
    node.dynamic = field.array == RosField::Array::kSequence;
    if (field.array == RosField::Array::kNone) return node;
    node.kind = field.structure >= 0 ? Node::Kind::kStructArray : Node::Kind::kArray;
    node.length = field.length;
    if (field.structure >= 0 && unrolls(field.length, static_cast<std::size_t>(field.structure)))
      for (std::uint32_t i = 0; i < field.length; ++i)
        node.children.push_back(blank_struct(static_cast<std::size_t>(field.structure)));
    return node;
  }

 public:
  static constexpr std::uint32_t kMaxElements = 4096;

 private:
  const RosSchema& schema_;
  std::vector<std::size_t> costs_;
};

template <bool kCdr>
class Sampler {
 public:
  Sampler(const RosSchema& schema, Wire<kCdr> wire)
      : schema_(schema), builder_(schema), wire_(wire) {}

  /// `node` null: passes over the struct.
  void structure(std::size_t type, Node* node) {
    for (std::size_t i = 0; i < schema_.structs[type].fields.size(); ++i)
      field(schema_.structs[type].fields[i], node ? &node->children[i] : nullptr);
  }

 private:
  [[noreturn]] void torn(const RosField& field) const {
    throw InputError("the message ends inside field '" + field.name + "'");
  }

  void field(const RosField& field, Node* node) {
    std::uint32_t count = field.array == RosField::Array::kFixed ? field.length : 1;
    if (field.array == RosField::Array::kSequence && !wire_.take_count(&count)) torn(field);
    if (node && field.array != RosField::Array::kNone) node->length = count;
    if (field.structure >= 0) return structs(field, count, node);
    if (field.prim == Prim::kString) return texts(field, count, node);
    const std::size_t size = wire_size(field.prim);
    if (count == 0) return;
    const std::uint8_t* from =
        wire_.take(std::uint64_t{count} * size, alignment_of(field.prim, size));
    if (!from) torn(field);
    if (node && count <= kMaxSampledValues && field.prim != Prim::kBytes)
      numbers(field.prim, from, count, *node);
  }

  void structs(const RosField& field, std::uint32_t count, Node* node) {
    const auto type = static_cast<std::size_t>(field.structure);
    if (field.array == RosField::Array::kNone) return structure(type, node);
    const std::uint64_t least = schema_.structs[type].min_size;
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(least, std::uint64_t{count}, &bytes) || bytes > wire_.left())
      torn(field);
    if (node && node->dynamic && builder_.unrolls(count, type) &&
        (nodes_ += count * builder_.cost(type)) <= kMaxNodes)
      for (std::uint32_t i = 0; i < count; ++i)
        node->children.push_back(builder_.blank_struct(type));
    for (std::uint32_t i = 0; i < count && least > 0; ++i)
      structure(type, node && i < node->children.size() ? &node->children[i] : nullptr);
  }

  void texts(const RosField& field, std::uint32_t count, Node* node) {
    for (std::uint32_t i = 0; i < count; ++i) {
      std::string_view text;
      if (!wire_.take_text(&text)) torn(field);
      if (node && i < kMaxSampledValues) node->values.emplace_back(std::string(text));
    }
  }

  void numbers(Prim prim, const std::uint8_t* from, std::uint32_t count, Node& node) {
    const bool integer = is_integer(prim);
    const LoadFn load =
        loader(prim, integer ? ColumnTarget::Store::kInteger : ColumnTarget::Store::kNumber,
               wire_.swap, !kCdr);
    for (std::uint32_t i = 0; i < count; ++i) {
      double number = 0;
      std::int64_t whole = 0;
      load(from + i * wire_size(prim), 1, integer ? static_cast<void*>(&whole) : &number);
      if (prim == Prim::kBool)
        node.values.emplace_back(whole != 0);
      else if (integer)
        node.values.emplace_back(whole);
      else
        node.values.emplace_back(number);
    }
  }

  const RosSchema& schema_;
  TreeBuilder builder_;
  Wire<kCdr> wire_;
  std::size_t nodes_ = 0;
};

template <bool kCdr>
class RosCodec final : public Codec {
 public:
  RosCodec(RosSchema schema, const CodecOptions& options)
      : schema_(std::move(schema)),
        options_(options),
        blank_(TreeBuilder(schema_).blank_struct(0)) {}

  Node blank() const override { return blank_; }

  Node sample(ByteView message) const override {
    Wire<kCdr> wire;
    if (!start_message(message, options_, &wire)) throw InputError(encapsulation_problem(message));
    Node tree = blank_;
    Sampler<kCdr>(schema_, wire).structure(0, &tree);
    return tree;
  }

  std::unique_ptr<RowDecoder> compile(
      const Node& tree, const std::vector<ColumnTarget::Store>& stores) const override {
    RosProgram program = compile_ros(schema_, tree, stores, !kCdr);
    return kCdr ? make_cdr_decoder(std::move(program), options_)
                : make_ros1_decoder(std::move(program));
  }

  Remark remark(ByteView message) const override {
    if (!kCdr || encapsulation_problem(message)) return {};
    if (!fits(message, options_)) {
      CodecOptions other = options_;
      other.cdr_align_from_message = !other.cdr_align_from_message;
      if (fits(message, other))
        return {"mcap-cdr-alignment",
                "messages do not fit their schema as CDR aligns fields, but they do when alignment "
                "is counted from " +
                    std::string(other.cdr_align_from_message ? "the start of the message"
                                                             : "behind the header") +
                    "; set \"cdr_alignment\": \"" +
                    (other.cdr_align_from_message ? "message" : "payload") + "\""};
    }
    if (options_.cdr_byte_order == ByteOrder::kStated && message[1] == 0)
      return {"mcap-cdr-byte-order",
              "messages state that they are big-endian, which ROS 2 recorders hardly ever write; "
              "if the values look "
              "wrong, set \"cdr_byte_order\": \"little\""};
    return {};
  }

 private:
  bool fits(ByteView message, const CodecOptions& options) const {
    Wire<kCdr> wire;
    start_message(message, options, &wire);
    try {
      Sampler<kCdr>(schema_, wire).structure(0, nullptr);
      return true;
    } catch (const InputError&) {
      return false;
    }
  }

  RosSchema schema_;
  CodecOptions options_;
  Node blank_;
};

}  // namespace

std::unique_ptr<Codec> make_ros1_codec(const Schema& schema) {
  return std::make_unique<RosCodec<false>>(
      parse_ros_msg(as_text(schema.data), schema.name, RosDialect::kRos1), CodecOptions{});
}

std::unique_ptr<Codec> make_cdr_codec(const Schema& schema, const CodecOptions& options) {
  const std::string_view text = as_text(schema.data);
  RosSchema parsed = schema.encoding == "ros2msg"
                         ? parse_ros_msg(text, schema.name, RosDialect::kRos2)
                         : parse_ros_idl(text, schema.name);
  return std::make_unique<RosCodec<true>>(std::move(parsed), options);
}

}  // namespace reelcell::readers::mcap
