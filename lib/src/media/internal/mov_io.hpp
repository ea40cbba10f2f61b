// Reading an MP4's tables without reading its pictures: a 10 GB recording's frames are known after
// a few megabytes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "internal/av.hpp"

namespace reelcell::media {

/// The top level of an MP4/MOV file.
struct MovLayout {
  struct Range {
    std::uint64_t begin = 0, end = 0;
  };
  std::vector<Range>
      payload;  ///< of the mdat boxes as declared; may run past the end of a cut file
  bool has_ftyp = false;
  bool has_moov = false;
  bool has_mdat = false;
  bool moov_cut = false;            ///< the index is there and runs past the end of the file
  bool cut = false;                 ///< a box runs past the end of the file
  std::uint64_t declared_size = 0;  ///< where the last box would end
};
MovLayout read_mov_layout(const InputFile& file);

/// An AVIOContext over a file. While `skip_payload` is on, reads inside mdat boxes give bytes
/// without meaning and touch no disk, also past the end of a cut file, so that the demuxer still
/// tells the times of what was lost.
class MovIo {
 public:
  MovIo(const InputFile& file, MovLayout layout);
  ~MovIo();
  MovIo(const MovIo&) = delete;
  MovIo& operator=(const MovIo&) = delete;
  AVIOContext* context() { return context_; }
  void skip_payload(bool on) { skip_ = on; }

 private:
  static int read(void* self, std::uint8_t* out, int size);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);
  int read_some(std::span<std::uint8_t> out);
  const InputFile& file_;
  MovLayout layout_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
  bool skip_ = false;
  AVIOContext* context_ = nullptr;
};

}  // namespace reelcell::media
