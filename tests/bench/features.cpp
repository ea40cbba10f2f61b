// Figures of every frame beside decoding alone.
#include <cstdio>

#include "bench.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/media/quality.hpp"
#include "reelcell/media/video_file.hpp"
#include "reelcell/stats/stats.hpp"

namespace reelcell::bench {

Json run_features(const Arguments& arguments) {
  const std::string mode = arguments.at(1);
  Diagnostics diagnostics;
  const Clock clock;
  const auto source = media::open_video_file(arguments.at(0), -1, diagnostics);
  media::FrameCursor cursor(source, 0, diagnostics, {std::stoi(arguments.at(2))});
  media::DecodedFrame frame;
  media::Picture previous;
  stats::ChannelAccumulator channels;
  double sums[4] = {};
  std::uint64_t count = 0;
  for (; cursor.next(frame); ++count) {
    if (mode == "figures") {
      media::Picture luma = frame.luma(160);
      const FrameFigures f = media::frame_figures(luma, count ? &previous : nullptr);
      const double figures[] = {f.luma_mean, f.luma_std, f.sharpness, f.difference};
      for (std::size_t i = 0; i < 4; ++i) sums[i] += figures[i];
      previous = std::move(luma);
    } else if (mode == "pixels") {
      channels.add_rgb(frame.convert(media::PixelFormat::kRgb24).data);
      channels.add_frames(1);
    }
  }
  Json cost = clock.lap();
  char check[160];
  std::snprintf(check, sizeof check, "%llu %.6f %.6f %.6f %.6f",
                static_cast<unsigned long long>(count), sums[0], sums[1], sums[2], sums[3]);
  std::string text = check;
  if (mode == "pixels")
    for (const double mean : channels.finish().mean) text += " " + std::to_string(mean);
  return result(std::move(cost), count, text);
}

}  // namespace reelcell::bench
