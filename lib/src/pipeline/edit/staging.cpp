#include "edit/staging.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file_ledger.hpp"

namespace reelcell::pipeline::edit {
namespace {

bool is_corpus(const fs::path& folder) { return fs::exists(folder / "corpus.json"); }

/// A corpus of ours, or a folder of nothing but such corpora (a split).
bool may_replace(const fs::path& folder) {
  if (is_corpus(folder)) return true;
  for (const auto& entry : fs::directory_iterator(folder))
    if (!entry.is_directory() || !is_corpus(entry.path())) return false;
  return true;
}

}  // namespace

Staging::Staging(fs::path target, bool overwrite) : target_(fs::absolute(std::move(target))) {
  target_ = target_.lexically_normal();
  if (target_.filename().empty()) target_ = target_.parent_path();
  const std::string hidden = "." + target_.filename().string() + ".reelcell-edit";
  folder_ = target_.parent_path() / hidden;
  lock_ = target_.parent_path() / (hidden + ".lock");
  std::error_code error;
  if (fs::exists(target_, error)) {
    if (!fs::is_directory(target_))
      throw OutputError(target_.string(), "is a file, a folder for the corpus was expected");
    replace_ = !fs::is_empty(target_);
    if (replace_ && !overwrite) {
      // One that was killed when the corpus was in place had no time to clear up.
      if (fs::exists(lock_, error)) {
        lock();
        clear();
      }
      throw OutputError(target_.string(),
                        "is not empty; give --overwrite to replace a corpus, or choose another "
                        "folder");
    }
    if (replace_ && !may_replace(target_))
      throw OutputError(target_.string(),
                        "holds no corpus, so it is not replaced; choose another folder");
  }
  make_folders(target_.parent_path());
  lock();
  fs::remove_all(folder_, error);  // a killed edit's
  if (error) throw OutputError(folder_.string(), "cannot be removed: " + error.message());
  make_folders(folder_);
}

void Staging::lock() {
  for (;;) {
    fd_ = ::open(lock_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd_ < 0) throw OutputError(lock_.string(), "cannot be created: " + errno_text(errno));
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      ::close(fd_);
      fd_ = -1;
      throw OutputError(target_.string(), "another edit is writing this folder; wait for it");
    }
    struct stat held {
    }, named{};
    // The one who held it may have removed the name in between.
    if (::fstat(fd_, &held) == 0 && ::stat(lock_.c_str(), &named) == 0 &&
        held.st_ino == named.st_ino)
      return;
    ::close(fd_);
  }
}

Staging::~Staging() { clear(); }

void Staging::clear() {
  std::error_code ignored;
  if (fd_ < 0) return;
  fs::remove_all(folder_, ignored);
  fs::remove(lock_, ignored);
  try {
    sync_folder(target_.parent_path());  // what was replaced does not come back
  } catch (const Error&) {
    // The next edit clears up.
  }
  ::close(fd_);
  fd_ = -1;
}

void Staging::publish() {
  for (const auto& entry : fs::recursive_directory_iterator(folder_))
    if (entry.is_directory()) sync_folder(entry.path());
  sync_folder(folder_);
  const unsigned flags = replace_ ? RENAME_EXCHANGE : 0;
  if (::renameat2(AT_FDCWD, folder_.c_str(), AT_FDCWD, target_.c_str(), flags) != 0) {
    const int error = errno;
    // An empty folder may be renamed over; RENAME_EXCHANGE is not known to every file system.
    throw OutputError(target_.string(), "cannot be put in place: " + errno_text(error));
  }
  sync_folder(target_.parent_path());
}

}  // namespace reelcell::pipeline::edit
