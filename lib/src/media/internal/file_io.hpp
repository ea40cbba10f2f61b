// How libav reads our files: so that a disk that fails is told apart from a file that is damaged,
// and an MP4's tables are read without its pictures: a 10 GB recording's frames are known after a
// few megabytes.
#pragma once

#include <cstdint>
#include <exception>

#include "internal/av.hpp"
#include "internal/mov_layout.hpp"

namespace reelcell::media {

/// An AVIOContext over a file. While `skip_payload` is on, reads inside mdat boxes give bytes
/// without meaning and touch no disk, also past the end of a cut file, so that the demuxer still
/// tells the times of what was lost.
class FileIo {
 public:
  explicit FileIo(InputFile file, MovLayout layout = {});
  ~FileIo();
  FileIo(const FileIo&) = delete;
  FileIo& operator=(const FileIo&) = delete;
  AVIOContext* context() { return context_; }
  void skip_payload(bool on) { skip_ = on; }
  /// Throws what a read threw (InputError). libav only tells of damage, or of the end of the file.
  void rethrow() const;

 private:
  static int read(void* self, std::uint8_t* out, int size);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);
  int read_some(std::span<std::uint8_t> out);
  InputFile file_;
  MovLayout layout_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
  bool skip_ = false;
  std::exception_ptr failure_;
  AVIOContext* context_ = nullptr;
};

}  // namespace reelcell::media
