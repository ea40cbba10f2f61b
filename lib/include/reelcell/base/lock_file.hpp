// One builder a folder: an advisory lock that ends with its process, however that ends.
#pragma once

#include <chrono>
#include <optional>

#include "reelcell/base/file.hpp"

namespace reelcell {

/// flock() on `path`, which names the holder in words. A lock left by a process that was killed is
/// free at once; the file alone locks nothing.
class LockFile {
 public:
  /// Takes the lock or returns nothing when another process (or another LockFile of this one) has
  /// it. Throws OutputError when the file cannot be made.
  static std::optional<LockFile> try_lock(const fs::path& path);
  /// The same, trying again for as long as `patience`.
  static std::optional<LockFile> lock(const fs::path& path, std::chrono::milliseconds patience);
  /// What the holder wrote: "process 4711 on host7, since 2026-01-31T10:00:00Z"; "" when
  /// unreadable.
  static std::string holder(const fs::path& path);
  ~LockFile();
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;

 private:
  explicit LockFile(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace reelcell
