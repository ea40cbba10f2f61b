// Segments shorter or longer than they can sensibly be.
#include "internal/measure.hpp"

namespace reelcell::curate {
namespace {
GateResult run(const OptionValues& options, const Segment& segment, SessionSignals&) {
  const Nanos length = segment.range.length();
  const Nanos shortest = options.duration("min"), longest = options.duration("max");
  const bool too_long = longest.count() > 0 && length > longest;
  const bool too_short = length < shortest;
  const Nanos limit = too_short || longest.count() == 0 ? shortest : longest;
  std::string reason =
      "segment " + place(segment.range) + " is " + format_duration(length) + " long";
  if (too_short) reason += ", shorter than the " + format_duration(shortest) + " it must have";
  if (too_long) reason += ", longer than the " + format_duration(longest) + " it may have";
  return {!too_short && !too_long, milliseconds(length), milliseconds(limit), "ms", reason};
}
}  // namespace

const GateRow& length_gate() {
  static const GateRow row{"length",
                           "Segments shorter or longer than given",
                           {{.name = "min",
                             .type = OptionType::kDuration,
                             .unit = "",
                             .fallback = "0s",
                             .help = "Shortest length of a segment (0: no limit)"},
                            {.name = "max",
                             .type = OptionType::kDuration,
                             .unit = "",
                             .fallback = "0s",
                             .help = "Longest length of a segment (0: no limit)"}},
                           &run};
  return row;
}

}  // namespace reelcell::curate
