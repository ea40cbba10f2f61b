// Key frames of a manipulation, as PerAct takes them: where the gripper changes, where the arm
// stops, and the last instant (Shridhar, Manuelli and Fox 2022). Each segment ends at one.
#include <algorithm>

#include "internal/borders.hpp"
#include "internal/levels.hpp"
#include "internal/motion.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::segment {
namespace {
std::vector<Border> gripper_changes(const OptionValues& options, SessionSignals& signals) {
  std::vector<Border> found;
  if (!options.has("gripper")) return found;
  const std::vector<Stretch> stretches =
      find_stretches(parse_level_request(options, signals.session(), "gripper", "bounce"), signals);
  for (std::size_t i = 1; i < stretches.size(); ++i)
    found.push_back({stretches[i].start, stretches[i].begin,
                     stretches[i].high ? "gripper rises" : "gripper falls"});
  return found;
}

/// Stops that begin near no gripper change; an arm that has come to rest and grips a while later
/// has two key frames.
std::vector<Border> stops(const OptionValues& options, const std::vector<Border>& grips,
                          SessionSignals& signals) {
  DwellRequest request;
  request.motion = parse_motion(options, signals.session());
  request.v_in = speed_option(options, "v_stop", request.motion);
  request.v_out = 1.5 * request.v_in;
  if (!(request.v_in > 0)) throw InputError(options.where() + "/v_stop", "expected more than 0");
  request.merge_gap = options.duration("quiet");
  const Nanos quiet = options.duration("quiet");
  std::vector<Border> found;
  for (const Dwell& dwell : find_dwells(request, signals)) {
    if (dwell.start <= signals.extent().start) continue;  // it stood still when the log began
    const bool at_grip = std::any_of(grips.begin(), grips.end(), [&](const Border& grip) {
      return grip.time >= dwell.start - quiet && grip.time <= dwell.start + quiet;
    });
    if (!at_grip) found.push_back({dwell.start, dwell.begin, "stop"});
  }
  return found;
}

std::vector<Segment> run(const OptionValues& options, SessionSignals& signals,
                         const EventPredicateCompiler&, Diagnostics&) {
  const TimeRange extent = signals.extent();
  if (extent.empty()) return {};
  std::vector<Border> frames = gripper_changes(options, signals);
  for (Border& stop : stops(options, frames, signals)) frames.push_back(std::move(stop));
  sort_by_time(frames);
  // The last instant is a key frame; one that all but coincides with it goes.
  if (!frames.empty() && extent.end - frames.back().time <= options.duration("adjacent"))
    frames.pop_back();
  frames.push_back({extent.end, {"session", std::nullopt}, "last"});
  return between_borders(extent, std::move(frames), {"keyframes", "keyframe", "key"});
}
}  // namespace

const SegmenterRow& keyframes_segmenter() {
  static const SegmenterRow row = [] {
    std::vector<OptionSpec> options = motion_option_specs();
    const std::vector<OptionSpec> more = {
        quantity_option({.name = "v_stop",
                         .fallback = 0.1,
                         .help = "The arm stands still below this speed, such as \"0.1 rad/s\" (a "
                                 "bare number is in the speed's unit)"}),
        {.name = "gripper",
         .help = "Column of the gripper, such as gripper.position",
         .optional = true},
        quantity_option({.name = "threshold",
                         .fallback = 0.5,
                         .help = "Level between open and closed, such as \"20 mm\""}),
        quantity_option({.name = "hysteresis",
                         .fallback = 0,
                         .help = "Width of the band around the threshold that does not count as a "
                                 "change; 0 = none"}),
        {.name = "bounce",
         .type = OptionType::kDuration,
         .fallback = "50ms",
         .help = "A shorter gripper state is a bounce; 0 = none is"},
        {.name = "quiet",
         .type = OptionType::kDuration,
         .fallback = "200ms",
         .help = "A stop this near a gripper change, or this soon after a stop, is no key frame of "
                 "its own"},
        {.name = "adjacent",
         .type = OptionType::kDuration,
         .fallback = "100ms",
         .help = "A key frame this near the end gives way to the last instant"}};
    options.insert(options.end(), more.begin(), more.end());
    return SegmenterRow{"keyframes",
                        "From key frame to key frame: gripper changes, stops, the last instant",
                        options, run};
  }();
  return row;
}

}  // namespace reelcell::segment
