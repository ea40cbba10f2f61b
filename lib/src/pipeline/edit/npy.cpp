#include "edit/npy.hpp"

#include <charconv>
#include <cstring>

#include "reelcell/base/compress.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::pipeline::edit {
namespace {

constexpr std::uint64_t kMostBytes = 1ull << 34;

/// The content size that a zstd frame states (RFC 8878, 3.1.1.1).
std::uint64_t zstd_content_size(ByteView bytes) {
  if (bytes.size() < 6) throw InputError("is no zstd frame: too short");
  const std::uint8_t descriptor = bytes[4];
  const bool single = (descriptor >> 5) & 1;
  constexpr std::size_t kDictionary[] = {0, 1, 2, 4};
  constexpr std::size_t kContent[] = {0, 2, 4, 8};
  const std::size_t at = 5 + (single ? 0 : 1) + kDictionary[descriptor & 3];
  std::size_t width = kContent[descriptor >> 6];
  if (width == 0 && single) width = 1;
  if (width == 0 || bytes.size() < at + width)
    throw InputError("is a zstd frame that does not state its size");
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < width; ++i) size |= std::uint64_t{bytes[at + i]} << (8 * i);
  if (width == 2) size += 256;
  if (size > kMostBytes) throw InputError("states " + std::to_string(size) + " bytes; too many");
  return size;
}

std::string field(const std::string& header, const std::string& name) {
  const std::size_t key = header.find("'" + name + "'");
  const std::size_t colon = key == std::string::npos ? key : header.find(':', key);
  if (colon == std::string::npos) throw InputError("the npy header has no '" + name + "'");
  std::size_t at = colon + 1;
  while (at < header.size() && header[at] == ' ') ++at;
  const char open = at < header.size() ? header[at] : '\0';
  const std::size_t end = open == '\''  ? header.find('\'', at + 1)
                          : open == '(' ? header.find(')', at)
                                        : header.find(',', at);
  if (end == std::string::npos) throw InputError("the npy header breaks off in '" + name + "'");
  return open == '\'' || open == '(' ? header.substr(at + 1, end - at - 1)
                                     : header.substr(at, end - at);
}

std::vector<std::uint64_t> parse_shape(const std::string& text) {
  std::vector<std::uint64_t> shape;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    std::uint64_t side = 0;
    const auto [next, error] = std::from_chars(at, end, side);
    if (error != std::errc()) throw InputError("the npy header's shape is '" + text + "'");
    shape.push_back(side);
    at = next;
  }
  return shape;
}

template <class Stored, class Kept>
std::vector<Kept> numbers(ByteView data, std::uint64_t count) {
  std::vector<Kept> out;
  out.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    Stored value;
    std::memcpy(&value, data.data() + i * sizeof(Stored), sizeof(Stored));
    out.push_back(static_cast<Kept>(value));
  }
  return out;
}

void append_utf8(std::uint32_t c, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

/// UCS-4, padded with zeros.
std::vector<std::string> texts(ByteView data, std::uint64_t count, std::uint64_t width) {
  std::vector<std::string> out(count);
  for (std::uint64_t i = 0; i < count; ++i)
    for (std::uint64_t k = 0; k < width; ++k) {
      std::uint32_t c = 0;
      std::memcpy(&c, data.data() + (i * width + k) * 4, 4);
      if (c == 0) break;
      if (c > 0x10FFFF) throw InputError("holds a text that is not Unicode");
      append_utf8(c, out[i]);
    }
  return out;
}

struct TypeRow {
  const char* name;
  DType dtype;
  std::uint64_t size;
  ColumnData (*read)(ByteView, std::uint64_t);
};
const TypeRow kTypes[] = {
    {"<f4", DType::kFloat32, 4,
     [](ByteView d, std::uint64_t n) -> ColumnData { return numbers<float, double>(d, n); }},
    {"<f8", DType::kFloat64, 8,
     [](ByteView d, std::uint64_t n) -> ColumnData { return numbers<double, double>(d, n); }},
    {"|i1", DType::kInt8, 1,
     [](ByteView d, std::uint64_t n) -> ColumnData {
       return numbers<std::int8_t, std::int64_t>(d, n);
     }},
    {"<i2", DType::kInt16, 2,
     [](ByteView d, std::uint64_t n) -> ColumnData {
       return numbers<std::int16_t, std::int64_t>(d, n);
     }},
    {"<i4", DType::kInt32, 4,
     [](ByteView d, std::uint64_t n) -> ColumnData {
       return numbers<std::int32_t, std::int64_t>(d, n);
     }},
    {"<i8", DType::kInt64, 8,
     [](ByteView d, std::uint64_t n) -> ColumnData {
       return numbers<std::int64_t, std::int64_t>(d, n);
     }},
    {"|u1", DType::kUInt8, 1,
     [](ByteView d, std::uint64_t n) -> ColumnData {
       return numbers<std::uint8_t, std::int64_t>(d, n);
     }},
    {"<u2", DType::kUInt16, 2,
     [](ByteView d, std::uint64_t n) -> ColumnData {
       return numbers<std::uint16_t, std::int64_t>(d, n);
     }},
    {"<u4", DType::kUInt32, 4,
     [](ByteView d, std::uint64_t n) -> ColumnData {
       return numbers<std::uint32_t, std::int64_t>(d, n);
     }},
    {"<u8", DType::kUInt64, 8,
     [](ByteView d, std::uint64_t n) -> ColumnData {
       return numbers<std::uint64_t, std::int64_t>(d, n);
     }},
    {"|b1", DType::kBool, 1,
     [](ByteView d, std::uint64_t n) -> ColumnData {
       return numbers<std::uint8_t, std::int64_t>(d, n);
     }},
};

NpyArray read_plain(ByteView bytes) {
  constexpr std::string_view kMagic("\x93NUMPY", 6);
  if (bytes.size() < 10 || as_text(bytes).substr(0, 6) != kMagic || bytes[6] != 1)
    throw InputError("is no npy of version 1");
  const std::size_t header_size = bytes[8] + 256u * bytes[9];
  if (bytes.size() < 10 + header_size) throw InputError("the npy header breaks off");
  const std::string header(as_text(bytes).substr(10, header_size));
  if (field(header, "fortran_order") != "False")
    throw InputError("is stored column by column; row-major is expected");
  NpyArray array;
  array.shape = parse_shape(field(header, "shape"));
  const ByteView data = bytes.subspan(10 + header_size);
  const std::string type = field(header, "descr");
  std::uint64_t count = 1;
  for (const std::uint64_t side : array.shape) {
    if (side && count > kMostBytes / side) throw InputError("states an impossible shape");
    count *= side;
  }
  const auto check_size = [&](std::uint64_t each) {
    if (each && count > kMostBytes / each) throw InputError("states an impossible shape");
    if (data.size() != count * each)
      throw InputError("has " + std::to_string(data.size()) +
                       " bytes of data, its header asks for " + std::to_string(count * each));
  };
  if (type.starts_with("<U")) {
    std::uint64_t width = 0;
    const auto [end, error] = std::from_chars(type.data() + 2, type.data() + type.size(), width);
    if (error != std::errc() || end != type.data() + type.size() || width > (1u << 20))
      throw InputError("has the type '" + type + "'");
    check_size(width * 4);
    array.dtype = DType::kString;
    array.data = texts(data, count, width);
    return array;
  }
  for (const TypeRow& row : kTypes) {
    if (type != row.name) continue;
    check_size(row.size);
    array.dtype = row.dtype;
    array.data = row.read(data, count);
    return array;
  }
  throw InputError("has the type '" + type + "', which no shard of this program has");
}

}  // namespace

NpyArray read_array(ByteView bytes, bool compressed) {
  if (!compressed) return read_plain(bytes);
  const Bytes plain = zstd_decompress(bytes, zstd_content_size(bytes));
  return read_plain(plain);
}

}  // namespace reelcell::pipeline::edit
