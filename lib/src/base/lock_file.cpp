#include "reelcell/base/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "reelcell/base/error.hpp"
#include "reelcell/base/time.hpp"

namespace reelcell {
namespace {

std::string describe_self() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return "process " + std::to_string(::getpid()) + " on " + host.data() + ", since " +
         format_rfc3339(now.count() * 1'000'000'000) + "\n";
}

/// Is the open file still the one at `path`? The holder may have deleted it while we waited.
bool still_there(int fd, const fs::path& path) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &named) == 0 &&
         ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

}  // namespace

std::optional<LockFile> LockFile::try_lock(const fs::path& path) {
  for (;;) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) throw OutputError(path.string(), "cannot make the lock: " + errno_text(errno));
    int result = 0;
    do result = ::flock(fd, LOCK_EX | LOCK_NB);
    while (result != 0 && errno == EINTR);
    if (result != 0) {
      const int why = errno;
      ::close(fd);
      if (why == EWOULDBLOCK) return std::nullopt;
      throw OutputError(path.string(), "cannot lock: " + errno_text(why));
    }
    LockFile lock(fd);
    if (!still_there(fd, path)) continue;
    const std::string text = describe_self();
    // The words are a courtesy to whoever finds the folder locked; the lock holds without them.
    if (::ftruncate(fd, 0) == 0 &&
        ::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
      return lock;
    return lock;
  }
}

std::optional<LockFile> LockFile::lock(const fs::path& path, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto lock = try_lock(path);
    if (lock || std::chrono::steady_clock::now() >= until) return lock;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::string LockFile::holder(const fs::path& path) {
  try {
    std::string text = read_text_file(path, 4096);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  } catch (const InputError&) {
    return "";
  }
}

LockFile::~LockFile() {
  if (fd_ < 0) return;
  // Nobody holds it now: who did, and when, is no part of what is left behind.
  if (::ftruncate(fd_, 0) != 0) errno = 0;
  ::close(fd_);
}
LockFile::LockFile(LockFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

}  // namespace reelcell
