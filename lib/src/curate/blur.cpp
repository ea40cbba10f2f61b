// Pictures without detail: out of focus, or moved during the exposure.
#include <algorithm>
#include <cmath>

#include "internal/measure.hpp"

namespace reelcell::curate {
namespace {
GateResult run(const OptionValues& options, const Segment& segment, SessionSignals& signals) {
  const double limit = options.number("min_sharpness"), share = options.number("share");
  Worst worst;
  for (const StreamSpec* stream :
       chosen_streams(options, "streams", signals.session(), {StreamKind::kVideo})) {
    std::vector<double> values;  // 8 bytes a frame: a day of video is 20 MB
    double least = 0;
    SessionTime least_at{};
    each_frame(signals, *stream, segment.range, [&](const FrameVisit& frame) {
      if (!frame.figures) return;
      if (values.empty() || frame.figures->sharpness < least) {
        least = frame.figures->sharpness;
        least_at = frame.time;
      }
      values.push_back(frame.figures->sharpness);
    });
    if (values.empty()) {
      worst.add({false, 0, limit, "sharpness",
                 stream->name + ": no frame of " + place(segment.range) + " could be decoded"},
                1e9);
      continue;
    }
    const double wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(values.size() - 1);
    const auto rank = values.begin() + static_cast<std::ptrdiff_t>(std::floor(wanted));
    std::nth_element(values.begin(), rank, values.end());
    worst.add({*rank >= limit, *rank, limit, "sharpness",
               stream->name + ": the blurred " + figure_text(100 * share) +
                   " % of the frames have a sharpness of at most " + figure_text(*rank) +
                   ", at least " + figure_text(limit) + " is needed; least " + figure_text(least) +
                   " at " + place(least_at)},
              limit / std::max(*rank, 1e-9));
  }
  return worst.take("no video to look at");
}
}  // namespace

const GateRow& blur_gate() {
  static const GateRow row{
      "blur",
      "Video with too little detail",
      {streams_option("video"),
       {.name = "min_sharpness",
        .type = OptionType::kNumber,
        .unit = "variance of the Laplacian",
        .fallback = 20.0,
        .help =
            "Sharpness that the frames must have; take it from good sessions of the same camera"},
       {.name = "share",
        .type = OptionType::kNumber,
        .unit = "share",
        .fallback = 0.1,
        .help = "Share of the frames, the most blurred ones, that may be below it"}},
      &run};
  return row;
}

}  // namespace reelcell::curate
