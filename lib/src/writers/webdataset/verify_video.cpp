#include "internal/verify_video.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/media/video_file.hpp"

namespace reelcell::webdataset {
namespace {

/// A file that lives in memory only, for interfaces that want a path.
class MemoryFile {
 public:
  explicit MemoryFile(ByteView bytes) : fd_(::memfd_create("reelcell-clip", MFD_CLOEXEC)) {
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
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  fs::path path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace

std::uint64_t check_video(ByteView bytes) {
  const MemoryFile file(bytes);
  Diagnostics diagnostics;
  try {
    const auto source = media::open_video_file(file.path(), -1, diagnostics);
    const std::size_t count = source->frames().frames.size();
    if (count == 0) throw InputError("holds no frames");
    const auto last = static_cast<std::uint32_t>(count - 1);
    const std::vector<std::uint32_t> borders =
        last ? std::vector<std::uint32_t>{0, last} : std::vector<std::uint32_t>{0};
    std::size_t decoded = 0;
    media::for_each_frame(
        source, borders,
        [&](std::size_t, const media::DecodedFrame* frame) { decoded += frame != nullptr; },
        diagnostics);
    if (decoded < borders.size()) throw InputError("its first or last frame cannot be decoded");
    for (const Diagnostic& entry : diagnostics.summary())
      if (entry.severity == Severity::kLoss) throw InputError(entry.code + ": " + entry.message);
    return count;
  } catch (const InputError& error) {
    throw InputError(error.message());  // the memory file's path helps nobody
  }
}

}  // namespace reelcell::webdataset
