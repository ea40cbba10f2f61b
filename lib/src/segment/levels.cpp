// Stretches of a signal above and below a level.
#include <cmath>

#include "internal/levels.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::segment {
namespace {
class LevelDetector {
 public:
  LevelDetector(const SignalRef& signal, double threshold, double hysteresis)
      : rise_(threshold + hysteresis / 2),
        fall_(threshold - hysteresis / 2),
        continuous_(is_float(signal.spec.dtype)),
        text_(signal.text) {}

  void add(SessionTime time, double value) {
    if (std::isnan(value)) return;
    if (!any_) {
      stretches_.push_back(
          {value > (rise_ + fall_) / 2, time, time, {"session", std::nullopt}, {}});
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
      stretches_.back().finish = {"session", std::nullopt};
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
}  // namespace

LevelRequest parse_level_request(const OptionValues& options, const SessionDescription& session,
                                 const std::string& signal, const std::string& min_length) {
  LevelRequest request;
  request.signal = resolve_scalar(options.text(signal), session, options.where() + "/" + signal);
  const SignalUnit unit{request.signal.text, request.signal.spec.unit};
  const auto place = [&](const char* name) { return options.where() + "/" + name; };
  request.threshold = in_unit_of(unit, options.json("threshold"), place("threshold"));
  request.hysteresis =
      in_unit_of(unit, options.json("hysteresis"), place("hysteresis"), QuantityKind::kDifference);
  if (request.hysteresis < 0)
    throw InputError(options.where() + "/hysteresis", "is negative, expected 0 or more");
  request.min_length = options.duration(min_length);
  return request;
}

std::vector<Stretch> find_stretches(const LevelRequest& request, SessionSignals& signals) {
  LevelDetector detector(request.signal, request.threshold, request.hysteresis);
  const TimeRange extent = signals.extent();
  each_slice(signals, request.signal.stream, extent, [&](const SeriesSlice& slice) {
    const Column& column = slice.columns.at(request.signal.column);
    for (std::size_t i = 0; i < slice.size(); ++i)
      detector.add(slice.times[i], column.number(i, request.signal.element.value_or(0)));
  });
  return without_bounces(detector.take(extent.end), request.min_length);
}

SignalRef resolve_scalar(const std::string& text, const SessionDescription& session,
                         const std::string& where) {
  SignalRef signal = resolve_signal(text, session, where);
  if (!signal.element && signal.spec.width != 1)
    throw InputError(where, "'" + signal.text + "' has " + std::to_string(signal.spec.width) +
                                " elements, expected one: write " + signal.text + "[0]");
  return signal;
}

}  // namespace reelcell::segment
