#include "reelcell/base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file_ledger.hpp"

namespace reelcell {
namespace {
constexpr std::string_view kTempMark = ".reelcell-tmp";
constexpr std::size_t kBuffer = 256 * 1024;

constexpr const char* kStateFolder = ".reelcell";  ///< of an unfinished build; no part of a corpus
std::atomic<FileLedger*> ledger{nullptr};

/// What a full disk leaves to say: how much was wanted and how much there is.
std::string space_text(const fs::path& path, std::uint64_t wanted) {
  const fs::path folder = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0) return "";
  return fmt::format(" ({} more bytes were to be written, {} bytes are free)", wanted,
                     static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize);
}

[[noreturn]] void throw_output(const fs::path& path, const std::string& what, int error,
                               std::uint64_t wanted = 0) {
  const bool full = error == ENOSPC || error == EDQUOT;
  throw OutputError(path.string(),
                    what + (full ? space_text(path, wanted) : "") + ": " + errno_text(error));
}

fs::path temp_beside(const fs::path& path) {
  // Random, not the process id: two hosts that share a folder, or two containers, may have the
  // same id at the same time. The name never reaches the output.
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random)
    random = static_cast<std::uint64_t>(::getpid());
  return path.parent_path() /
         fmt::format(".{}{}{:016x}", path.filename().string(), kTempMark, random);
}

void sync_path(const fs::path& path, int flags, const fs::path& report) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) throw_output(report, "cannot open for fsync", errno);
  const int result = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  // Some file systems cannot fsync a folder; their rename is as durable as it gets.
  if (result != 0 && error != EINVAL && error != ENOTSUP)
    throw_output(report, "fsync failed", error);
}

void publish(const fs::path& temp, const fs::path& path) {
  if (FileLedger* told = ledger.load()) told->about_to_appear(path);
  if (::rename(temp.c_str(), path.c_str()) != 0)
    throw_output(path, "cannot rename into place", errno);
  const fs::path folder = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  sync_path(folder, O_RDONLY | O_DIRECTORY, path);
}
}  // namespace

InputFile::InputFile(fs::path path) : path_(std::move(path)) {
  // Not blocking: a FIFO without a writer would never open. Regular files do not mind.
  fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd_ < 0) throw InputError(path_.string(), "cannot open: " + errno_text(errno));
  struct stat info {};
  if (::fstat(fd_, &info) != 0 || !S_ISREG(info.st_mode)) {
    const bool folder = S_ISDIR(info.st_mode);
    ::close(fd_);
    throw InputError(path_.string(),
                     folder ? "is a folder, a file was expected" : "is not a regular file");
  }
  size_ = static_cast<std::uint64_t>(info.st_size);
}
InputFile::~InputFile() {
  if (fd_ >= 0) ::close(fd_);
}
InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}
InputFile& InputFile::operator=(InputFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(size_, other.size_);
  return *this;
}

std::size_t InputFile::read_at(std::uint64_t offset, std::span<std::uint8_t> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got =
        ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got == 0) break;
    if (got < 0) {
      if (errno == EINTR) continue;
      throw InputError(path_.string(), "cannot read at byte " + std::to_string(offset + done) +
                                           ": " + errno_text(errno));
    }
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Bytes read_binary_file(const fs::path& path, std::uint64_t limit) {
  const InputFile file(path);
  if (file.size() > limit)
    throw InputError(path.string(), "is " + std::to_string(file.size()) + " bytes, at most " +
                                        std::to_string(limit) +
                                        " are accepted for this kind of file");
  Bytes bytes(file.size());
  bytes.resize(file.read_at(0, bytes));
  return bytes;
}

std::string read_text_file(const fs::path& path, std::uint64_t limit) {
  const Bytes bytes = read_binary_file(path, limit);
  return {bytes.begin(), bytes.end()};
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), temp_(temp_beside(path_)) {
  fd_ = ::open(temp_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd_ < 0) throw_output(path_, "cannot create", errno);
  buffer_.reserve(kBuffer);
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temp_.empty()) ::unlink(temp_.c_str());
}

namespace {
void write_all(int fd, ByteView bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0) {
      if (errno == EINTR) continue;
      throw_output(path, "cannot write", errno, bytes.size());
    }
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}
}  // namespace

void AtomicFile::write(ByteView bytes) {
  size_ += bytes.size();
  if (buffer_.size() + bytes.size() > kBuffer) {
    write_all(fd_, buffer_, path_);
    buffer_.clear();
  }
  if (bytes.size() >= kBuffer)
    write_all(fd_, bytes, path_);
  else
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void AtomicFile::commit() {
  write_all(fd_, buffer_, path_);
  buffer_.clear();
  if (::fsync(fd_) != 0) throw_output(path_, "fsync failed", errno);
  if (::close(std::exchange(fd_, -1)) != 0) throw_output(path_, "cannot close", errno);
  publish(temp_, path_);
  temp_.clear();
}

AtomicPath::AtomicPath(fs::path path) : path_(std::move(path)), temp_(temp_beside(path_)) {
  // Muxers choose by extension: it stays last.
  temp_ = temp_.parent_path() / (temp_.filename().string() + path_.extension().string());
}
AtomicPath::~AtomicPath() {
  if (done_) return;
  std::error_code ignored;
  fs::remove(temp_, ignored);
}
void AtomicPath::commit() {
  sync_path(temp_, O_RDONLY, path_);
  publish(temp_, path_);
  done_ = true;
}

void write_file_atomic(const fs::path& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

void make_folders(const fs::path& path) {
  std::error_code error;
  if (path.empty() || fs::is_directory(path, error)) return;
  const fs::path parent =
      path.has_filename() ? path.parent_path() : path.parent_path().parent_path();
  make_folders(parent);
  fs::create_directory(path, error);
  if (error || !fs::is_directory(path))
    throw OutputError(path.string(),
                      "cannot make the folder: " + errno_text(error ? error.value() : ENOTDIR));
  sync_folder(parent.empty() ? fs::path(".") : parent);
}

void set_file_ledger(FileLedger* told) { ledger.store(told); }

void sync_folder(const fs::path& folder) { sync_path(folder, O_RDONLY | O_DIRECTORY, folder); }

bool is_temporary_name(std::string_view file_name) {
  return file_name.starts_with('.') && file_name.find(kTempMark) != std::string_view::npos;
}

void remove_temporaries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error))
    if (is_temporary_name(at->path().filename().string())) found.push_back(at->path());
  for (const fs::path& path : found) fs::remove(path, error);
}

void write_file_unsynced(const fs::path& path, ByteView content) {
  const fs::path temp = temp_beside(path);
  const int fd = ::open(temp.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) throw_output(path, "cannot create", errno);
  try {
    write_all(fd, content, path);
  } catch (...) {
    ::close(fd);
    ::unlink(temp.c_str());
    throw;
  }
  if (::close(fd) != 0 || ::rename(temp.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temp.c_str());
    throw_output(path, "cannot put in place", error);
  }
}

fs::path safe_join(const fs::path& root, std::string_view untrusted) {
  const auto refuse = [&](const char* why) {
    throw InputError("path '" + std::string(untrusted) + "' " + why +
                     "; a relative path inside the folder is expected");
  };
  if (untrusted.empty()) refuse("is empty");
  if (untrusted.find('\0') != std::string_view::npos) refuse("holds a NUL byte");
  if (untrusted.find('\\') != std::string_view::npos) refuse("holds a backslash");
  const fs::path relative(untrusted);
  if (relative.is_absolute() || (untrusted.size() > 1 && untrusted[1] == ':'))
    refuse("is absolute");
  for (const fs::path& part : relative)
    if (part == "..") refuse("leads out of its folder");
  const fs::path joined = root / relative;
  std::error_code error;
  const fs::path real_root = fs::weakly_canonical(root, error);
  const fs::path real = fs::weakly_canonical(joined, error);
  const auto [at_root, at_path] =
      std::mismatch(real_root.begin(), real_root.end(), real.begin(), real.end());
  if (!error && at_root != real_root.end())
    refuse("leads out of its folder through a symbolic link");
  return joined;
}

std::vector<std::string> list_files(const fs::path& root) {
  std::vector<std::string> files;
  for (fs::recursive_directory_iterator at(root), end; at != end; ++at) {
    if (at->is_directory() && at->path().filename() == kStateFolder) at.disable_recursion_pending();
    if (!at->is_regular_file()) continue;
    if (is_temporary_name(at->path().filename().string())) continue;
    files.push_back(fs::relative(at->path(), root).generic_string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace reelcell
