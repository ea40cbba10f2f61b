// Protobuf messages straight from the wire into columns.
//   https://protobuf.dev/programming-guides/encoding/
#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "internal/codec/protobuf_plan.hpp"
#include "internal/codec/protobuf_rows.hpp"
#include "internal/codec/wire.hpp"

namespace reelcell::readers::mcap {
namespace {

constexpr int kMaxDepth = 32;

struct WireCursor {
  const std::uint8_t* at;
  const std::uint8_t* end;

  bool varint(std::uint64_t* value) {
    std::uint64_t sum = 0;
    for (unsigned shift = 0; shift < 70 && at < end; shift += 7) {
      const std::uint8_t byte = *at++;
      sum |= std::uint64_t{byte & 0x7Fu} << (shift < 64 ? shift : 63);
      if (byte < 0x80) {
        *value = sum;
        return true;
      }
    }
    return false;
  }
  bool take(std::uint64_t size, WireCursor* part) {
    if (size > static_cast<std::uint64_t>(end - at)) return false;
    *part = {at, at + size};
    at += size;
    return true;
  }
  bool sized(WireCursor* part) {
    std::uint64_t size = 0;
    return varint(&size) && take(size, part);
  }
  bool skip(std::uint32_t wire_type, int depth);
};

bool WireCursor::skip(std::uint32_t wire_type, int depth) {
  std::uint64_t ignored = 0;
  WireCursor part{};
  switch (wire_type) {
    case 0:
      return varint(&ignored);
    case 1:
      return take(8, &part);
    case 2:
      return sized(&part);
    case 5:
      return take(4, &part);
    case 3:
      while (depth < kMaxDepth && varint(&ignored)) {
        if ((ignored & 7) == 4) return true;
        if (!skip(static_cast<std::uint32_t>(ignored & 7), depth + 1)) return false;
      }
      return false;
    default:
      return false;
  }
}

class ProtobufDecoder final : public RowDecoder {
 public:
  explicit ProtobufDecoder(ProtobufPlan plan) : plan_(std::move(plan)), counters_(plan_.counters) {}

  DecodeStatus decode(ByteView message, RowSink& sink) override {
    sink_ = &sink;
    wrong_ = nullptr;
    size_ = message.size();
    for (const ColumnTarget& column : sink.columns)
      for (std::size_t i = 0; i < column.width; ++i)
        if (!put_missing(column, sink.row, i)) *column.at<std::int64_t>(sink.row, i) = 0;
    std::fill(counters_.begin(), counters_.end(), 0);
    if (!read(plan_.messages[0], {message.data(), message.data() + message.size()}))
      return DecodeStatus::kMalformed;
    return lengths(plan_.messages[0]);
  }

  std::string problem() const override {
    if (!wrong_)
      return "the message of " + std::to_string(size_) +
             " bytes is cut short or is not of its schema's type";
    return uneven_text(wrong_->path, counters_[wrong_->counter], wrong_->length);
  }

 private:
  /// An element that is missing lacks its arrays too: counted once, as missing, where its own array
  /// counts that.
  DecodeStatus lengths(const PlanMessage& message) {
    for (const PlanField& field : message.fields) {
      if (field.exact && counters_[field.counter] != field.length) {
        if (is_exact(field)) {
          wrong_ = &field;
          return DecodeStatus::kLength;
        }
        count_uneven(field.path, counters_[field.counter], field.length);
      }
      const std::size_t came =
          field.exact ? std::min<std::size_t>(counters_[field.counter], field.messages.size())
                      : field.messages.size();
      for (std::size_t i = 0; i < came; ++i)
        if (const DecodeStatus inner = lengths(plan_.messages[field.messages[i]]);
            inner != DecodeStatus::kOk)
          return inner;
    }
    return DecodeStatus::kOk;
  }

  /// Whether its own column is, or, where elements are missing, a single one below it.
  bool is_exact(const PlanField& field) const {
    const auto exact = [&](std::int32_t column) {
      return column >= 0 && sink_->columns[static_cast<std::size_t>(column)].exact;
    };
    if (exact(field.column)) return true;
    return counters_[field.counter] < field.length && lacks_integers(field);
  }
  bool lacks_integers(const PlanField& field) const {
    const auto integer = [&](std::int32_t column) {
      return column >= 0 && sink_->columns[static_cast<std::size_t>(column)].store ==
                                ColumnTarget::Store::kInteger;
    };
    if (integer(field.column) ||
        std::any_of(field.picks.begin(), field.picks.end(),
                    [&](const Pick& pick) { return integer(pick.column); }))
      return true;
    return std::any_of(field.messages.begin(), field.messages.end(), [&](std::uint32_t at) {
      const auto& fields = plan_.messages[at].fields;
      return std::any_of(fields.begin(), fields.end(),
                         [&](const PlanField& inner) { return lacks_integers(inner); });
    });
  }

  static const PlanField* find(const PlanMessage& message, std::uint64_t number) {
    if (number < 64) {
      const std::uint8_t at = message.by_number[number];
      if (at) return &message.fields[at - 1u];
    }
    if (number < 64 && message.fields.size() < 255) return nullptr;
    for (const PlanField& field : message.fields)
      if (field.number == number) return &field;
    return nullptr;
  }

  bool read(const PlanMessage& message, WireCursor in) {
    for (const std::int32_t column : message.zeros)
      *sink_->columns[static_cast<std::size_t>(column)].at<double>(sink_->row, 0) = 0;
    while (in.at < in.end) {
      std::uint64_t tag = 0;
      if (!in.varint(&tag)) return false;
      const PlanField* field = find(message, tag >> 3);
      const auto wire_type = static_cast<std::uint32_t>(tag & 7);
      if (!(field ? value(*field, wire_type, in) : in.skip(wire_type, 0))) return false;
    }
    return true;
  }

  static std::uint32_t wire_type_of(Coding coding) {
    switch (coding) {
      case Coding::kFixed32:
        return 5;
      case Coding::kFixed64:
        return 1;
      case Coding::kText:
      case Coding::kTime:
      case Coding::kMessage:
        return 2;
      default:
        return 0;
    }
  }

  bool value(const PlanField& field, std::uint32_t wire_type, WireCursor& in) {
    const std::uint32_t expected = wire_type_of(field.coding);
    if (wire_type == 2 && expected != 2 && field.repeated) {
      WireCursor packed{};
      if (!in.sized(&packed)) return false;
      if (field.load && field.picks.empty()) return packed_fixed(field, packed);
      while (packed.at < packed.end)
        if (!single(field, packed)) return false;
      return true;
    }
    return wire_type == expected ? single(field, in) : in.skip(wire_type, 0);
  }

  bool packed_fixed(const PlanField& field, const WireCursor& packed) {
    const std::size_t size = field.coding == Coding::kFixed32 ? 4 : 8;
    const auto bytes = static_cast<std::size_t>(packed.end - packed.at);
    if (bytes % size) return false;
    std::uint32_t& done = counters_[field.counter];
    const std::size_t room = done < field.length ? field.length - done : 0;
    field.load(packed.at, std::min(bytes / size, room),
               sink_->columns[static_cast<std::size_t>(field.column)].at<double>(
                   sink_->row, done < field.length ? done : 0));
    done += static_cast<std::uint32_t>(bytes / size);
    return true;
  }

  bool single(const PlanField& field, WireCursor& in) {
    const std::uint32_t index = field.repeated ? counters_[field.counter]++ : 0;
    WireCursor part{};
    std::uint64_t raw = 0;
    switch (field.coding) {
      case Coding::kMessage:
        if (!in.sized(&part)) return false;
        return index >= field.messages.size() || read(plan_.messages[field.messages[index]], part);
      case Coding::kText:
        if (!in.sized(&part)) return false;
        return each(field, index,
                    [&](const ColumnTarget& to, std::size_t element) { text(to, element, part); });
      case Coding::kTime:
        if (!in.sized(&part)) return false;
        return time(field, index, part);
      case Coding::kFixed32:
      case Coding::kFixed64:
        if (!in.take(field.coding == Coding::kFixed32 ? 4 : 8, &part)) return false;
        return each(field, index, [&](const ColumnTarget& to, std::size_t element) {
          field.load(part.at, 1, to.at<double>(sink_->row, element));
        });
      default:
        if (!in.varint(&raw)) return false;
        return each(field, index, [&](const ColumnTarget& to, std::size_t element) {
          put(to, element, integer(field, raw));
        });
    }
  }

  static std::int64_t integer(const PlanField& field, std::uint64_t raw) {
    switch (field.coding) {
      case Coding::kBool:
        return raw != 0;
      case Coding::kVarint32:
        return field.prim == Prim::kUInt32 ? std::int64_t{static_cast<std::uint32_t>(raw)}
                                           : std::int64_t{static_cast<std::int32_t>(raw)};
      case Coding::kZigzag32:
        raw &= 0xFFFFFFFFu;
        [[fallthrough]];
      case Coding::kZigzag:
        return static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
      default:
        return static_cast<std::int64_t>(raw);
    }
  }

  template <class Put>
  bool each(const PlanField& field, std::uint32_t index, const Put& put_one) {
    if (field.column >= 0 && (!field.repeated || index < field.length))
      put_one(sink_->columns[static_cast<std::size_t>(field.column)], index);
    for (const Pick& pick : field.picks)
      if (pick.index == index) put_one(sink_->columns[static_cast<std::size_t>(pick.column)], 0);
    return true;
  }

  void put(const ColumnTarget& to, std::size_t element, std::int64_t value) {
    if (to.store == ColumnTarget::Store::kNumber)
      *to.at<double>(sink_->row, element) = static_cast<double>(value);
    else
      *to.at<std::int64_t>(sink_->row, element) = value;
  }

  void text(const ColumnTarget& to, std::size_t element, const WireCursor& part) {
    const auto size = static_cast<std::size_t>(part.end - part.at);
    if (to.store == ColumnTarget::Store::kBlob)
      *to.at<ByteView>(sink_->row, element) = {part.at, size};
    else
      to.at<std::string>(sink_->row, element)->assign(reinterpret_cast<const char*>(part.at), size);
  }

  bool time(const PlanField& field, std::uint32_t index, WireCursor in) {
    std::int64_t seconds = 0, nanos = 0;
    while (in.at < in.end) {
      std::uint64_t tag = 0, raw = 0;
      if (!in.varint(&tag)) return false;
      if (tag == (1 << 3) || tag == (2 << 3)) {
        if (!in.varint(&raw)) return false;
        (tag == (1 << 3) ? seconds : nanos) = static_cast<std::int64_t>(raw);
      } else if (!in.skip(static_cast<std::uint32_t>(tag & 7), 0)) {
        return false;
      }
    }
    return each(field, index, [&](const ColumnTarget& to, std::size_t element) {
      put(to, element, join_time(seconds, nanos));
    });
  }

  ProtobufPlan plan_;
  std::vector<std::uint32_t> counters_;
  RowSink* sink_ = nullptr;
  const PlanField* wrong_ = nullptr;
  std::size_t size_ = 0;
};
}  // namespace

std::unique_ptr<RowDecoder> make_protobuf_decoder(const google::protobuf::Descriptor& type,
                                                  const Node& tree,
                                                  const std::vector<ColumnTarget::Store>& stores) {
  return std::make_unique<ProtobufDecoder>(plan_protobuf(type, tree, stores));
}

}  // namespace reelcell::readers::mcap
