// Decompressed chunks, shared by all cursors of a file: several that run in step (one a stream)
// decompress each chunk once. Memory: chunks that someone holds, and the ones used last up to kKept
// bytes.
#pragma once

#include <deque>
#include <map>
#include <mutex>

#include "layout.hpp"

namespace reelcell::readers::mcap {

/// Where a message lies in a piece. In order of log time, then of the file.
struct Entry {
  std::uint64_t log_time;
  std::uint64_t offset;  ///< of the record in the piece
  friend auto operator<=>(const Entry&, const Entry&) = default;
};

/// The messages of a piece, sorted by channel, so that cursors of one channel each need not walk
/// through the others'.
struct PieceIndex {
  std::map<std::uint16_t, std::vector<Entry>> channels;  ///< each sorted
  std::uint64_t too_short = 0;                           ///< Message records without their head
  std::uint64_t walked = 0;  ///< bytes of the records up to where no record begins
};

/// A piece in memory. Immutable.
struct LoadedPiece {
  ChunkContents contents;  ///< its records point into `buffer`, or into the source's memory
  Buffer buffer;
  /// Made when it is first asked for. Thread-safe.
  const PieceIndex& index() const;

 private:
  mutable std::once_flag indexing_;
  mutable PieceIndex index_;
};

/// Thread-safe.
class PieceStore {
 public:
  explicit PieceStore(const ByteSource& source) : source_(source) {}
  /// A chunk or a run. A damaged one comes back with its state and problem. Throws InputError when
  /// the file cannot be read.
  std::shared_ptr<const LoadedPiece> load(const Piece& piece);
  /// Held by each user for as long as it loads pieces.
  using User = std::shared_ptr<const bool>;
  User user() const { return users_; }

 private:
  static constexpr std::uint64_t kKept = 8 << 20;
  static constexpr std::size_t kSpare = 4;
  /// Buffers and contexts wait here for the next chunk. Owned jointly with the pieces that are out.
  struct Spares {
    std::mutex mutex;
    std::vector<Buffer> records;
    std::vector<std::unique_ptr<ChunkDecoder>> decoders;
    std::vector<Buffer> raw;
  };
  std::shared_ptr<const LoadedPiece> find(std::uint64_t offset);
  void keep(std::uint64_t offset, std::shared_ptr<const LoadedPiece> piece);
  void fill(const Piece& piece, LoadedPiece& loaded);

  const ByteSource& source_;
  const User users_ = std::make_shared<const bool>(true);
  std::shared_ptr<Spares> spares_ = std::make_shared<Spares>();
  std::mutex mutex_;
  std::map<std::uint64_t, std::weak_ptr<const LoadedPiece>> live_;
  std::deque<std::pair<std::uint64_t, std::shared_ptr<const LoadedPiece>>> recent_;
  std::uint64_t recent_bytes_ = 0;
};

}  // namespace reelcell::readers::mcap
