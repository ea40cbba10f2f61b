// Too long without a sample, or too many samples missing in all.
#include <algorithm>
#include <cmath>
#include <limits>

#include "internal/measure.hpp"

namespace reelcell::curate {
namespace {
struct Figures {
  std::uint64_t samples = 0;
  TimeRange longest{};       ///< the longest time without a sample, within the segment
  double missing_share = 0;  ///< of the samples that the rate promises
};

/// The stated rate, else the median interval. Nothing for fewer than three samples without a stated
/// rate.
std::optional<double> period_ns(const StreamSpec& stream, const Quantiles& intervals) {
  if (stream.rate_hz && *stream.rate_hz > 0) return 1e9 / *stream.rate_hz;
  if (intervals.total() < 2) return std::nullopt;
  return static_cast<double>(std::max<std::int64_t>(1, intervals.at(0.5))) * 1e3;
}

Figures measure(SessionSignals& signals, const StreamSpec& stream, TimeRange range) {
  Figures figures;
  Quantiles intervals;  // in whole microseconds: as many distinct values as the jitter has
  figures.longest = {range.start, range.start};
  SessionTime before = range.start;
  const auto step_to = [&](SessionTime time) {
    if (time - before > figures.longest.length()) figures.longest = {before, time};
    before = time;
  };
  each_time(signals, stream, range, [&](SessionTime time) {
    if (figures.samples++ > 0) intervals.add((time - before).count() / 1000);
    step_to(time);
  });
  step_to(range.end);
  const std::optional<double> period = period_ns(stream, intervals);
  if (period) {
    const double expected =
        std::floor(static_cast<double>(range.length().count()) / *period + 1e-6);
    const double lost = std::max(0.0, expected - static_cast<double>(figures.samples));
    figures.missing_share = expected > 0 ? lost / expected : 0;
  } else if (figures.samples == 0) {
    figures.missing_share = 1;
  }
  return figures;
}

GateResult run(const OptionValues& options, const Segment& segment, SessionSignals& signals) {
  const Nanos max_gap = options.duration("max_gap");
  const double max_missing = options.number("max_missing");
  Worst worst;
  for (const StreamSpec* stream : chosen_streams(options, "streams", signals.session(),
                                                 {StreamKind::kVideo, StreamKind::kSeries})) {
    const Figures figures = measure(signals, *stream, segment.range);
    const Nanos gap = figures.longest.length();
    if (max_gap.count() > 0)
      worst.add({gap <= max_gap, milliseconds(gap), milliseconds(max_gap), "ms",
                 stream->name + ": longest gap " + figure_text(milliseconds(gap)) + " ms in " +
                     place(figures.longest) + ", allowed " + format_duration(max_gap)},
                milliseconds(gap) / milliseconds(max_gap));
    if (max_missing < 1)
      worst.add({figures.missing_share <= max_missing, 100 * figures.missing_share,
                 100 * max_missing, "%",
                 stream->name + ": " + figure_text(100 * figures.missing_share) +
                     " % of the samples missing in " + place(segment.range) + " (" +
                     std::to_string(figures.samples) + " there), allowed " +
                     figure_text(100 * max_missing) + " %"},
                figures.missing_share / std::max(max_missing, 1e-9));
  }
  return worst.take("no stream to look at");
}
}  // namespace

const GateRow& gaps_gate() {
  static const GateRow row{
      "gaps",
      "Too long without a sample, or too many samples missing",
      {streams_option("video and series"),
       {.name = "max_gap",
        .type = OptionType::kDuration,
        .unit = "",
        .fallback = "200ms",
        .help = "Longest time without a sample, counted within the segment (0: not checked)"},
       {.name = "max_missing",
        .type = OptionType::kNumber,
        .unit = "share",
        .fallback = 1.0,
        .help = "Share of the samples expected from the stream's rate that may be missing (1: not "
                "checked)"}},
      &run};
  return row;
}

}  // namespace reelcell::curate
