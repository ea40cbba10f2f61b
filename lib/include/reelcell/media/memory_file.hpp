// A clip's bytes under a path, in memory only, for readers that want a path.
#pragma once

#include "reelcell/base/file.hpp"

namespace reelcell::media {

class MemoryFile {
 public:
  explicit MemoryFile(ByteView bytes);  ///< OutputError when there is no memory for it
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  fs::path path() const;  ///< good while this object lives, in this process only

 private:
  int fd_;
};

}  // namespace reelcell::media
