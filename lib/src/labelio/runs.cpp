// Masks in the forms that tools write.
#include <algorithm>

#include "reelcell/base/error.hpp"
#include "reelcell/labelio/objects.hpp"

namespace reelcell::labelio {
namespace {

/// A picture larger than this is no frame of a camera; it bounds what a short text may ask for.
constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 28;

/// Bits of a byte stream, the highest first.
class BitReader {
 public:
  explicit BitReader(const std::vector<std::uint8_t>& bytes) : bytes_(bytes) {}
  std::uint32_t take(std::uint32_t count) {
    std::uint32_t value = 0;
    for (; count > 0; --count, ++at_) {
      if (at_ / 8 >= bytes_.size()) throw InputError("the mask's packed pixels end early");
      value = value << 1 | (static_cast<std::uint32_t>(bytes_[at_ / 8]) >> (7 - at_ % 8) & 1u);
    }
    return value;
  }

 private:
  const std::vector<std::uint8_t>& bytes_;
  std::size_t at_ = 0;
};

/// The packing of @thi.ng/rle-pack, which Label Studio uses: 32 bits of count, the size of words,
/// four sizes of run lengths, then runs of one word and stretches of several.
std::vector<std::uint8_t> unpack(const std::vector<std::uint8_t>& packed, std::uint64_t expected) {
  BitReader bits(packed);
  const std::uint64_t count = bits.take(32);
  if (count != expected)
    throw InputError("the mask holds " + std::to_string(count) + " values, expected " +
                     std::to_string(expected) + " (four a pixel)");
  const std::uint32_t word = bits.take(5) + 1;
  std::uint32_t sizes[4];
  for (std::uint32_t& size : sizes) size = bits.take(4) + 1;
  std::vector<std::uint8_t> values;
  values.reserve(count);
  while (values.size() < count) {
    const bool run = bits.take(1) == 1;
    const std::uint64_t length = std::uint64_t{bits.take(sizes[bits.take(2)])} + 1;
    if (length > count - values.size()) throw InputError("a run of the mask is too long");
    if (run) {
      values.insert(values.end(), length, static_cast<std::uint8_t>(bits.take(word)));
    } else {
      for (std::uint64_t i = 0; i < length; ++i)
        values.push_back(static_cast<std::uint8_t>(bits.take(word)));
    }
  }
  return values;
}

}  // namespace

std::optional<std::array<double, 4>> box_of_runs(const std::vector<std::uint32_t>& runs,
                                                 int height) {
  if (height <= 0) return std::nullopt;
  const auto rows = static_cast<std::uint64_t>(height);
  std::uint64_t at = 0, left = UINT64_MAX, right = 0, top = UINT64_MAX, bottom = 0;
  for (std::size_t i = 0; i < runs.size(); at += runs[i++]) {
    if (i % 2 == 0 || runs[i] == 0) continue;
    const std::uint64_t first = at, last = at + runs[i] - 1;
    left = std::min(left, first / rows);
    right = std::max(right, last / rows);
    const bool one_column = first / rows == last / rows;
    top = std::min(top, one_column ? first % rows : 0);
    bottom = std::max(bottom, one_column ? last % rows : rows - 1);
  }
  if (left == UINT64_MAX) return std::nullopt;
  return std::array<double, 4>{static_cast<double>(left), static_cast<double>(top),
                               static_cast<double>(right + 1), static_cast<double>(bottom + 1)};
}

std::vector<std::uint32_t> runs_from_text(std::string_view text) {
  std::vector<std::uint32_t> runs;
  std::size_t at = 0;
  std::uint64_t sum = 0;
  while (at < text.size()) {
    // Five bits a character, the lowest first; bit 5 says that more follow, bit 4 of the last is
    // the sign. From the third on, numbers are differences to the one before the last.
    std::int64_t value = 0;
    int shift = 0;
    for (bool more = true; more; shift += 5) {
      if (at == text.size() || shift > 30) throw InputError("the mask's text ends early");
      const int code = static_cast<unsigned char>(text[at++]) - 48;
      if (code < 0 || code > 63) throw InputError("the mask's text holds an impossible character");
      value |= static_cast<std::int64_t>(code & 31) << shift;
      more = (code & 32) != 0;
      if (!more && (code & 16)) value |= -(std::int64_t{1} << (shift + 5));
    }
    if (runs.size() > 2) value += runs[runs.size() - 2];
    if (value < 0 || value > static_cast<std::int64_t>(kMostPixels) ||
        (sum += static_cast<std::uint64_t>(value)) > kMostPixels)
      throw InputError("a run of the mask cannot be");
    runs.push_back(static_cast<std::uint32_t>(value));
  }
  return runs;
}

std::vector<std::uint32_t> runs_from_packed(const std::vector<std::uint8_t>& packed, int width,
                                            int height) {
  if (width <= 0 || height <= 0 ||
      static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) > kMostPixels)
    throw InputError("a mask of " + std::to_string(width) + " x " + std::to_string(height) +
                     " pixels cannot be");
  const auto w = static_cast<std::size_t>(width), h = static_cast<std::size_t>(height);
  const std::vector<std::uint8_t> pixels = unpack(packed, 4 * w * h);
  return runs_of(width, height, [&](int x, int y) {
    return pixels[4 * (static_cast<std::size_t>(y) * w + static_cast<std::size_t>(x)) + 3] > 0;
  });
}

}  // namespace reelcell::labelio
