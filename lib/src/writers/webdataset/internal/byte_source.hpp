// Sequential bytes of a shard, decompressed on the way (.gz, .zst), in bounded memory.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "reelcell/base/file.hpp"

namespace reelcell::webdataset {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills `out`; fewer bytes only at the end. Throws InputError (unreadable, damaged compression).
  virtual std::size_t read(std::span<std::uint8_t> out) = 0;
  /// Passes over bytes; returns how many there were.
  virtual std::uint64_t skip(std::uint64_t bytes);
};

std::unique_ptr<ByteSource> memory_source(ByteView bytes);  ///< borrows
/// By the first bytes: gzip, zstd or plain.
std::unique_ptr<ByteSource> file_source(const fs::path& path);
/// A member that is a .gz or .zst of its own. Throws InputError when damaged or larger than
/// `limit`.
Bytes decompress_member(ByteView bytes, std::uint64_t limit);

}  // namespace reelcell::webdataset
