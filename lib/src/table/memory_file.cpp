#include "internal/memory_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "reelcell/base/error.hpp"

namespace reelcell::table {

MemoryFile::MemoryFile() : fd_(::memfd_create("reelcell", MFD_CLOEXEC)) {
  if (fd_ < 0) throw OutputError("cannot make a file in memory: " + errno_text(errno));
}
MemoryFile::~MemoryFile() {
  if (fd_ >= 0) ::close(fd_);
}
MemoryFile::MemoryFile(MemoryFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}

fs::path MemoryFile::path() const { return "/proc/self/fd/" + std::to_string(fd_); }

void MemoryFile::append(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw OutputError("cannot write a file in memory: " + errno_text(errno));
    size_ += static_cast<std::uint64_t>(put);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

}  // namespace reelcell::table
