// Segments of a video by packet copy into one MP4 each. The check is over the packets themselves.
#include "bench.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/media/clip.hpp"
#include "reelcell/media/mp4.hpp"
#include "reelcell/media/video_file.hpp"

namespace reelcell::bench {

Json run_cut(const Arguments& arguments) {
  const fs::path video = arguments.at(0), folder = arguments.at(1);
  const auto frames = static_cast<std::uint32_t>(std::stoul(arguments.at(2)));
  const auto count = static_cast<std::uint32_t>(std::stoul(arguments.at(3)));
  make_folders(folder);
  Diagnostics diagnostics;
  const Clock clock;
  const auto source = media::open_video_file(video, -1, diagnostics);
  const Rational rate = source->format().average_rate;
  const Json opened = clock.lap();
  for (std::uint32_t segment = 0; segment < count; ++segment) {
    std::vector<std::uint32_t> rows(frames);
    for (std::uint32_t i = 0; i < frames; ++i) rows[i] = segment * frames + i;
    const media::ClipPlan plan = media::plan_clip(*source, rows);
    if (!plan.copy) throw InputError("segment is not copied: " + plan.reason);
    const ClipPackets clip = media::copy_clip(*source, rows, rate);
    media::Mp4Writer writer(folder / ("segment-" + std::to_string(segment) + ".mp4"), clip.format,
                            rate);
    writer.add(clip);
    writer.close();
  }
  Json cost = clock.lap();
  cost["open"] = opened["wall"];
  return result(std::move(cost), count, "");  // the files are compared by the driver
}

}  // namespace reelcell::bench
