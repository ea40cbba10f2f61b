// liblz4 hands out whole blocks only, and recorders often write a chunk as one block: of a chunk
// that was being written when the power went, it would give nothing. So the frame and its sequences
// are walked here. Formats: lz4_Frame_format.md and lz4_Block_format.md of the lz4 project.
#include <algorithm>
#include <cstring>

#include "internal/chunk.hpp"

namespace reelcell::readers::mcap {
namespace {
constexpr std::uint32_t kFrameMagic = 0x184D2204;
constexpr std::uint8_t kBlockChecksums = 0x10;
constexpr std::uint8_t kContentSize = 0x08;
constexpr std::uint8_t kDictionary = 0x01;
constexpr std::uint32_t kStored = 0x80000000;
constexpr std::uint64_t kShortestMatch = 4;

struct Output {
  std::uint8_t* bytes;
  std::uint64_t size;
  std::uint64_t done = 0;
};

/// A length of 15 in the token goes on in bytes of up to 255. False when they are cut off.
bool long_length(ByteView block, std::uint64_t& at, std::uint64_t& length) {
  if (length != 15) return true;
  std::uint8_t more = 255;
  while (more == 255) {
    if (at >= block.size()) return false;
    more = block[at++];
    length += more;
  }
  return true;
}

/// False when the block is cut, wrong or the output full.
bool decode_block(ByteView block, Output& out) {
  std::uint64_t at = 0;
  while (at < block.size()) {
    const std::uint8_t token = block[at++];
    std::uint64_t literals = token >> 4;
    if (!long_length(block, at, literals)) return false;
    const std::uint64_t copied = std::min({literals, block.size() - at, out.size - out.done});
    std::memcpy(out.bytes + out.done, block.data() + at, copied);
    out.done += copied;
    at += copied;
    if (copied < literals) return false;
    if (at == block.size()) return true;  // the last sequence has no match
    if (block.size() - at < 2) return false;
    const std::uint64_t distance = load_u16(block.data() + at);
    at += 2;
    std::uint64_t match = token & 15;
    if (!long_length(block, at, match)) return false;
    match += kShortestMatch;
    if (distance == 0 || distance > out.done) return false;
    for (; match > 0 && out.done < out.size; --match, ++out.done)
      out.bytes[out.done] = out.bytes[out.done - distance];
    if (match > 0) return false;
  }
  return true;
}
}  // namespace

std::uint64_t lz4_prefix(ByteView frame, std::uint8_t* to, std::uint64_t size) {
  Output out{to, size};
  if (frame.size() < 7 || load_u32(frame.data()) != kFrameMagic) return 0;
  const std::uint8_t flags = frame[4];
  std::uint64_t at = 7 + ((flags & kContentSize) ? 8 : 0) + ((flags & kDictionary) ? 4 : 0);
  while (at <= frame.size() && frame.size() - at >= 4) {
    const std::uint32_t head = load_u32(frame.data() + at);
    at += 4;
    if (head == 0) break;
    const std::uint64_t length = head & ~kStored;
    const ByteView block = frame.subspan(at, std::min<std::uint64_t>(length, frame.size() - at));
    if (head & kStored) {
      const std::uint64_t copied = std::min<std::uint64_t>(block.size(), out.size - out.done);
      std::memcpy(out.bytes + out.done, block.data(), copied);
      out.done += copied;
    } else if (!decode_block(block, out)) {
      break;
    }
    if (block.size() < length) break;
    at += length + ((flags & kBlockChecksums) ? 4 : 0);
  }
  return out.done;
}

}  // namespace reelcell::readers::mcap
