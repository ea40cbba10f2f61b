#include "internal/common.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::segment {
namespace {
constexpr std::int64_t kMostWindows = 10'000'000;

std::vector<Segment> run(const OptionValues& options, SessionSignals& signals,
                         const EventPredicateCompiler&, Diagnostics&) {
  const Nanos length = options.duration("length");
  const Nanos stride = options.has("stride") ? options.duration("stride") : length;
  if (length <= Nanos{0})
    throw InputError(options.where() + "/length",
                     "found " + format_duration(length) + ", expected more than 0");
  if (stride <= Nanos{0})
    throw InputError(options.where() + "/stride",
                     "found " + format_duration(stride) + ", expected more than 0");
  const TimeRange extent = signals.extent();
  std::vector<Segment> segments;
  if (extent.empty()) return segments;
  if (extent.length() / stride > kMostWindows)
    throw PlanError(options.where() + ": a stride of " + format_duration(stride) +
                    " cuts the session into more than 10000000 windows; make it longer");
  for (SessionTime start = extent.start; start < extent.end; start += stride) {
    const bool whole = extent.end - start >= length;
    if (!whole && !options.boolean("keep_last")) break;
    Segment& segment = segments.emplace_back();
    segment.range = {start, whole ? start + length : extent.end};
    segment.kind = "window";
    segment.name = numbered_name("window", segments.size() - 1);
    segment.begin = {"window", Nanos{0}};
    segment.finish = whole ? Boundary{"window", Nanos{0}} : Boundary{"session", std::nullopt};
    if (!whole || extent.end - start < stride) break;
  }
  return segments;
}
}  // namespace

const SegmenterRow& window_segmenter() {
  static const SegmenterRow row{
      "window",
      "Windows of fixed length",
      {{.name = "length", .type = OptionType::kDuration, .help = "Length of a window"},
       {.name = "stride",
        .type = OptionType::kDuration,
        .help = "From the start of one window to the start of the next (default: length)",
        .optional = true},
       {.name = "keep_last",
        .type = OptionType::kBool,
        .fallback = false,
        .help = "Keep the last window even though the session ends within it"}},
      run};
  return row;
}

}  // namespace reelcell::segment
