// A camera that repeats the same picture.
#include <algorithm>

#include "internal/measure.hpp"

namespace reelcell::curate {
namespace {
/// The longest time in which no frame differs from the one before it.
TimeRange longest_freeze(SessionSignals& signals, const StreamSpec& stream, TimeRange range,
                         double threshold, std::uint64_t& decoded) {
  TimeRange longest{range.start, range.start};
  SessionTime since{};
  decoded = 0;
  each_frame(signals, stream, range, [&](const FrameVisit& frame) {
    if (frame.figures) ++decoded;
    // A frame that cannot be decoded shows nothing, and so neither does the difference to it.
    const bool same = frame.continues && frame.figures && frame.figures->difference < threshold;
    if (!same) since = frame.time;
    if (same && frame.time - since > longest.length()) longest = {since, frame.time};
  });
  return longest;
}

GateResult run(const OptionValues& options, const Segment& segment, SessionSignals& signals) {
  const Nanos limit = options.duration("max_run");
  Worst worst;
  for (const StreamSpec* stream :
       chosen_streams(options, "streams", signals.session(), {StreamKind::kVideo})) {
    std::uint64_t decoded = 0;
    const TimeRange freeze =
        longest_freeze(signals, *stream, segment.range, options.number("threshold"), decoded);
    const double ms = milliseconds(freeze.length());
    if (decoded == 0)
      worst.add({false, 0, milliseconds(limit), "ms",
                 stream->name + ": no frame of " + place(segment.range) + " could be decoded"},
                1e9);
    else
      worst.add({freeze.length() <= limit, ms, milliseconds(limit), "ms",
                 stream->name + ": the picture stands still for " + figure_text(ms) + " ms in " +
                     place(freeze) + ", allowed " + format_duration(limit)},
                ms / std::max(milliseconds(limit), 1e-9));
  }
  return worst.take("no video to look at");
}
}  // namespace

const GateRow& frozen_gate() {
  static const GateRow row{"frozen",
                           "Video that repeats the same picture for too long",
                           {streams_option("video"),
                            {.name = "threshold",
                             .type = OptionType::kNumber,
                             .unit = "luma",
                             .fallback = 0.05,
                             .help = "Mean absolute difference to the frame before (0 to 255) "
                                     "below which a frame is the same"},
                            {.name = "max_run",
                             .type = OptionType::kDuration,
                             .unit = "",
                             .fallback = "500ms",
                             .help = "Longest time without a change"}},
                           &run};
  return row;
}

}  // namespace reelcell::curate
