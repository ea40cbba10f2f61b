#include "reelcell/media/memory_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "reelcell/base/error.hpp"

namespace reelcell::media {

MemoryFile::MemoryFile(ByteView bytes) : fd_(::memfd_create("reelcell-clip", MFD_CLOEXEC)) {
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
MemoryFile::~MemoryFile() { ::close(fd_); }

fs::path MemoryFile::path() const { return "/proc/self/fd/" + std::to_string(fd_); }

}  // namespace reelcell::media
