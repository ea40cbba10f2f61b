// Decompression of one Chunk record, and the rescue of what a cut one still holds.
#pragma once

#include <memory>
#include <string>

#include "records.hpp"
#include "source.hpp"

namespace reelcell::readers::mcap {

enum class ChunkState {
  kWhole,
  kCut,      ///< the file ends inside it: the records up to there
  kCrc,      ///< decompressed, but its CRC does not match: which records are wrong is not known
  kDamaged,  ///< nothing could be had from it
};

struct ChunkContents {
  ChunkState state = ChunkState::kDamaged;
  ChunkHead head;
  ByteView records;     ///< in the buffer that was given to decode(), or in `body`
  std::string problem;  ///< found, expected; "" for kWhole
};

/// Keeps the libraries' contexts between chunks. One thread at a time.
class ChunkDecoder {
 public:
  ChunkDecoder();
  ~ChunkDecoder();
  /// `body` is the record's body, `length` what its head claims; the body is shorter when the file
  /// is cut. Never throws for contents. Uncompressed records are not copied: the result points into
  /// `body` then.
  ChunkContents decode(ByteView body, std::uint64_t length, Buffer& out);

 private:
  struct Contexts;
  std::string zstd(ByteView from, std::uint8_t* to, std::uint64_t size);
  std::string lz4(ByteView from, std::uint8_t* to, std::uint64_t size);
  std::uint64_t zstd_prefix(ByteView from, std::uint8_t* to, std::uint64_t size);
  std::unique_ptr<Contexts> contexts_;
};

/// Decodes an lz4 frame that may be cut anywhere, also inside a block, and returns how many bytes
/// came out.
std::uint64_t lz4_prefix(ByteView frame, std::uint8_t* to, std::uint64_t size);

}  // namespace reelcell::readers::mcap
