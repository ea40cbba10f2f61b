#include <gtest/gtest.h>

#include "reelcell/base/compress.hpp"
#include "reelcell/base/file.hpp"

namespace reelcell {
namespace {

/// Bit by bit, from the definition.
std::uint32_t slow_crc32(std::uint32_t crc, ByteView bytes) {
  crc = ~crc;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

TEST(Crc32, EqualsTheDefinitionAtEveryLengthAndAlignment) {
  Bytes bytes(1400);
  std::uint32_t state = 1;
  for (std::uint8_t& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::uint8_t>(state >> 24);
  }
  for (std::size_t size = 0; size <= 1300; size += size < 600 ? 1 : 41)
    for (const std::size_t offset : {0u, 1u, 7u, 16u, 63u}) {
      const ByteView view = ByteView(bytes).subspan(offset, size);
      const auto before = static_cast<std::uint32_t>(size * 2654435761u);
      ASSERT_EQ(crc32(before, view), slow_crc32(before, view)) << size << " bytes at " << offset;
    }
}

TEST(Crc32, ContinuesWhereItWasLeft) {
  const Bytes bytes(5000, 0x5A);
  const ByteView view(bytes);
  EXPECT_EQ(crc32(crc32(0, view.first(777)), view.subspan(777)), crc32(0, view));
}

}  // namespace
}  // namespace reelcell
