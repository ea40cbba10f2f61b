#include "internal/verify_video.hpp"

#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/media/memory_file.hpp"
#include "reelcell/media/video_file.hpp"

namespace reelcell::webdataset {
std::uint64_t check_video(ByteView bytes) {
  const media::MemoryFile file(bytes);
  Diagnostics diagnostics;
  try {
    const auto source = media::open_video_file(file.path(), -1, diagnostics);
    const std::size_t count = source->frames().frames.size();
    if (count == 0) throw InputError("holds no frames");
    const auto last = static_cast<std::uint32_t>(count - 1);
    const std::vector<std::uint32_t> borders =
        last ? std::vector<std::uint32_t>{0, last} : std::vector<std::uint32_t>{0};
    std::size_t decoded = 0;
    media::for_each_frame(
        source, borders,
        [&](std::size_t, const media::DecodedFrame* frame) { decoded += frame != nullptr; },
        diagnostics);
    if (decoded < borders.size()) throw InputError("its first or last frame cannot be decoded");
    for (const Diagnostic& entry : diagnostics.summary())
      if (entry.severity == Severity::kLoss) throw InputError(entry.code + ": " + entry.message);
    return count;
  } catch (const InputError& error) {
    throw InputError(error.message());  // the memory file's path helps nobody
  }
}

}  // namespace reelcell::webdataset
