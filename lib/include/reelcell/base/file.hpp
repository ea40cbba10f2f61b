// Files: positional reads, whole-file reads, and writes that appear whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reelcell {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
namespace fs = std::filesystem;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A regular file open for positional reads. Safe to use from several threads.
class InputFile {
 public:
  explicit InputFile(fs::path path);  ///< throws InputError (missing, a folder, no permission)
  ~InputFile();
  InputFile(InputFile&&) noexcept;
  InputFile& operator=(InputFile&&) noexcept;
  const fs::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  /// Reads up to out.size() bytes at `offset`; fewer only at the end of the file. Throws
  /// InputError.
  std::size_t read_at(std::uint64_t offset, std::span<std::uint8_t> out) const;

 private:
  fs::path path_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

/// Whole file; refuses (InputError) more than `limit` bytes.
std::string read_text_file(const fs::path& path, std::uint64_t limit = 1ull << 30);
Bytes read_binary_file(const fs::path& path, std::uint64_t limit = 1ull << 32);

/// Writes to a hidden temp file beside `path`; commit() does fsync + rename + fsync of the folder.
/// Destroyed without commit(), it removes the temp file and `path` is untouched. Throws
/// OutputError.
class AtomicFile {
 public:
  explicit AtomicFile(fs::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void write(ByteView bytes);
  void write(std::string_view text) { write(as_bytes(text)); }
  std::uint64_t size() const { return size_; }
  void commit();

 private:
  fs::path path_;
  fs::path temp_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  Bytes buffer_;
};

/// For libraries that write a path themselves: give them temp_path(), then commit().
class AtomicPath {
 public:
  explicit AtomicPath(fs::path path);
  ~AtomicPath();
  AtomicPath(const AtomicPath&) = delete;
  AtomicPath& operator=(const AtomicPath&) = delete;
  const fs::path& temp_path() const { return temp_; }
  void commit();  ///< fsync + rename + fsync of the folder; throws OutputError

 private:
  fs::path path_;
  fs::path temp_;
  bool done_ = false;
};

void write_file_atomic(const fs::path& path, std::string_view content);
/// mkdir -p with OutputError.
void make_folders(const fs::path& path);
/// Joins an untrusted relative path to a root; throws InputError for "..", absolute paths, NUL,
/// drive letters and for anything that would leave the root through a symlink.
fs::path safe_join(const fs::path& root, std::string_view untrusted);
/// Regular files under root as relative paths with '/', sorted bytewise. Temp files of ours are
/// left out.
std::vector<std::string> list_files(const fs::path& root);

}  // namespace reelcell
