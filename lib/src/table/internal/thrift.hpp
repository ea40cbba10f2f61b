// Thrift's compact protocol, as far as Parquet's footers need it: a bounds-checked cursor for
// reading and a value tree for the one small footer that is rewritten.
// Source: github.com/apache/thrift, doc/specs/thrift-compact-protocol.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reelcell/base/file.hpp"

namespace reelcell::table {

enum class ThriftType : std::uint8_t {
  kStop = 0,
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kI16 = 4,
  kI32 = 5,
  kI64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kMap = 11,
  kStruct = 12
};

/// Reads one struct after the other; every step throws InputError where the bytes end early.
class ThriftReader {
 public:
  explicit ThriftReader(ByteView bytes) : bytes_(bytes) {}

  struct Field {
    std::int16_t id = 0;
    ThriftType type = ThriftType::kStop;
  };
  struct List {
    std::uint64_t size = 0;
    ThriftType element = ThriftType::kStop;
  };
  /// Next field of the struct being read; `previous` is the id of the field before it (0 first).
  Field field(std::int16_t previous);
  /// A list's size is checked against the bytes that are left, so it may be trusted for reserve().
  List list();
  std::int64_t integer();  ///< i16, i32, i64 (zigzag varint)
  std::int8_t byte();
  double number();
  std::string_view binary();
  void skip(ThriftType type, int depth = 0);
  std::size_t position() const { return at_; }

 private:
  std::uint64_t varint();
  ByteView take(std::uint64_t size);
  ByteView bytes_;
  std::size_t at_ = 0;
};

/// Any Thrift value.
struct ThriftValue {
  ThriftType type = ThriftType::kStop;
  ThriftType element = ThriftType::kStop;  ///< of a list
  std::int64_t integer = 0;
  double number = 0;
  std::string binary;
  std::vector<ThriftValue> items;       ///< list elements, or struct fields in order
  std::vector<std::int16_t> field_ids;  ///< of a struct, beside `items`
  ThriftValue* field(int id);
};
ThriftValue read_thrift(ThriftReader& reader, ThriftType type, int depth = 0);

/// Appends in compact protocol.
class ThriftWriter {
 public:
  explicit ThriftWriter(std::string& out) : out_(out) {}
  void field(std::int16_t id, std::int16_t previous, ThriftType type);
  void list(std::uint64_t size, ThriftType element);
  void integer(std::int64_t value);
  void binary(std::string_view value);
  void stop() { out_.push_back('\0'); }
  void value(const ThriftValue& value);

 private:
  void varint(std::uint64_t value);
  std::string& out_;
};

}  // namespace reelcell::table
