// An append-only file of checksummed lines: what was begun and done, told to the next run.
#pragma once

#include <mutex>
#include <vector>

#include "reelcell/base/file.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell {

/// Each line is "<xxh3-64 of the text> <text>\n". Lines after the first damaged one (a torn write
/// at a power cut) are ignored and cut off when the journal is opened for writing. Thread-safe.
class Journal {
 public:
  /// Opens or makes the file. Throws OutputError.
  explicit Journal(fs::path path);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  /// What earlier runs wrote.
  const std::vector<Json>& earlier() const { return earlier_; }
  /// Returns when the line is on the disk. Throws OutputError.
  void append(const Json& entry);
  /// The sound lines of a journal; empty when there is none.
  static std::vector<Json> read(const fs::path& path);
  /// One entry as it stands in the file.
  static std::string line(const Json& entry);

 private:
  fs::path path_;
  int fd_ = -1;
  std::vector<Json> earlier_;
  std::mutex mutex_;
};

}  // namespace reelcell
