#include "reelcell/base/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file_ledger.hpp"
#include "reelcell/base/hash.hpp"

namespace reelcell {
namespace {

constexpr std::size_t kSumDigits = 16;

std::string line_of(const std::string& text) {
  return fmt::format("{:016x} {}\n", stable_hash(text), text);
}

/// Sound lines from the start, and how many bytes they take.
std::vector<Json> sound_lines(const std::string& content, std::size_t* bytes) {
  std::vector<Json> entries;
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = content.find('\n', at);
    if (end == std::string::npos || end - at <= kSumDigits) break;
    const std::string text = content.substr(at + kSumDigits + 1, end - at - kSumDigits - 1);
    if (content.compare(at, end + 1 - at, line_of(text)) != 0) break;
    entries.push_back(Json::parse(text, nullptr, false));
    if (entries.back().is_discarded()) {
      entries.pop_back();
      break;
    }
    at = end + 1;
  }
  *bytes = at;
  return entries;
}

}  // namespace

std::vector<Json> Journal::read(const fs::path& path) {
  std::error_code error;
  std::size_t bytes = 0;
  if (!fs::exists(path, error)) return {};
  return sound_lines(read_text_file(path), &bytes);
}

Journal::Journal(fs::path path) : path_(std::move(path)) {
  const auto fail = [&](const char* what) {
    const int error = errno;
    if (fd_ >= 0) ::close(fd_);
    throw OutputError(path_.string(), std::string(what) + ": " + errno_text(error));
  };
  fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0) fail("cannot open the journal");
  std::size_t bytes = 0;
  earlier_ = sound_lines(read_text_file(path_), &bytes);
  if (::ftruncate(fd_, static_cast<off_t>(bytes)) != 0) fail("cannot cut off a torn line");
  try {
    sync_folder(path_.parent_path());
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

Journal::~Journal() { ::close(fd_); }

std::string Journal::line(const Json& entry) {
  return line_of(entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void Journal::append(const Json& entry) {
  const std::string text = line(entry);
  const std::lock_guard lock(mutex_);
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t put = ::write(fd_, text.data() + done, text.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0)
      throw OutputError(path_.string(), "cannot write the journal: " + errno_text(errno));
    done += static_cast<std::size_t>(put);
  }
  if (::fdatasync(fd_) != 0)
    throw OutputError(path_.string(), "cannot bring the journal to the disk: " + errno_text(errno));
}

}  // namespace reelcell
