// Any bytes as a video file: opened, indexed, decoded a little and copied. Only InputError and
// PlanError may come out.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "reelcell/base/error.hpp"
#include "reelcell/media/clip.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/media/mp4.hpp"
#include "reelcell/media/video_file.hpp"

namespace {

using namespace reelcell;

constexpr std::size_t kFrames = 4;
constexpr std::int64_t kPixels = 1 << 20;  // larger pictures only cost time

void use(const fs::path& path) {
  Diagnostics diagnostics;
  const std::shared_ptr<const VideoSource> source = media::open_video_file(path, -1, diagnostics);
  const FrameTable& table = source->frames();
  const VideoFormat& format = source->format();
  for (const FrameRecord& frame : table.frames)
    if (frame.packet >= table.packets) std::abort();
  if (static_cast<std::int64_t>(format.width) * format.height > kPixels || table.frames.empty())
    return;
  const auto middle = static_cast<std::uint32_t>(table.frames.size() / 2);
  for (const std::uint32_t first : {0u, middle}) {
    media::FrameCursor cursor(source, first, diagnostics);
    media::DecodedFrame frame;
    for (std::size_t i = 0; i < kFrames && cursor.next(frame); ++i) {
      if (frame.ordinal < first || table.frames[frame.ordinal].pts != frame.pts) std::abort();
      if (static_cast<std::int64_t>(frame.width()) * frame.height() <= kPixels) frame.luma(160);
    }
  }
  for (std::uint32_t first = 0; first < table.frames.size(); ++first) {
    if (!table.frames[first].key) continue;
    std::vector<std::uint32_t> rows;
    for (std::uint32_t i = first; i < table.frames.size() && rows.size() < kFrames; ++i)
      rows.push_back(i);
    if (media::plan_clip(*source, rows).copy)
      media::mp4_bytes(media::copy_clip(*source, rows, {30, 1}));
    break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int fd = ::memfd_create("fuzz_video", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(fd);
  if (fd < 0 || ::ftruncate(fd, 0) != 0 ||
      ::pwrite(fd, data, size, 0) != static_cast<ssize_t>(size))
    std::abort();
  media::sniff_video(path, {data, size});
  try {
    use(path);
  } catch (const InputError&) {
  } catch (const PlanError&) {
  }
  return 0;
}
