// Dwells: where the robot stands still. Two thresholds on a smoothed speed norm.
#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

#include "internal/common.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::segment {
namespace {
struct Sample {
  SessionTime time{};
  double speed = 0;
};
struct Dwell {
  SessionTime start{}, end{};
  Boundary begin, finish;
  double slowest = 0;
};

/// Norm of the weighted elements of a row.
class SpeedNorm {
 public:
  SpeedNorm(const SignalRef& signal, std::vector<double> weights)
      : signal_(signal), weights_(std::move(weights)) {}
  std::size_t size() const { return signal_.element ? 1 : signal_.spec.width; }
  double at(const Column& column, std::size_t row, std::size_t i) const {
    const double value = column.number(row, signal_.element.value_or(i));
    return weights_.empty() ? value : value * weights_[i];
  }

 private:
  const SignalRef& signal_;
  std::vector<double> weights_;
};

/// Central differences of positions: the speed at a sample from its two neighbours, so that it is
/// not late by half a sample.
class Differentiator {
 public:
  /// nullopt until there are three positions.
  std::optional<Sample> add(SessionTime time, std::vector<double> position) {
    window_.push_back({time, std::move(position)});
    if (window_.size() < 3) return std::nullopt;
    double sum = 0;
    for (std::size_t i = 0; i < window_[0].second.size(); ++i) {
      const double step = window_[2].second[i] - window_[0].second[i];
      sum += step * step;
    }
    const auto seconds = static_cast<double>((window_[2].first - window_[0].first).count()) / 1e9;
    const Sample sample{window_[1].first, std::sqrt(sum) / seconds};
    window_.pop_front();
    return sample;
  }

 private:
  std::deque<std::pair<SessionTime, std::vector<double>>> window_;
};

/// Mean over [t - half, t + half]: centred, so it has no phase. Holds only that window.
template <class Take>
class Smoother {
 public:
  Smoother(Nanos width, Take take) : half_(width / 2), take_(std::move(take)) {}
  void add(Sample sample) {
    samples_.push_back(sample);
    while (next_ < samples_.size() && samples_[next_].time + half_ < sample.time) emit();
  }
  void finish() {
    while (next_ < samples_.size()) emit();
    samples_.clear();
    next_ = 0;
  }

 private:
  void emit() {
    const SessionTime centre = samples_[next_].time;
    while (samples_.front().time < centre - half_) {
      samples_.pop_front();
      --next_;
    }
    double sum = 0;
    std::size_t count = 0;
    for (const Sample& sample : samples_) {
      if (sample.time > centre + half_) break;
      sum += sample.speed;
      ++count;
    }
    take_(Sample{centre, sum / static_cast<double>(count)});
    ++next_;
  }
  Nanos half_;
  Take take_;
  std::deque<Sample> samples_;
  std::size_t next_ = 0;
};

class Detector {
 public:
  Detector(double v_in, double v_out, std::string text, std::string unit)
      : v_in_(v_in), v_out_(v_out), text_(std::move(text)), unit_(std::move(unit)) {}

  void add(const Sample& sample) {
    if (!last_) {
      if (sample.speed < v_in_) begin(sample.time, {"first sample of " + text_, Nanos{0}});
    } else if (!open_ && sample.speed < v_in_) {
      begin(crossing(last_->time, last_->speed, sample.time, sample.speed, v_in_),
            boundary(" < ", v_in_, sample.time - last_->time));
    } else if (open_ && sample.speed > v_out_) {
      finish(crossing(last_->time, last_->speed, sample.time, sample.speed, v_out_),
             boundary(" > ", v_out_, sample.time - last_->time));
    }
    if (open_) dwells_.back().slowest = std::min(dwells_.back().slowest, sample.speed);
    last_ = sample;
  }
  /// Nothing is known past the last sample: a hole in the log or its end.
  void interrupt(const std::string& why) {
    if (open_ && last_) finish(last_->time, {why + " of " + text_, Nanos{0}});
    last_.reset();
  }
  std::vector<Dwell> take() { return std::move(dwells_); }

 private:
  Boundary boundary(const char* relation, double level, Nanos step) const {
    return {
        text_ + " speed" + relation + to_text(Value(level)) + (unit_.empty() ? "" : " " + unit_),
        step / 2};
  }
  void begin(SessionTime time, Boundary boundary) {
    open_ = true;
    dwells_.push_back(
        {time, time, std::move(boundary), {}, std::numeric_limits<double>::infinity()});
  }
  void finish(SessionTime time, Boundary boundary) {
    open_ = false;
    dwells_.back().end = time;
    dwells_.back().finish = std::move(boundary);
  }

  double v_in_, v_out_;
  std::string text_, unit_;
  std::optional<Sample> last_;
  bool open_ = false;
  std::vector<Dwell> dwells_;
};

std::vector<Dwell> merged(const std::vector<Dwell>& dwells, Nanos merge_gap) {
  std::vector<Dwell> result;
  for (const Dwell& dwell : dwells) {
    if (!result.empty() && dwell.start - result.back().end < merge_gap) {
      result.back().end = dwell.end;
      result.back().finish = dwell.finish;
      result.back().slowest = std::min(result.back().slowest, dwell.slowest);
    } else {
      result.push_back(dwell);
    }
  }
  return result;
}

struct Request {
  SignalRef signal;
  std::vector<double> weights;
  bool positions = false;
  double v_in = 0, v_out = 0;
  Nanos smooth{0}, min_length{0}, merge_gap{0}, max_gap{0};
};

Request parse(const OptionValues& options, const SessionDescription& session) {
  Request request;
  request.signal = resolve_signal(options.text("signal"), session, options.where() + "/signal");
  request.positions = options.text("signal_is") == "position";
  request.v_in = options.number("v_in");
  request.v_out = options.number("v_out");
  if (!(request.v_in > 0) || request.v_out < request.v_in)
    throw InputError(options.where(), "found v_in " + to_text(Value(request.v_in)) + " and v_out " +
                                          to_text(Value(request.v_out)) +
                                          ", expected 0 < v_in <= v_out");
  request.smooth = options.duration("smooth");
  request.min_length = options.duration("min_length");
  request.merge_gap = options.duration("merge_gap");
  request.max_gap = options.duration("max_gap");
  const std::size_t width = request.signal.element ? 1 : request.signal.spec.width;
  const Json& weights = options.json("weights");
  const bool numbers =
      weights.is_array() && std::all_of(weights.begin(), weights.end(),
                                        [](const Json& weight) { return weight.is_number(); });
  if (!numbers || (!weights.empty() && weights.size() != width))
    throw InputError(options.where() + "/weights", "expected a list of " + std::to_string(width) +
                                                       " numbers, one for each element of '" +
                                                       request.signal.text + "'");
  request.weights = weights.get<std::vector<double>>();
  return request;
}

/// Reads the signal, window by window, and finds the dwells.
std::vector<Dwell> detect(const Request& request, SessionSignals& signals) {
  const std::string unit = request.signal.spec.unit.empty()
                               ? ""
                               : request.signal.spec.unit + (request.positions ? "/s" : "");
  Detector detector(request.v_in, request.v_out, request.signal.text, unit);
  Smoother smoother(request.smooth, [&detector](const Sample& sample) { detector.add(sample); });
  const SpeedNorm norm(request.signal, request.weights);
  Differentiator differentiator;
  std::optional<SessionTime> last;
  const auto interrupt = [&](const std::string& why) {
    smoother.finish();
    detector.interrupt(why);
    differentiator = {};
  };
  each_slice(signals, request.signal.stream, signals.extent(), [&](const SeriesSlice& slice) {
    const Column& column = slice.columns.at(request.signal.column);
    for (std::size_t row = 0; row < slice.size(); ++row) {
      std::vector<double> values(norm.size());
      double sum = 0;
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = norm.at(column, row, i);
        sum += values[i] * values[i];
      }
      if (!std::isfinite(sum)) continue;  // not measured: a hole when there are many of them
      const SessionTime time = slice.times[row];
      if (last && request.max_gap > Nanos{0} && time - *last > request.max_gap)
        interrupt("hole in the samples");
      last = time;
      if (!request.positions)
        smoother.add({time, std::sqrt(sum)});
      else if (const auto sample = differentiator.add(time, std::move(values)))
        smoother.add(*sample);
    }
  });
  interrupt("last sample");
  return detector.take();
}

std::vector<Segment> run(const OptionValues& options, SessionSignals& signals,
                         const EventPredicateCompiler&, Diagnostics& diagnostics) {
  const Request request = parse(options, signals.session());
  std::vector<Segment> segments;
  Nanos coarsest{0};
  for (const Dwell& dwell : merged(detect(request, signals), request.merge_gap)) {
    if (dwell.end - dwell.start < request.min_length || dwell.end <= dwell.start) continue;
    Segment& segment = segments.emplace_back();
    segment.range = {dwell.start, dwell.end};
    segment.kind = "dwell";
    segment.name = numbered_name("dwell", segments.size() - 1);
    segment.begin = dwell.begin;
    segment.finish = dwell.finish;
    segment.attributes.emplace_back("speed_min", dwell.slowest);
    coarsest = std::max({coarsest, dwell.begin.uncertainty, dwell.finish.uncertainty});
  }
  if (2 * coarsest > request.min_length && request.min_length > Nanos{0})
    diagnostics.warn("dwell-coarse", signals.session().id + ": " + request.signal.stream,
                     "samples are up to " + format_duration(2 * coarsest) +
                         " apart, but dwells of " + format_duration(request.min_length) +
                         " are looked for; short ones may be missed. Use a signal of 100 Hz or "
                         "more.");
  return segments;
}
}  // namespace

const SegmenterRow& dwell_segmenter() {
  static const SegmenterRow row{
      "dwell",
      "Where the robot stands still: speed below v_in until it is above v_out",
      {{.name = "signal", .help = "Speed or position column, such as joints.dq or tcp.position"},
       {.name = "signal_is",
        .type = OptionType::kChoice,
        .fallback = "speed",
        .help = "Whether the column holds speeds or positions, which are differentiated",
        .choices = {"speed", "position"}},
       {.name = "v_in",
        .type = OptionType::kNumber,
        .help = "A dwell begins below this speed, in the signal's unit"},
       {.name = "v_out",
        .type = OptionType::kNumber,
        .help = "A dwell ends above this speed; v_out >= v_in"},
       {.name = "weights",
        .type = OptionType::kJson,
        .fallback = Json::array(),
        .help = "Weight of each element in the norm (default: all 1)"},
       {.name = "smooth",
        .type = OptionType::kDuration,
        .fallback = "10ms",
        .help =
            "Width of the centred mean over the speed, which shortens a dwell by up to as much; "
            "0 = none"},
       {.name = "min_length",
        .type = OptionType::kDuration,
        .fallback = "60ms",
        .help = "Leave out shorter dwells; 0 = keep all"},
       {.name = "merge_gap",
        .type = OptionType::kDuration,
        .fallback = "40ms",
        .help = "Join dwells that are closer than this; 0 = never"},
       {.name = "max_gap",
        .type = OptionType::kDuration,
        .fallback = "200ms",
        .help = "A longer hole in the samples ends a dwell; 0 = never"}},
      run};
  return row;
}

}  // namespace reelcell::segment
