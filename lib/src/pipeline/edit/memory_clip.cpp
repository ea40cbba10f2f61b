#include "edit/memory_clip.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "reelcell/base/error.hpp"

namespace reelcell::pipeline::edit {

MemoryClip::MemoryClip(ByteView bytes) : fd_(::memfd_create("reelcell-clip", MFD_CLOEXEC)) {
  if (fd_ < 0) throw OutputError("no memory file: " + errno_text(errno));
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const int error = errno;
      ::close(fd_);
      throw OutputError("memory file: " + errno_text(error));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}
MemoryClip::~MemoryClip() { ::close(fd_); }

fs::path MemoryClip::path() const { return "/proc/self/fd/" + std::to_string(fd_); }

}  // namespace reelcell::pipeline::edit
