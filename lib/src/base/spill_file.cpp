#include "reelcell/base/spill_file.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <cerrno>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"

namespace reelcell {

SpillFile::SpillFile(std::string purpose) : purpose_(std::move(purpose)) {
  std::string name = (fs::temp_directory_path() / ("reelcell-" + purpose_ + "-XXXXXX")).string();
  fd_ = ::mkstemp(name.data());
  if (fd_ < 0)
    throw OutputError(
        name, "cannot make a temporary file for the " + purpose_ + ": " + errno_text(errno));
  ::unlink(name.c_str());
}

SpillFile::~SpillFile() { ::close(fd_); }

std::uint64_t SpillFile::append(const void* data, std::size_t size) {
  const std::uint64_t begin = size_;
  const char* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t put = ::pwrite(fd_, bytes, size, static_cast<off_t>(size_));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0)
      throw OutputError(fs::temp_directory_path().string(),
                        "cannot write the temporary file of the " + purpose_ + ": " +
                            errno_text(errno) + " Set TMPDIR to a folder with room.");
    bytes += put;
    size -= static_cast<std::size_t>(put);
    size_ += static_cast<std::uint64_t>(put);
  }
  return begin;
}

void SpillFile::read(std::uint64_t offset, void* data, std::size_t size) const {
  char* bytes = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = ::pread(fd_, bytes, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      throw OutputError("cannot read back the temporary file of the " + purpose_ + ": " +
                        (got < 0 ? errno_text(errno) : std::string("it became shorter")));
    bytes += got;
    size -= static_cast<std::size_t>(got);
    offset += static_cast<std::uint64_t>(got);
  }
}

}  // namespace reelcell
