// A file in memory that DuckDB can be given as a path.
#pragma once

#include <string>

#include "reelcell/base/file.hpp"

namespace reelcell::table {

/// Gone with its last handle. Throws OutputError.
class MemoryFile {
 public:
  MemoryFile();
  ~MemoryFile();
  MemoryFile(MemoryFile&& other) noexcept;
  MemoryFile& operator=(MemoryFile&&) = delete;
  fs::path path() const;  ///< "/proc/self/fd/7"
  void append(ByteView bytes);
  std::uint64_t size() const { return size_; }

 private:
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace reelcell::table
