// zstd and lz4 frames, with the output size checked before anything is allocated.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace reelcell {

/// Decompresses whole frames that must give exactly `expected_size` bytes. Throws InputError.
std::vector<std::uint8_t> zstd_decompress(std::span<const std::uint8_t> input,
                                          std::uint64_t expected_size);
std::vector<std::uint8_t> lz4_decompress(std::span<const std::uint8_t> input,
                                         std::uint64_t expected_size);
/// One frame with content size and checksum; the same bytes on every run.
std::vector<std::uint8_t> zstd_compress(std::span<const std::uint8_t> input, int level = 3);
std::vector<std::uint8_t> lz4_compress(std::span<const std::uint8_t> input);
/// CRC-32 (IEEE, as zlib). Continue with the previous value; start with 0.
std::uint32_t crc32(std::uint32_t crc, std::span<const std::uint8_t> bytes);

}  // namespace reelcell
