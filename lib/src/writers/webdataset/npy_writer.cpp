#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <functional>
#include <numeric>
#include <string>

#include "internal/npy_writer.hpp"

namespace reelcell::webdataset {
namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they lie");

Bytes npy_header(const std::string& type, const std::vector<std::size_t>& shape) {
  std::string dimensions;
  for (const std::size_t n : shape) dimensions += std::to_string(n) + ", ";
  // (3, 4) but (3,): a tuple of one keeps its comma.
  if (!dimensions.empty()) dimensions.resize(dimensions.size() - (shape.size() > 1 ? 2 : 1));
  std::string text =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + dimensions + "), }";
  // Magic, version, length and text fill a multiple of 64 bytes, so that the data is aligned.
  constexpr std::size_t kPrefix = 10, kAlign = 64;
  text.append(kAlign - (kPrefix + text.size() + 1) % kAlign, ' ');
  text += '\n';
  std::string head("\x93NUMPY\x01\x00", 8);
  head += static_cast<char>(text.size() & 0xff);
  head += static_cast<char>(text.size() >> 8);
  head += text;
  const ByteView bytes = as_bytes(head);
  return {bytes.begin(), bytes.end()};
}

template <class T>
void append(Bytes& out, const T* values, std::size_t count) {
  const std::size_t at = out.size();
  out.resize(at + count * sizeof(T));
  if (count) std::memcpy(out.data() + at, values, count * sizeof(T));
}

template <class To, class From>
Bytes narrowed(const char* type, const std::vector<From>& values,
               const std::vector<std::size_t>& shape) {
  std::vector<To> converted(values.size());
  std::transform(values.begin(), values.end(), converted.begin(),
                 [](From value) { return static_cast<To>(value); });
  Bytes out = npy_header(type, shape);
  append(out, converted.data(), converted.size());
  return out;
}

/// UTF-8 to code points; a byte that is not UTF-8 becomes U+FFFD.
std::vector<std::uint32_t> code_points(const std::string& text) {
  std::vector<std::uint32_t> points;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    const std::size_t more = lead < 0x80           ? 0
                             : (lead >> 5) == 0x06 ? 1
                             : (lead >> 4) == 0x0E ? 2
                             : (lead >> 3) == 0x1E ? 3
                                                   : 4;
    std::uint32_t point = more == 0 ? lead : lead & (0x3Fu >> more);
    bool good = more < 4 && i + more < text.size();
    for (std::size_t k = 1; good && k <= more; ++k) {
      const auto next = static_cast<std::uint8_t>(text[i + k]);
      good = (next >> 6) == 2;
      point = point << 6 | (next & 0x3Fu);
    }
    points.push_back(good ? point : 0xFFFD);
    i += good ? more + 1 : 1;
  }
  return points;
}

Bytes text_array(const std::vector<std::string>& values, const std::vector<std::size_t>& shape) {
  std::vector<std::vector<std::uint32_t>> all;
  std::size_t longest = 1;  // numpy knows no "<U0" with data
  for (const std::string& value : values) {
    all.push_back(code_points(value));
    longest = std::max(longest, all.back().size());
  }
  Bytes out = npy_header("<U" + std::to_string(longest), shape);
  for (auto& points : all) {
    points.resize(longest);
    append(out, points.data(), points.size());
  }
  return out;
}

Bytes integers(DType type, const std::vector<std::int64_t>& values,
               const std::vector<std::size_t>& shape) {
  switch (type) {
    case DType::kInt8:
      return narrowed<std::int8_t>("|i1", values, shape);
    case DType::kInt16:
      return narrowed<std::int16_t>("<i2", values, shape);
    case DType::kInt32:
      return narrowed<std::int32_t>("<i4", values, shape);
    case DType::kUInt8:
      return narrowed<std::uint8_t>("|u1", values, shape);
    case DType::kUInt16:
      return narrowed<std::uint16_t>("<u2", values, shape);
    case DType::kUInt32:
      return narrowed<std::uint32_t>("<u4", values, shape);
    case DType::kUInt64:
      return narrowed<std::uint64_t>("<u8", values, shape);
    case DType::kBool: {
      std::vector<std::uint8_t> flags(values.size());
      std::transform(values.begin(), values.end(), flags.begin(),
                     [](std::int64_t value) { return static_cast<std::uint8_t>(value != 0); });
      Bytes out = npy_header("|b1", shape);
      append(out, flags.data(), flags.size());
      return out;
    }
    default:
      return narrowed<std::int64_t>("<i8", values, shape);
  }
}

template <class T>
Bytes plain(const char* type, std::span<const T> values, const std::vector<std::size_t>& shape) {
  assert(values.size() ==
         std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>()));
  Bytes out = npy_header(type, shape);
  append(out, values.data(), values.size());
  return out;
}

}  // namespace

Bytes npy_of_column(const Column& column, bool scalar) {
  std::vector<std::size_t> shape = {column.rows()};
  if (!scalar) shape.push_back(column.spec.width);
  if (const auto* text = std::get_if<std::vector<std::string>>(&column.data))
    return text_array(*text, shape);
  if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&column.data))
    return integers(column.spec.dtype, *whole, shape);
  const auto& values = std::get<std::vector<double>>(column.data);
  if (column.spec.dtype == DType::kFloat32) return narrowed<float>("<f4", values, shape);
  return narrowed<double>("<f8", values, shape);
}

Bytes npy_of_int64(std::span<const std::int64_t> values, const std::vector<std::size_t>& shape) {
  return plain("<i8", values, shape);
}
Bytes npy_of_int8(std::span<const std::int8_t> values, const std::vector<std::size_t>& shape) {
  return plain("|i1", values, shape);
}
Bytes npy_of_uint32(std::span<const std::uint32_t> values, const std::vector<std::size_t>& shape) {
  return plain("<u4", values, shape);
}

}  // namespace reelcell::webdataset
