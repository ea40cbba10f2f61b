// Room on disk for what does not fit into memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace reelcell {

/// An unlinked temporary file (in TMPDIR): gone when closed, however the process ends. Reads are
/// positional and safe from several threads once nothing is appended any more.
class SpillFile {
 public:
  /// `purpose` names it in messages: "statistics". Throws OutputError.
  explicit SpillFile(std::string purpose);
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;
  std::uint64_t append(const void* data, std::size_t size);  ///< where it begins
  void read(std::uint64_t offset, void* data, std::size_t size) const;
  std::uint64_t size() const { return size_; }

 private:
  std::string purpose_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace reelcell
