// Stretches between changes of a signal over a threshold: a gripper, a vacuum switch, a clamp.
#include <cmath>

#include "internal/common.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::segment {
namespace {
struct Stretch {
  bool high = false;
  SessionTime start{}, end{};
  Boundary begin, finish;
};

class Detector {
 public:
  Detector(const SignalRef& signal, double threshold, double hysteresis)
      : rise_(threshold + hysteresis / 2),
        fall_(threshold - hysteresis / 2),
        continuous_(is_float(signal.spec.dtype)),
        text_(signal.text) {}

  void add(SessionTime time, double value) {
    if (std::isnan(value)) return;
    if (!any_) {
      stretches_.push_back({value > (rise_ + fall_) / 2, time, time, {"session", Nanos{0}}, {}});
      any_ = true;
    } else if (!stretches_.back().high ? value > rise_ : value < fall_) {
      change(time, value);
    }
    last_time_ = time;
    last_value_ = value;
  }

  std::vector<Stretch> take(SessionTime end) {
    if (any_) {
      stretches_.back().end = end;
      stretches_.back().finish = {"session", Nanos{0}};
    }
    return std::move(stretches_);
  }

 private:
  /// A measured signal crossed the threshold on its way between two samples; a switch changed at
  /// some time between them and is known from the second on.
  void change(SessionTime time, double value) {
    const bool high = !stretches_.back().high;
    const double level = high ? rise_ : fall_;
    const SessionTime at =
        continuous_ ? crossing(last_time_, last_value_, time, value, level) : time;
    std::string number = to_text(Value(level));
    const Boundary boundary{text_ + (high ? " > " : " < ") + number, (time - last_time_) / 2};
    stretches_.back().end = at;
    stretches_.back().finish = boundary;
    stretches_.push_back({high, at, at, boundary, {}});
  }

  double rise_, fall_;
  bool continuous_;
  std::string text_;
  std::vector<Stretch> stretches_;
  bool any_ = false;
  SessionTime last_time_{};
  double last_value_ = 0;
};

/// A stretch shorter than the minimum is a bounce: it joins its neighbours, which are of one state.
std::vector<Stretch> without_bounces(const std::vector<Stretch>& stretches, Nanos min_length) {
  std::vector<Stretch> kept;
  for (const Stretch& stretch : stretches) {
    const bool bounce = stretch.end - stretch.start < min_length && !kept.empty();
    if (bounce || (!kept.empty() && kept.back().high == stretch.high)) {
      kept.back().end = stretch.end;
      kept.back().finish = stretch.finish;
    } else {
      kept.push_back(stretch);
    }
  }
  return kept;
}

std::vector<Segment> run(const OptionValues& options, SessionSignals& signals,
                         const EventPredicateCompiler&, Diagnostics&) {
  const SignalRef signal =
      resolve_signal(options.text("signal"), signals.session(), options.where() + "/signal");
  if (!signal.element && signal.spec.width != 1)
    throw InputError(options.where() + "/signal",
                     "'" + signal.text + "' has " + std::to_string(signal.spec.width) +
                         " elements, expected one: write " + signal.text + "[0]");
  if (options.number("hysteresis") < 0)
    throw InputError(options.where() + "/hysteresis", "is negative, expected 0 or more");
  Detector detector(signal, options.number("threshold"), options.number("hysteresis"));
  const TimeRange extent = signals.extent();
  each_slice(signals, signal.stream, extent, [&](const SeriesSlice& slice) {
    const Column& column = slice.columns.at(signal.column);
    for (std::size_t i = 0; i < slice.size(); ++i)
      detector.add(slice.times[i], column.number(i, signal.element.value_or(0)));
  });
  const std::string wanted = options.text("state");
  std::vector<Segment> segments;
  for (Stretch& stretch :
       without_bounces(detector.take(extent.end), options.duration("min_length"))) {
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
       {.name = "threshold",
        .type = OptionType::kNumber,
        .help = "Level between the two states, in the signal's unit"},
       {.name = "hysteresis",
        .type = OptionType::kNumber,
        .fallback = 0,
        .help = "Width of the band around the threshold that does not count as a change; 0 = none"},
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
