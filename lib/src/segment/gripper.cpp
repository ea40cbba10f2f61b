// Stretches between changes of a signal over a threshold: a gripper, a vacuum switch, a clamp.
#include "internal/levels.hpp"

namespace reelcell::segment {
namespace {
std::vector<Segment> run(const OptionValues& options, SessionSignals& signals,
                         const EventPredicateCompiler&, Diagnostics&) {
  const LevelRequest request =
      parse_level_request(options, signals.session(), "signal", "min_length");
  const std::string wanted = options.text("state");
  std::vector<Segment> segments;
  for (Stretch& stretch : find_stretches(request, signals)) {
    const std::string state = stretch.high ? "high" : "low";
    if ((wanted != "both" && wanted != state) || stretch.end <= stretch.start) continue;
    Segment& segment = segments.emplace_back();
    segment.range = {stretch.start, stretch.end};
    segment.kind = "gripper";
    segment.name = numbered_name("gripper", segments.size() - 1);
    segment.begin = std::move(stretch.begin);
    segment.finish = std::move(stretch.finish);
    segment.attributes.emplace_back("state", state);
  }
  return segments;
}
}  // namespace

const SegmenterRow& gripper_segmenter() {
  static const SegmenterRow row{
      "gripper",
      "Stretches between changes of a signal over a threshold",
      {{.name = "signal", .help = "Column, such as gripper.position or io.inputs[2]"},
       quantity_option({.name = "threshold",
                        .help = "Level between the two states, such as \"20 mm\" (a bare number is "
                                "in the signal's unit)"}),
       quantity_option({.name = "hysteresis",
                        .fallback = 0,
                        .help = "Width of the band around the threshold that does not count as a "
                                "change; 0 = none"}),
       {.name = "min_length",
        .type = OptionType::kDuration,
        .fallback = "50ms",
        .help = "A shorter stretch is a bounce and joins its neighbours; 0 = keep all"},
       {.name = "state",
        .type = OptionType::kChoice,
        .fallback = "both",
        .help = "Which stretches become segments",
        .choices = {"both", "high", "low"}}},
      run};
  return row;
}

}  // namespace reelcell::segment
