// A clip's bytes under a path, in memory only, for readers that want a path.
#pragma once

#include "reelcell/base/file.hpp"

namespace reelcell::pipeline::edit {

class MemoryClip {
 public:
  explicit MemoryClip(ByteView bytes);  ///< OutputError when there is no memory for it
  ~MemoryClip();
  MemoryClip(const MemoryClip&) = delete;
  MemoryClip& operator=(const MemoryClip&) = delete;
  fs::path path() const;

 private:
  int fd_;
};

}  // namespace reelcell::pipeline::edit
