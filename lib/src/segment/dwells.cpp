// Dwells by two thresholds, and passes by local minima of the speed.
#include <algorithm>
#include <cmath>
#include <limits>

#include "internal/motion.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::segment {
namespace {
struct Border {
  SessionTime time{};
  Nanos uncertainty{0};
};

/// Where the measured speed crosses `level`, between the samples around a crossing of the
/// low-passed one. Noise can make it cross several times: then the middle, uncertain by their
/// spread.
std::optional<Border> measured_border(std::span<const SpeedSample> around, double level,
                                      bool falling) {
  std::optional<SessionTime> first, last;
  Nanos step{0};
  for (std::size_t i = 1; i < around.size(); ++i) {
    const SpeedSample &a = around[i - 1], &b = around[i];
    const bool crosses =
        falling ? a.speed >= level && b.speed < level : a.speed <= level && b.speed > level;
    if (!crosses) continue;
    last = crossing(a.time, a.speed, b.time, b.speed, level);
    if (!first) first = last;
    step = std::max(step, b.time - a.time);
  }
  if (!first) return std::nullopt;
  return Border{*first + (*last - *first) / 2, (*last - *first) / 2 + step / 2};
}

class DwellDetector {
 public:
  explicit DwellDetector(const DwellRequest& request)
      : request_(request), text_(request.motion.signal.text), unit_(request.motion.unit()) {}

  void add(const SpeedStep& step) {
    if (!last_) {
      if (step.speed < request_.v_in) begin(step.time, {"first sample of " + text_, std::nullopt});
    } else if (!open_ && step.speed < request_.v_in) {
      const Border border = border_of(step, request_.v_in, true);
      begin(border.time, boundary(" < ", request_.v_in, border.uncertainty));
    } else if (open_ && step.speed > request_.v_out) {
      const Border border = border_of(step, request_.v_out, false);
      finish(border.time, boundary(" > ", request_.v_out, border.uncertainty));
    }
    if (open_ && step.speed < dwells_.back().slowest) {
      dwells_.back().slowest = step.speed;
      dwells_.back().slowest_at = step.time;
    }
    last_ = SpeedSample{step.time, step.speed};
  }
  /// Nothing is known past the last sample: a hole in the log, or its end. The dwell may have gone
  /// on for as long as the hole.
  void interrupt(std::optional<SessionTime> next) {
    if (open_ && last_) {
      if (next)
        finish(last_->time, {"hole in the samples of " + text_, *next - last_->time});
      else
        finish(last_->time, {"last sample of " + text_, std::nullopt});
    }
    last_.reset();
  }
  std::vector<Dwell> take() { return std::move(dwells_); }

 private:
  Border border_of(const SpeedStep& step, double level, bool falling) const {
    if (const auto border = measured_border(step.around, level, falling)) return *border;
    return {crossing(last_->time, last_->speed, step.time, step.speed, level),
            std::max((step.time - last_->time) / 2, request_.motion.smooth / 2)};
  }
  Boundary boundary(const char* relation, double level, Nanos uncertainty) const {
    return {
        text_ + " speed" + relation + to_text(Value(level)) + (unit_.empty() ? "" : " " + unit_),
        uncertainty};
  }
  void begin(SessionTime time, Boundary boundary) {
    open_ = true;
    Dwell& dwell = dwells_.emplace_back();
    dwell.start = dwell.end = dwell.slowest_at = time;
    dwell.begin = std::move(boundary);
    dwell.slowest = std::numeric_limits<double>::infinity();
  }
  void finish(SessionTime time, Boundary boundary) {
    open_ = false;
    dwells_.back().end = time;
    dwells_.back().finish = std::move(boundary);
  }

  const DwellRequest& request_;
  std::string text_, unit_;
  std::optional<SpeedSample> last_;
  bool open_ = false;
  std::vector<Dwell> dwells_;
};

/// A path that is blended through its points never stops there, but it slows down: a minimum that
/// is lower than what lies on both sides of it by `pass_depth`.
class PassDetector {
 public:
  explicit PassDetector(const DwellRequest& request) : request_(request) {}

  void add(const SpeedStep& step) {
    const SpeedSample sample{step.time, step.speed};
    // Below v_in it is a dwell's business; and nothing need be kept of a robot that is parked.
    if (step.speed < request_.v_in || history_.empty() || step.speed >= history_.front().speed) {
      restart(sample);
      return;
    }
    history_.push_back(sample);
    if (step.speed < history_[valley_].speed) valley_ = history_.size() - 1;
    const double deepest = history_[valley_].speed;
    const double side = deepest / (1 - request_.pass_depth);
    if (valley_ == 0 || history_.front().speed < side || step.speed < side) return;
    passes_.push_back(pass_of(deepest, (deepest + side) / 2));
    restart(sample);
  }
  void interrupt() { history_.clear(); }
  std::vector<Dwell> take() { return std::move(passes_); }

 private:
  void restart(const SpeedSample& sample) {
    history_.assign(1, sample);
    valley_ = 0;
  }
  Dwell pass_of(double deepest, double level) const {
    std::size_t left = valley_, right = valley_;
    while (history_[left].speed < level) --left;
    while (history_[right].speed < level) ++right;
    const auto border = [&](std::size_t a, std::size_t b) {
      return crossing(history_[a].time, history_[a].speed, history_[b].time, history_[b].speed,
                      level);
    };
    const auto half_step = [&](std::size_t a, std::size_t b) {
      return (history_[b].time - history_[a].time) / 2;
    };
    Dwell pass;
    pass.pass = true;
    pass.start = border(left, left + 1);
    pass.end = border(right - 1, right);
    const std::string source = "local minimum of " + request_.motion.signal.text + " speed";
    pass.begin = {source, half_step(left, left + 1)};
    pass.finish = {source, half_step(right - 1, right)};
    pass.slowest = deepest;
    pass.slowest_at = history_[valley_].time;
    return pass;
  }

  const DwellRequest& request_;
  std::vector<SpeedSample> history_;  ///< from the last maximum on
  std::size_t valley_ = 0;
  std::vector<Dwell> passes_;
};

std::vector<Dwell> merged(std::vector<Dwell> dwells, Nanos merge_gap) {
  std::vector<Dwell> result;
  for (Dwell& dwell : dwells) {
    if (result.empty() || dwell.start - result.back().end >= merge_gap) {
      result.push_back(std::move(dwell));
      continue;
    }
    Dwell& last = result.back();
    last.end = dwell.end;
    last.finish = std::move(dwell.finish);
    if (dwell.slowest < last.slowest) {
      last.slowest = dwell.slowest;
      last.slowest_at = dwell.slowest_at;
    }
  }
  return result;
}

/// Passes that lie clear of every dwell, put among them.
std::vector<Dwell> with_passes(std::vector<Dwell> dwells, std::vector<Dwell> passes) {
  std::size_t next = 0;
  std::vector<Dwell> clear;
  for (Dwell& pass : passes) {
    while (next < dwells.size() && dwells[next].end <= pass.start) ++next;
    if (next == dwells.size() || dwells[next].start >= pass.end) clear.push_back(std::move(pass));
  }
  std::vector<Dwell> all;
  std::merge(std::make_move_iterator(dwells.begin()), std::make_move_iterator(dwells.end()),
             std::make_move_iterator(clear.begin()), std::make_move_iterator(clear.end()),
             std::back_inserter(all),
             [](const Dwell& a, const Dwell& b) { return a.start < b.start; });
  return all;
}
}  // namespace

std::vector<Dwell> find_dwells(const DwellRequest& request, SessionSignals& signals) {
  DwellDetector dwells(request);
  PassDetector passes(request);
  walk_speed(
      request.motion, signals, signals.extent(),
      [&](const SpeedStep& step) {
        dwells.add(step);
        if (request.passes) passes.add(step);
      },
      [&](std::optional<SessionTime> next) {
        dwells.interrupt(next);
        passes.interrupt();
      });
  std::vector<Dwell> found = merged(dwells.take(), request.merge_gap);
  std::erase_if(found, [&](const Dwell& dwell) {
    return dwell.end - dwell.start < request.min_length || dwell.end <= dwell.start;
  });
  return with_passes(std::move(found), passes.take());
}

std::vector<double> parse_weights(const OptionValues& options, const SignalRef& signal) {
  const std::size_t width = signal.element ? 1 : signal.spec.width;
  const Json& weights = options.json("weights");
  const bool numbers =
      weights.is_array() && std::all_of(weights.begin(), weights.end(),
                                        [](const Json& weight) { return weight.is_number(); });
  if (!numbers || (!weights.empty() && weights.size() != width))
    throw InputError(options.where() + "/weights", "expected a list of " + std::to_string(width) +
                                                       " numbers, one for each element of '" +
                                                       signal.text + "'");
  return weights.get<std::vector<double>>();
}

MotionSignal parse_motion(const OptionValues& options, const SessionDescription& session) {
  MotionSignal motion;
  motion.signal = resolve_signal(options.text("signal"), session, options.where() + "/signal");
  motion.positions = options.text("signal_is") == "position";
  motion.weights = parse_weights(options, motion.signal);
  motion.smooth = options.duration("smooth");
  motion.max_gap = options.duration("max_gap");
  return motion;
}

double speed_option(const OptionValues& options, const char* name, const MotionSignal& motion) {
  return in_unit_of({"the speed of " + motion.signal.text, motion.unit()}, options.json(name),
                    options.where() + "/" + name);
}

DwellRequest parse_dwell_request(const OptionValues& options, const SessionDescription& session) {
  DwellRequest request;
  request.motion = parse_motion(options, session);
  request.v_in = speed_option(options, "v_in", request.motion);
  request.v_out = speed_option(options, "v_out", request.motion);
  if (!(request.v_in > 0) || request.v_out < request.v_in)
    throw InputError(options.where(), "found v_in " + to_text(Value(request.v_in)) + " and v_out " +
                                          to_text(Value(request.v_out)) +
                                          ", expected 0 < v_in <= v_out");
  request.min_length = options.duration("min_length");
  request.merge_gap = options.duration("merge_gap");
  request.passes = options.boolean("passes");
  request.pass_depth = options.number("pass_depth");
  if (!(request.pass_depth > 0 && request.pass_depth < 1))
    throw InputError(options.where() + "/pass_depth",
                     "found " + to_text(Value(request.pass_depth)) + ", expected between 0 and 1");
  return request;
}

void warn_if_coarse(const std::vector<Dwell>& dwells, const DwellRequest& request,
                    const std::string& session, Diagnostics& diagnostics) {
  Nanos coarsest{0};
  for (const Dwell& dwell : dwells)
    for (const Boundary* border : {&dwell.begin, &dwell.finish})
      if (border->source.find(" speed") != std::string::npos)
        coarsest = std::max(coarsest, border->uncertainty.value_or(Nanos{0}));
  if (2 * coarsest <= request.min_length || request.min_length <= Nanos{0}) return;
  diagnostics.warn("dwell-coarse", session + ": " + request.motion.signal.stream,
                   "borders are uncertain by up to " + format_duration(coarsest) +
                       ", but dwells of " + format_duration(request.min_length) +
                       " are looked for; short ones may be missed. Use a signal of 100 Hz or "
                       "more.");
}

std::vector<OptionSpec> motion_option_specs() {
  return {{.name = "signal", .help = "Speed or position column, such as joints.dq or tcp.position"},
          {.name = "signal_is",
           .type = OptionType::kChoice,
           .fallback = "speed",
           .help = "Whether the column holds speeds or positions, which are differentiated",
           .choices = {"speed", "position"}},
          {.name = "weights",
           .type = OptionType::kJson,
           .fallback = Json::array(),
           .help = "Weight of each element in the norm (default: all 1)"},
          {.name = "smooth",
           .type = OptionType::kDuration,
           .fallback = "10ms",
           .help = "Full width of the symmetric low-pass over the speed; 0 = none"},
          {.name = "max_gap",
           .type = OptionType::kDuration,
           .fallback = "200ms",
           .help = "A longer hole in the samples ends a dwell; 0 = never"}};
}

std::vector<OptionSpec> dwell_option_specs() {
  std::vector<OptionSpec> specs = motion_option_specs();
  const std::vector<OptionSpec> more = {
      quantity_option({.name = "v_in",
                       .help = "A dwell begins below this speed, such as \"0.05 rad/s\" (a bare "
                               "number is in the speed's unit)"}),
      quantity_option({.name = "v_out", .help = "A dwell ends above this speed; v_out >= v_in"}),
      {.name = "min_length",
       .type = OptionType::kDuration,
       .fallback = "60ms",
       .help = "Leave out shorter dwells; 0 = keep all"},
      {.name = "merge_gap",
       .type = OptionType::kDuration,
       .fallback = "40ms",
       .help = "Join dwells that are closer than this; 0 = never"},
      {.name = "passes",
       .type = OptionType::kBool,
       .fallback = false,
       .help = "Also take local minima of the speed, where a blended path passes a point without "
               "stopping"},
      {.name = "pass_depth",
       .type = OptionType::kNumber,
       .fallback = 0.5,
       .help = "How much slower than on both sides a minimum must be: 0.5 = half as fast"}};
  specs.insert(specs.end(), more.begin(), more.end());
  return specs;
}

}  // namespace reelcell::segment
