// Streams whose samples lie too far from those of the reference stream that they are joined to.
#include <algorithm>
#include <deque>

#include "internal/measure.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::curate {
namespace {
/// The stream of the option, else the first video, else the first series.
const StreamSpec* reference_of(const OptionValues& options, const SessionDescription& session) {
  const std::vector<StreamKind> kinds = {StreamKind::kVideo, StreamKind::kSeries};
  if (options.has("reference")) {
    const std::string name = options.text("reference");
    const StreamSpec* stream = session.stream(name);
    std::vector<std::string> names;
    for (const StreamSpec& each : session.streams) names.push_back(each.name);
    if (!stream)
      throw InputError(options.where() + "/reference", unknown_name("stream", name, names));
    return stream;
  }
  for (const StreamKind kind : kinds)
    for (const StreamSpec& stream : session.streams)
      if (stream.kind == kind) return &stream;
  return nullptr;
}

struct Figures {
  Quantiles skews;  ///< whole microseconds, rounded up
  SessionTime worst_at{};
  Nanos worst{0};
};

/// |reference - nearest sample| of each reference time in the range. Samples up to `reach` outside
/// of the range count: the nearest to a border may lie beyond it.
Figures measure(SessionSignals& signals, const StreamSpec& reference, const StreamSpec& stream,
                TimeRange range, Nanos reach) {
  constexpr Nanos kStretch = std::chrono::seconds(10);
  Figures figures;
  for (SessionTime start = range.start; start < range.end; start += kStretch) {
    const TimeRange part{start, std::min(range.end, start + kStretch)};
    std::vector<SessionTime> samples;
    each_time(signals, stream, {part.start - reach, part.end + reach},
              [&](SessionTime time) { samples.push_back(time); });
    each_time(signals, reference, part, [&](SessionTime time) {
      const auto after = std::lower_bound(samples.begin(), samples.end(), time);
      Nanos skew = reach;  // none within reach: at least as far
      if (after != samples.end()) skew = std::min(skew, *after - time);
      if (after != samples.begin()) skew = std::min(skew, time - *(after - 1));
      figures.skews.add((skew.count() + 999) / 1000);
      if (skew > figures.worst) {
        figures.worst = skew;
        figures.worst_at = time;
      }
    });
  }
  return figures;
}

GateResult run(const OptionValues& options, const Segment& segment, SessionSignals& signals) {
  const SessionDescription& session = signals.session();
  const StreamSpec* reference = reference_of(options, session);
  const Nanos limit = options.duration("max_p95");
  Worst worst;
  for (const StreamSpec* stream :
       chosen_streams(options, "streams", session, {StreamKind::kVideo, StreamKind::kSeries})) {
    if (stream == reference) continue;
    const Figures figures = measure(signals, *reference, *stream, segment.range,
                                    std::max(10 * limit, Nanos(1'000'000'000)));
    if (figures.skews.total() == 0) {
      worst.add({false, 0, milliseconds(limit), "ms",
                 reference->name + ": no samples in " + place(segment.range) +
                     " to measure the skew of " + stream->name + " against"},
                1e9);
      continue;
    }
    const double p95 = static_cast<double>(figures.skews.at(0.95)) / 1000;
    worst.add({p95 <= milliseconds(limit), p95, milliseconds(limit), "ms",
               stream->name + ": 95 % of the samples of " + reference->name + " have one within " +
                   figure_text(p95) + " ms, allowed " + format_duration(limit) + "; farthest " +
                   figure_text(milliseconds(figures.worst)) + " ms at " + place(figures.worst_at)},
              p95 / std::max(milliseconds(limit), 1e-9));
  }
  return worst.take("no two streams to compare");
}
}  // namespace

const GateRow& skew_gate() {
  static const GateRow row{
      "skew",
      "Nearest samples of the streams too far from those of a reference stream",
      {streams_option("video and series but the reference"),
       {.name = "reference",
        .type = OptionType::kText,
        .unit = "",
        .fallback = Json(),
        .help = "Stream whose samples the others are joined to (none: the first video)",
        .optional = true},
       {.name = "max_p95",
        .type = OptionType::kDuration,
        .unit = "",
        .fallback = "20ms",
        .help = "Largest distance to the nearest sample, for 95 % of the reference's samples"}},
      &run};
  return row;
}

}  // namespace reelcell::curate
