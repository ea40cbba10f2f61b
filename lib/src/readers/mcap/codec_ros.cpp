// ROS 1 and CDR messages: samples with values, and the interpreter of compiled steps.
#include <array>
#include <optional>
#include <utility>

#include "internal/codec/ros_wire.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {

/// What is wrong with the encapsulation header of a CDR message, or nullptr.
const char* encapsulation_problem(ByteView message) {
  if (message.size() < 4) return "shorter than the 4-byte encapsulation header";
  if (message[0] != 0) return "not CDR: the encapsulation header starts with a byte other than 0";
  switch (message[1]) {
    case 0:
    case 1:
      return nullptr;
    case 2:
    case 3:
      return "PL_CDR (parameter lists), which is not read; expected plain CDR (encapsulation 0 or "
             "1)";
    default:
      return "XCDR2 or an unknown encapsulation, which is not read; expected plain CDR "
             "(encapsulation 0 or 1)";
  }
}

template <bool kCdr>
bool start_message(ByteView message, const CodecOptions& options, Wire<kCdr>* wire) {
  wire->origin = wire->at = message.data();
  wire->end = message.data() + message.size();
  wire->swap = false;
  if constexpr (kCdr) {
    if (encapsulation_problem(message)) return false;
    wire->at = message.data() + 4;
    wire->origin = options.cdr_align_from_message ? message.data() : wire->at;
    wire->swap = options.cdr_byte_order == ByteOrder::kStated
                     ? message[1] == 0
                     : options.cdr_byte_order == ByteOrder::kBig;
  }
  return true;
}

// ---- samples ----

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

// ---- rows ----

template <bool kCdr>
class Interpreter final : public RowDecoder {
 public:
  Interpreter(RosProgram program, const CodecOptions& options)
      : program_(std::move(program)), options_(options), lengths_(program_.slots) {}

  DecodeStatus decode(ByteView message, RowSink& sink) override {
    if (!start_message(message, options_, &wire_)) {
      header_ = encapsulation_problem(message);
      return DecodeStatus::kMalformed;
    }
    header_ = nullptr;
    size_ = message.size();
    const auto count = static_cast<std::uint32_t>(program_.steps.size());
    for (at_ = 0; at_ < count; ++at_) {
      const DecodeStatus status = perform(program_.steps[at_], sink);
      if (status != DecodeStatus::kOk) return status_ = status;
    }
    return DecodeStatus::kOk;
  }

  std::string problem() const override {
    if (header_) return header_;
    const RosStep& step = program_.steps[at_];
    const std::string field = step.label ? "'" + program_.labels[step.label] + "'" : "a field";
    switch (status_) {
      case DecodeStatus::kLength:
        return "array " + field + " has " + std::to_string(found_) + " values, its column has " +
               std::to_string(step.count);
      case DecodeStatus::kMissing:
        return "an integer of " + field + " is absent";
      default:
        return "the message of " + std::to_string(size_) + " bytes ends inside " + field;
    }
  }

  std::uint64_t take_left_out(std::string* field) override {
    *field = program_.labels[left_out_label_];
    return std::exchange(left_out_, 0);
  }

 private:
  using Op = RosStep::Op;

  void left_out(const RosStep& step) {
    if (left_out_++ == 0) left_out_label_ = step.label;
  }

  DecodeStatus perform(const RosStep& step, RowSink& sink) {
    std::uint32_t n = step.count;
    if (step.dynamic && step.op < Op::kElement && !wire_.take_count(&n))
      return DecodeStatus::kMalformed;
    switch (step.op) {
      case Op::kNumbers:
        return numbers(step, n, sink);
      case Op::kPicks:
        return picks(step, n, sink);
      case Op::kBlob: {
        const std::uint8_t* from = wire_.take(std::uint64_t{n} * step.size, step.align);
        if (!from) return DecodeStatus::kMalformed;
        *column(step, sink).template at<ByteView>(sink.row, 0) = {from, n * step.size};
        return DecodeStatus::kOk;
      }
      case Op::kText:
        return texts(step, n, sink);
      case Op::kTextPicks:
        return text_picks(step, n, sink);
      case Op::kOpenStructs:
        found_ = n;
        if (step.exact && n != step.count) return DecodeStatus::kLength;
        if (!fits(step, n)) return DecodeStatus::kMalformed;
        lengths_[step.slot] = n;
        return DecodeStatus::kOk;
      case Op::kElement:
        return element(step, sink);
      case Op::kSkipElement:
        if (step.count >= lengths_[step.slot]) return DecodeStatus::kOk;
        return pass(program_.skip[static_cast<std::size_t>(step.structure)]);
      case Op::kCloseStructs:
        for (std::uint32_t i = step.count, end = lengths_[step.slot]; i < end && has_bytes(step);
             ++i)
          if (pass(program_.skip[static_cast<std::size_t>(step.structure)]) != DecodeStatus::kOk)
            return DecodeStatus::kMalformed;
        return DecodeStatus::kOk;
      case Op::kSkip:
      case Op::kSkipText:
        if (step.label && n > 0) left_out(step);
        return pass_values(step, n);
      case Op::kSkipStructs:
        if (step.label && n > 0) left_out(step);
        return pass_structs(step, n);
    }
    return DecodeStatus::kOk;
  }

  static const ColumnTarget& column(const RosStep& step, RowSink& sink) {
    return sink.columns[static_cast<std::size_t>(step.column)];
  }
  bool has_bytes(const RosStep& step) const {
    return program_.min_size[static_cast<std::size_t>(step.structure)] > 0;
  }
  bool fits(const RosStep& step, std::uint32_t n) const {
    const std::uint64_t least = program_.min_size[static_cast<std::size_t>(step.structure)];
    std::uint64_t bytes = 0;
    return !__builtin_mul_overflow(least, std::uint64_t{n}, &bytes) && bytes <= wire_.left();
  }

  DecodeStatus numbers(const RosStep& step, std::uint32_t n, RowSink& sink) {
    if (n != step.count) {
      found_ = n;
      return fits_bytes(step, n) ? DecodeStatus::kLength : DecodeStatus::kMalformed;
    }
    const std::uint8_t* from = wire_.take(std::uint64_t{n} * step.size, step.align);
    if (!from) return DecodeStatus::kMalformed;
    step.load[wire_.swap](from, n, column(step, sink).template at<double>(sink.row, 0));
    return DecodeStatus::kOk;
  }
  bool fits_bytes(const RosStep& step, std::uint32_t n) const {
    return std::uint64_t{n} * step.size <= wire_.left();
  }

  DecodeStatus picks(const RosStep& step, std::uint32_t n, RowSink& sink) {
    found_ = n;
    const std::uint8_t* from = n ? wire_.take(std::uint64_t{n} * step.size, step.align) : wire_.at;
    if (!from) return DecodeStatus::kMalformed;
    if (step.exact && n != step.count) return DecodeStatus::kLength;
    for (std::uint32_t i = step.extra; i < step.extra_end; ++i) {
      const PickTarget& pick = program_.lists[i];
      const ColumnTarget& target = sink.columns[static_cast<std::size_t>(pick.column)];
      if (pick.index < n)
        step.load[wire_.swap](from + std::size_t{pick.index} * step.size, 1,
                              target.at<double>(sink.row, pick.element));
      else if (!put_missing(target, sink.row, pick.element))
        return DecodeStatus::kMissing;
    }
    return DecodeStatus::kOk;
  }

  DecodeStatus texts(const RosStep& step, std::uint32_t n, RowSink& sink) {
    found_ = n;
    if (n != step.count)
      return std::uint64_t{n} * 4 <= wire_.left() ? DecodeStatus::kLength
                                                  : DecodeStatus::kMalformed;
    for (std::uint32_t i = 0; i < n; ++i) {
      std::string_view text;
      if (!wire_.take_text(&text)) return DecodeStatus::kMalformed;
      column(step, sink).template at<std::string>(sink.row, i)->assign(text);
    }
    return DecodeStatus::kOk;
  }

  DecodeStatus text_picks(const RosStep& step, std::uint32_t n, RowSink& sink) {
    found_ = n;
    if (step.exact && n != step.count) return DecodeStatus::kLength;
    for (std::uint32_t i = step.extra; i < step.extra_end; ++i)
      put_missing(sink.columns[static_cast<std::size_t>(program_.lists[i].column)], sink.row,
                  program_.lists[i].element);
    for (std::uint32_t index = 0; index < n; ++index) {
      std::string_view text;
      if (!wire_.take_text(&text)) return DecodeStatus::kMalformed;
      for (std::uint32_t i = step.extra; i < step.extra_end; ++i) {
        const PickTarget& pick = program_.lists[i];
        if (pick.index != index) continue;
        sink.columns[static_cast<std::size_t>(pick.column)]
            .at<std::string>(sink.row, pick.element)
            ->assign(text);
      }
    }
    return DecodeStatus::kOk;
  }

  DecodeStatus element(const RosStep& step, RowSink& sink) {
    if (step.count < lengths_[step.slot]) return DecodeStatus::kOk;
    for (std::uint32_t i = step.extra; i < step.extra_end; ++i)
      if (!put_missing(sink.columns[static_cast<std::size_t>(program_.lists[i].column)], sink.row,
                       program_.lists[i].element))
        return DecodeStatus::kMissing;
    at_ = step.jump - 1;
    return DecodeStatus::kOk;
  }

  DecodeStatus pass(const std::vector<RosStep>& steps) {
    for (const RosStep& step : steps) {
      std::uint32_t n = step.count;
      if (step.dynamic && !wire_.take_count(&n)) return DecodeStatus::kMalformed;
      const DecodeStatus status =
          step.op == Op::kSkipStructs ? pass_structs(step, n) : pass_values(step, n);
      if (status != DecodeStatus::kOk) return status;
    }
    return DecodeStatus::kOk;
  }

  DecodeStatus pass_values(const RosStep& step, std::uint32_t n) {
    if (step.op == Op::kSkipText) {
      std::string_view text;
      for (std::uint32_t i = 0; i < n; ++i)
        if (!wire_.take_text(&text)) return DecodeStatus::kMalformed;
      return DecodeStatus::kOk;
    }
    return n == 0 || wire_.take(std::uint64_t{n} * step.size, step.align)
               ? DecodeStatus::kOk
               : DecodeStatus::kMalformed;
  }

  DecodeStatus pass_structs(const RosStep& step, std::uint32_t n) {
    if (!fits(step, n)) return DecodeStatus::kMalformed;
    for (std::uint32_t i = 0; i < n && has_bytes(step); ++i)
      if (pass(program_.skip[static_cast<std::size_t>(step.structure)]) != DecodeStatus::kOk)
        return DecodeStatus::kMalformed;
    return DecodeStatus::kOk;
  }

  RosProgram program_;
  CodecOptions options_;
  std::vector<std::uint32_t> lengths_;
  Wire<kCdr> wire_;
  std::uint32_t at_ = 0;
  std::uint32_t found_ = 0;
  std::uint32_t left_out_label_ = 0;
  std::uint64_t left_out_ = 0;
  std::size_t size_ = 0;
  const char* header_ = nullptr;
  DecodeStatus status_ = DecodeStatus::kOk;
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
    return std::make_unique<Interpreter<kCdr>>(compile_ros(schema_, tree, stores, !kCdr), options_);
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
