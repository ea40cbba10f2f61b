// A camera without light: lens cap, lamp off, cable out.
#include <algorithm>

#include "internal/measure.hpp"

namespace reelcell::curate {
namespace {
GateResult run(const OptionValues& options, const Segment& segment, SessionSignals& signals) {
  const double threshold = options.number("threshold"), limit = options.number("max_share");
  Worst worst;
  for (const StreamSpec* stream :
       chosen_streams(options, "streams", signals.session(), {StreamKind::kVideo})) {
    std::uint64_t decoded = 0, black = 0;
    std::optional<SessionTime> first;
    each_frame(signals, *stream, segment.range, [&](const FrameVisit& frame) {
      if (!frame.figures) return;
      ++decoded;
      if (frame.figures->luma_mean >= threshold) return;
      ++black;
      if (!first) first = frame.time;
    });
    const double share = decoded ? static_cast<double>(black) / static_cast<double>(decoded) : 0;
    if (decoded == 0)
      worst.add({false, 0, 100 * limit, "%",
                 stream->name + ": no frame of " + place(segment.range) + " could be decoded"},
                1e9);
    else
      worst.add({share <= limit, 100 * share, 100 * limit, "%",
                 stream->name + ": " + std::to_string(black) + " of " + std::to_string(decoded) +
                     " frames (" + figure_text(100 * share) + " %) are darker than luma " +
                     figure_text(threshold) + (first ? ", the first at " + place(*first) : "") +
                     ", allowed " + figure_text(100 * limit) + " %"},
                share / std::max(limit, 1e-9));
  }
  return worst.take("no video to look at");
}
}  // namespace

const GateRow& black_gate() {
  static const GateRow row{"black",
                           "Too many dark frames",
                           {streams_option("video"),
                            {.name = "threshold",
                             .type = OptionType::kNumber,
                             .unit = "luma",
                             .fallback = 16.0,
                             .help = "Mean brightness (0 to 255) below which a frame is black"},
                            {.name = "max_share",
                             .type = OptionType::kNumber,
                             .unit = "share",
                             .fallback = 0.05,
                             .help = "Share of the frames that may be black, 0 to 1"}},
                           &run};
  return row;
}

}  // namespace reelcell::curate
