#include "internal/thrift.hpp"

#include <bit>
#include <cstring>

#include "reelcell/base/error.hpp"

namespace reelcell::table {

namespace {
// Parquet's own structures nest about 8 deep; more is an attack on the stack.
constexpr int kMaxDepth = 32;

[[noreturn]] void fail_cut() {
  throw InputError("the Parquet footer ends in the middle of a value; the file is damaged");
}
}  // namespace

ByteView ThriftReader::take(std::uint64_t size) {
  if (size > bytes_.size() - at_) fail_cut();
  const ByteView out = bytes_.subspan(at_, static_cast<std::size_t>(size));
  at_ += static_cast<std::size_t>(size);
  return out;
}

std::uint64_t ThriftReader::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = take(1)[0];
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (!(byte & 0x80)) return value;
  }
  throw InputError("the Parquet footer holds a number of more than 64 bits; the file is damaged");
}

std::int64_t ThriftReader::integer() {
  const std::uint64_t zigzag = varint();
  return static_cast<std::int64_t>(zigzag >> 1) ^ -static_cast<std::int64_t>(zigzag & 1);
}

std::int8_t ThriftReader::byte() { return static_cast<std::int8_t>(take(1)[0]); }

double ThriftReader::number() {
  std::uint64_t bits = 0;
  const ByteView bytes = take(8);
  std::memcpy(&bits, bytes.data(), 8);  // little-endian on the wire, as on every host we build for
  return std::bit_cast<double>(bits);
}

std::string_view ThriftReader::binary() {
  const std::uint64_t size = varint();
  return as_text(take(size));
}

ThriftReader::Field ThriftReader::field(std::int16_t previous) {
  const std::uint8_t head = take(1)[0];
  Field out;
  out.type = static_cast<ThriftType>(head & 0x0f);
  if (out.type == ThriftType::kStop) return out;
  const int delta = head >> 4;
  out.id =
      delta ? static_cast<std::int16_t>(previous + delta) : static_cast<std::int16_t>(integer());
  return out;
}

ThriftReader::List ThriftReader::list() {
  const std::uint8_t head = take(1)[0];
  List out;
  out.element = static_cast<ThriftType>(head & 0x0f);
  out.size = head >> 4;
  if (out.size == 15) out.size = varint();
  // Every element takes at least one byte (an empty struct is its stop byte).
  if (out.size > bytes_.size() - at_) fail_cut();
  return out;
}

void ThriftReader::skip(ThriftType type, int depth) {
  if (depth > kMaxDepth) throw InputError("the Parquet footer nests too deep; it is damaged");
  switch (type) {
    case ThriftType::kTrue:
    case ThriftType::kFalse:
      // In a struct the value is in the type. Parquet's footers have no lists of booleans.
      return;
    case ThriftType::kByte:
      take(1);
      return;
    case ThriftType::kI16:
    case ThriftType::kI32:
    case ThriftType::kI64:
      varint();
      return;
    case ThriftType::kDouble:
      take(8);
      return;
    case ThriftType::kBinary:
      binary();
      return;
    case ThriftType::kList:
    case ThriftType::kSet: {
      const List head = list();
      for (std::uint64_t i = 0; i < head.size; ++i) skip(head.element, depth + 1);
      return;
    }
    case ThriftType::kStruct: {
      std::int16_t previous = 0;
      for (Field f = field(0); f.type != ThriftType::kStop; f = field(previous)) {
        skip(f.type, depth + 1);
        previous = f.id;
      }
      return;
    }
    default:
      throw InputError("the Parquet footer holds an unknown kind of value; it is damaged");
  }
}

ThriftValue* ThriftValue::field(int id) {
  for (std::size_t i = 0; i < field_ids.size(); ++i)
    if (field_ids[i] == id) return &items[i];
  return nullptr;
}

ThriftValue read_thrift(ThriftReader& reader, ThriftType type, int depth) {
  if (depth > kMaxDepth) throw InputError("the Parquet footer nests too deep; it is damaged");
  ThriftValue out;
  out.type = type;
  switch (type) {
    case ThriftType::kTrue:
    case ThriftType::kFalse:
      return out;
    case ThriftType::kByte:
      out.integer = reader.byte();
      return out;
    case ThriftType::kI16:
    case ThriftType::kI32:
    case ThriftType::kI64:
      out.integer = reader.integer();
      return out;
    case ThriftType::kDouble:
      out.number = reader.number();
      return out;
    case ThriftType::kBinary:
      out.binary = reader.binary();
      return out;
    case ThriftType::kList: {
      const ThriftReader::List head = reader.list();
      out.element = head.element;
      for (std::uint64_t i = 0; i < head.size; ++i)
        out.items.push_back(read_thrift(reader, head.element, depth + 1));
      return out;
    }
    case ThriftType::kStruct: {
      std::int16_t previous = 0;
      for (auto f = reader.field(0); f.type != ThriftType::kStop; f = reader.field(previous)) {
        out.items.push_back(read_thrift(reader, f.type, depth + 1));
        out.field_ids.push_back(f.id);
        previous = f.id;
      }
      return out;
    }
    default:
      throw InputError("the Parquet footer holds an unknown kind of value; it is damaged");
  }
}

void ThriftWriter::varint(std::uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out_.push_back(static_cast<char>(value));
}

void ThriftWriter::integer(std::int64_t value) {
  varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

void ThriftWriter::binary(std::string_view value) {
  varint(value.size());
  out_.append(value);
}

void ThriftWriter::field(std::int16_t id, std::int16_t previous, ThriftType type) {
  const int delta = id - previous;
  if (delta > 0 && delta < 16) {
    out_.push_back(static_cast<char>(delta << 4 | static_cast<int>(type)));
  } else {
    out_.push_back(static_cast<char>(type));
    integer(id);
  }
}

void ThriftWriter::list(std::uint64_t size, ThriftType element) {
  if (size < 15) {
    out_.push_back(static_cast<char>(size << 4 | static_cast<std::uint64_t>(element)));
  } else {
    out_.push_back(static_cast<char>(0xf0 | static_cast<int>(element)));
    varint(size);
  }
}

void ThriftWriter::value(const ThriftValue& value) {
  switch (value.type) {
    case ThriftType::kByte:
      out_.push_back(static_cast<char>(value.integer));
      return;
    case ThriftType::kI16:
    case ThriftType::kI32:
    case ThriftType::kI64:
      integer(value.integer);
      return;
    case ThriftType::kDouble: {
      char bytes[8];
      std::memcpy(bytes, &value.number, 8);
      out_.append(bytes, 8);
      return;
    }
    case ThriftType::kBinary:
      binary(value.binary);
      return;
    case ThriftType::kList:
      list(value.items.size(), value.element);
      for (const ThriftValue& item : value.items) this->value(item);
      return;
    case ThriftType::kStruct: {
      std::int16_t previous = 0;
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        field(value.field_ids[i], previous, value.items[i].type);
        this->value(value.items[i]);
        previous = value.field_ids[i];
      }
      stop();
      return;
    }
    default:  // true and false are in the field's type
      return;
  }
}

}  // namespace reelcell::table
