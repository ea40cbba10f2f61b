// A tar archive as the usual WebDataset writers make it: USTAR, mode 0444, one fixed owner, mtime
// 0, so that the same members give the same bytes. A pax header comes only where USTAR cannot say
// it (POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block").
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "reelcell/base/file.hpp"

namespace reelcell::webdataset {

class TarWriter {
 public:
  using Sink = std::function<void(ByteView)>;
  explicit TarWriter(Sink sink) : sink_(std::move(sink)) {}
  /// Writes a member; returns the offset of its data.
  std::uint64_t add(std::string_view name, ByteView data);
  /// The two zero blocks at the end.
  void finish();
  std::uint64_t size() const { return size_; }
  /// What add() would write for a member.
  static std::uint64_t member_size(std::string_view name, std::uint64_t bytes);
  static constexpr std::uint64_t kEndSize = 1024;

 private:
  void put(ByteView bytes);
  void put_padding(std::uint64_t bytes);
  Sink sink_;
  std::uint64_t size_ = 0;
};

}  // namespace reelcell::webdataset
