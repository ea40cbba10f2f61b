// Functions over the samples of a segment. Missing samples are left out of figures, lower the
// confidence, and make any(..), all(..) and count(..) unknown where they could change the answer.
#include <algorithm>
#include <array>
#include <cmath>

#include "internal/evaluation.hpp"
#include "internal/function_bodies.hpp"

namespace reelcell::label {
namespace {
/// Samples seen and missing, and what they say about an answer.
struct Tally {
  std::uint64_t samples = 0;
  std::uint64_t missing = 0;
  std::uint64_t there() const { return samples - missing; }
  double coverage() const {
    return samples == 0 ? 0 : static_cast<double>(there()) / static_cast<double>(samples);
  }
  std::string note() const {
    return std::to_string(samples) + (samples == 1 ? " sample" : " samples") +
           (missing ? ", " + std::to_string(missing) + " missing" : "");
  }
};

std::string first_signal(const Node& node) {
  if (node.kind == NodeKind::kName && node.type.shape == Shape::kSignal)
    return binding_text(node.binding);
  for (const NodePtr& child : node.children)
    if (std::string name = first_signal(*child); !name.empty()) return name;
  return {};
}
std::string segment_text(const Evaluation& evaluation) {
  const TimeRange range = evaluation.segment_range();
  return "[" + time_text(range.start) + ", " + time_text(range.end) + ")";
}
/// Why there is no answer: an operand, no samples, or all of them missing.
Datum nothing(Evaluation& evaluation, const Node& signal, const Tally& tally) {
  if (std::string why = evaluation.unknown_operand(signal); !why.empty()) return unknown(why);
  const std::string name = first_signal(signal);
  if (tally.samples == 0)
    return unknown(name + " has no samples in " + segment_text(evaluation) + "; at(" + name +
                   ", segment.start) would hold the last one before it");
  return unknown("all " + std::to_string(tally.samples) + " samples of " + name + " in " +
                 segment_text(evaluation) + " are missing");
}

/// Visits every number of a signal that is there.
template <class Each>
Tally each_number(Evaluation& evaluation, const Node& signal, Each&& each) {
  Tally tally;
  evaluation.each_stretch(signal, evaluation.segment_range(),
                          [&](const Samples& samples, std::size_t begin, std::size_t end) {
                            for (std::size_t row = begin; row < end; ++row) {
                              ++tally.samples;
                              const double value = samples.content == Content::kNumbers
                                                       ? samples.number(row)
                                                       : kMissing;
                              if (std::isnan(value))
                                ++tally.missing;
                              else
                                each(value, samples.times[row]);
                            }
                            return true;
                          });
  return tally;
}

/// Mean and sum of squared deviations in one pass (Welford 1962).
struct Moments {
  std::uint64_t count = 0;
  double mean = 0;
  double squares = 0;
  void add(double value) {
    ++count;
    const double before = value - mean;
    mean += before / static_cast<double>(count);
    squares += before * (value - mean);
  }
};
Datum finish(Evaluation& evaluation, const Node& signal, const Tally& tally, double value) {
  if (tally.there() == 0) return nothing(evaluation, signal, tally);
  if (!std::isfinite(value)) return unknown("the result is too large to be a number");
  return known(value, tally.coverage(), tally.note());
}

Datum extreme(Evaluation& evaluation, const Node& call, bool largest) {
  const Node& signal = *call.children[0];
  double best = 0;
  SessionTime at{};
  bool any = false;
  const Tally tally = each_number(evaluation, signal, [&](double value, SessionTime time) {
    if (any && (largest ? value <= best : value >= best)) return;
    any = true;
    best = value;
    at = time;
  });
  Datum datum = finish(evaluation, signal, tally, best);
  if (datum.known()) {
    evaluation.add_input(first_signal(signal) + "@" + time_text(at));
    datum.note += ", at " + time_text(at);
  }
  return datum;
}

/// Rank k (from 0) of all numbers of a signal, in bounded memory: where there are more than can be
/// kept, bins narrow the range down, one reading of the signal a step.
class Ranks {
 public:
  Ranks(Evaluation& evaluation, const Node& signal) : evaluation_(evaluation), signal_(signal) {
    tally_ = each_number(evaluation_, signal_, [this](double value, SessionTime) {
      low_ = any_ ? std::min(low_, value) : value;
      high_ = any_ ? std::max(high_, value) : value;
      any_ = true;
      if (kept_.size() < kKeptValues)
        kept_.push_back(value);
      else
        complete_ = false;
    });
    if (complete_)
      std::sort(kept_.begin(), kept_.end());
    else
      kept_ = {};
  }
  const Tally& tally() const { return tally_; }
  double at(std::uint64_t rank) const {
    return complete_ ? kept_[rank] : narrow(low_, high_, rank);
  }

 private:
  static constexpr std::size_t kBins = 4096;
  static std::size_t bin_of(double value, double low, double high) {
    const double span = high - low;
    const double share =
        std::isfinite(span) ? (value - low) / span : (value / 2 - low / 2) / (high / 2 - low / 2);
    return std::min(kBins - 1, static_cast<std::size_t>(share * kBins));
  }
  double narrow(double low, double high, std::uint64_t rank) const {
    while (low < high) {
      std::vector<std::uint64_t> counts(kBins, 0);
      std::vector<double> smallest(kBins, high), largest(kBins, low);
      each_number(evaluation_, signal_, [&](double value, SessionTime) {
        if (value < low || value > high) return;
        const std::size_t bin = bin_of(value, low, high);
        ++counts[bin];
        smallest[bin] = std::min(smallest[bin], value);
        largest[bin] = std::max(largest[bin], value);
      });
      std::size_t bin = 0;
      while (bin + 1 < kBins && rank >= counts[bin]) rank -= counts[bin++];
      if (counts[bin] <= kKeptValues) return pick(smallest[bin], largest[bin], rank);
      low = smallest[bin];
      high = largest[bin];
    }
    return low;
  }
  double pick(double low, double high, std::uint64_t rank) const {
    std::vector<double> values;
    each_number(evaluation_, signal_, [&](double value, SessionTime) {
      if (value >= low && value <= high) values.push_back(value);
    });
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(values.begin(), place, values.end());
    return *place;
  }

  Evaluation& evaluation_;
  const Node& signal_;
  Tally tally_;
  std::vector<double> kept_;
  bool complete_ = true;
  bool any_ = false;
  double low_ = 0, high_ = 0;
};

Datum quantile(Evaluation& evaluation, const Node& signal, double share) {
  const Ranks ranks(evaluation, signal);
  if (ranks.tally().there() == 0) return nothing(evaluation, signal, ranks.tally());
  const double place = share * static_cast<double>(ranks.tally().there() - 1);
  const auto below = static_cast<std::uint64_t>(std::floor(place));
  const double part = place - static_cast<double>(below);
  double value = ranks.at(below);
  if (part > 0) value += (ranks.at(below + 1) - value) * part;
  return finish(evaluation, signal, ranks.tally(), value);
}

/// A sample of any content as a value; nothing when it is missing.
std::optional<Value> value_at(const Samples& samples, std::size_t row) {
  if (samples.content == Content::kNumbers) {
    if (std::isnan(samples.number(row))) return std::nullopt;
    return Value(samples.number(row));
  }
  if (samples.content == Content::kTruths) {
    if (samples.truth(row) == kNotKnown) return std::nullopt;
    return Value(samples.truth(row) == kTrue);
  }
  if (!samples.text(row)) return std::nullopt;
  return Value(*samples.text(row));
}

Datum edge(Evaluation& evaluation, const Node& call, bool last) {
  const Node& signal = *call.children[0];
  Tally tally;
  std::optional<Value> found;
  SessionTime at{};
  evaluation.each_stretch(signal, evaluation.segment_range(),
                          [&](const Samples& samples, std::size_t begin, std::size_t end) {
                            for (std::size_t row = begin; row < end; ++row) {
                              ++tally.samples;
                              std::optional<Value> value = value_at(samples, row);
                              if (!value) {
                                ++tally.missing;
                                continue;
                              }
                              found = std::move(value);
                              at = samples.times[row];
                              if (!last) return false;
                            }
                            return true;
                          });
  if (!found) return nothing(evaluation, signal, tally);
  evaluation.add_input(first_signal(signal) + "@" + time_text(at));
  return known(*found, 1, "at " + time_text(at));
}
}  // namespace

Datum signal_mean(Evaluation& evaluation, const Node& call) {
  Moments moments;
  const Tally tally = each_number(evaluation, *call.children[0],
                                  [&](double value, SessionTime) { moments.add(value); });
  return finish(evaluation, *call.children[0], tally, moments.mean);
}
Datum signal_std(Evaluation& evaluation, const Node& call) {
  Moments moments;
  const Tally tally = each_number(evaluation, *call.children[0],
                                  [&](double value, SessionTime) { moments.add(value); });
  const double count = static_cast<double>(std::max<std::uint64_t>(1, moments.count));
  return finish(evaluation, *call.children[0], tally, std::sqrt(moments.squares / count));
}
Datum signal_min(Evaluation& evaluation, const Node& call) {
  return extreme(evaluation, call, false);
}
Datum signal_max(Evaluation& evaluation, const Node& call) {
  return extreme(evaluation, call, true);
}
Datum signal_median(Evaluation& evaluation, const Node& call) {
  return quantile(evaluation, *call.children[0], 0.5);
}
Datum signal_percentile(Evaluation& evaluation, const Node& call) {
  const Datum share = evaluation.argument(call, 1);
  if (!share.known()) return share;
  const std::optional<double> number = number_in(share.value);
  if (!number) return unknown("'" + to_text(share.value) + "' is not a share");
  const Type& type = call.children[1]->type;
  const double value = type.stated ? convert_unit(*number, type.unit, Unit{}) : *number;
  if (!(value >= 0 && value <= 1))
    return unknown("percentile() needs a share of 0 to 1, or 0 % to 100 %; found " +
                   short_number(value));
  return quantile(evaluation, *call.children[0], value);
}
Datum signal_first(Evaluation& evaluation, const Node& call) {
  return edge(evaluation, call, false);
}
Datum signal_last(Evaluation& evaluation, const Node& call) { return edge(evaluation, call, true); }

Datum signal_delta(Evaluation& evaluation, const Node& call) {
  std::optional<double> first;
  double last = 0;
  const Tally tally = each_number(evaluation, *call.children[0], [&](double value, SessionTime) {
    if (!first) first = value;
    last = value;
  });
  return finish(evaluation, *call.children[0], tally, last - first.value_or(0));
}

Datum signal_at(Evaluation& evaluation, const Node& call) {
  const Datum when = evaluation.argument(call, 1);
  if (!when.known()) return when;
  const Node& signal = *call.children[0];
  const std::int64_t ns = std::get<std::int64_t>(when.value);
  const SessionTime time = session_time(ns);
  const Samples around = evaluation.samples(signal, {time, session_time(add_ns(ns, 1))});
  const std::string name = first_signal(signal);
  const auto after = std::lower_bound(around.times.begin(), around.times.end(), time);
  const bool exact = after != around.times.end() && *after == time;
  if (!exact && !around.held && after != around.times.begin() && after != around.times.end()) {
    const Nanos gap = *after - *(after - 1);
    if (around.hold_limit.count() > 0 && gap > around.hold_limit)
      return unknown(name + " has a gap of " + format_duration(gap) + " around " + time_text(time) +
                     ", longer than ten of its periods");
  }
  const std::optional<Value> value = value_at(resample(around, {time}), 0);
  if (!value) {
    if (std::string why = evaluation.unknown_operand(signal); !why.empty()) return unknown(why);
    return unknown(name + " has no value at " + time_text(time));
  }
  evaluation.add_input(name + "@" + time_text(time));
  return known(*value);
}

namespace {
Datum value_of_condition(Evaluation& evaluation, const Node& signal, const Tally& tally) {
  if (tally.samples == 0 || tally.there() == 0) return nothing(evaluation, signal, tally);
  return unknown(std::to_string(tally.missing) + " of " + std::to_string(tally.samples) +
                 " samples of " + first_signal(signal) + " are missing");
}

/// Visits the truth of every sample, and for a state the one that holds when the segment begins.
template <class Each>
Tally each_truth(Evaluation& evaluation, const Node& signal, Each&& each) {
  Tally tally;
  const auto visit = [&](Truth truth, SessionTime time) {
    ++tally.samples;
    if (truth == kNotKnown) ++tally.missing;
    return each(truth, time);
  };
  bool first = true;
  evaluation.each_stretch(signal, evaluation.segment_range(),
                          [&](const Samples& samples, std::size_t begin, std::size_t end) {
                            if (samples.content != Content::kTruths) return true;
                            const SessionTime start = evaluation.segment_range().start;
                            const bool starts = begin < end && samples.times[begin] == start;
                            if (first && samples.held && begin > 0 && !starts &&
                                !visit(samples.truth(begin - 1), start))
                              return false;
                            first = false;
                            for (std::size_t row = begin; row < end; ++row)
                              if (!visit(samples.truth(row), samples.times[row])) return false;
                            return true;
                          });
  return tally;
}

/// any(c) is not all(not c): one walk for both.
Datum decide(Evaluation& evaluation, const Node& call, Truth decisive) {
  const Node& signal = *call.children[0];
  std::optional<SessionTime> at;
  const Tally tally = each_truth(evaluation, signal, [&](Truth truth, SessionTime time) {
    if (truth == decisive) at = time;
    return truth != decisive;
  });
  if (at) {
    evaluation.add_input(first_signal(signal) + "@" + time_text(*at));
    return known(decisive == kTrue, 1,
                 std::string(decisive == kTrue ? "true" : "false") + " at " + time_text(*at));
  }
  if (tally.samples == 0 || tally.missing > 0) return value_of_condition(evaluation, signal, tally);
  return known(decisive != kTrue, 1, tally.note());
}

/// How long a condition holds. A sample stands for the time until the next one (a derivative for
/// the time since the one before), at most for the hold limit; time without a sample is not known.
class Spells {
 public:
  explicit Spells(TimeRange range) : range_(range) {}

  void add(const Samples& samples, std::size_t begin, std::size_t end) {
    if (samples.content != Content::kTruths) return;
    if (!started_) start(samples, begin);
    for (std::size_t row = begin; row < end; ++row) {
      pass(samples.times[row], samples.backward ? samples.truth(row) : state_, samples);
      state_ = samples.truth(row);
      ++tally_.samples;
      if (state_ == kNotKnown) ++tally_.missing;
    }
    tail_ = samples.backward && end < samples.times.size() ? samples.truth(end) : state_;
    tail_time_ = end < samples.times.size() ? std::optional(samples.times[end]) : std::nullopt;
    last_ = samples;
    last_.times.clear();
  }
  void finish() {
    if (!started_) return;
    const bool open = last_.backward && !tail_time_;
    pass(range_.end, open ? kNotKnown : tail_, last_);
    close();
  }
  std::int64_t true_ns() const { return true_ns_; }
  std::int64_t known_ns() const { return known_ns_; }
  std::int64_t longest_ns() const { return longest_ns_; }
  const Tally& tally() const { return tally_; }

 private:
  void start(const Samples& samples, std::size_t begin) {
    started_ = true;
    state_ = kNotKnown;
    at_ = range_.start;
    limit_ = samples.hold_limit;
    if (limit_.count() == 0) limit_ = typical_limit(samples);
    if (begin > 0) {
      state_ = samples.truth(begin - 1);
      since_ = samples.times[begin - 1];
    }
  }
  /// Ten times the median interval, for streams whose rate nobody stated.
  static Nanos typical_limit(const Samples& samples) {
    std::vector<Nanos> steps;
    for (std::size_t i = 1; i < samples.times.size(); ++i)
      steps.push_back(samples.times[i] - samples.times[i - 1]);
    if (steps.empty()) return Nanos{1};  // a lone sample says nothing of the time after it
    const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
    std::nth_element(steps.begin(), middle, steps.end());
    return 10 * *middle;
  }
  /// The time from at_ to `until` is in `state`, as far as the sample that says so reaches.
  void pass(SessionTime until, Truth state, const Samples& samples) {
    if (until > at_) {
      if (samples.held || limit_.count() == 0) {
        count(at_, until, state);
      } else if (samples.backward) {
        // The end of the last interval may lie beyond the segment: its sample speaks for all of it.
        const SessionTime sample = until == range_.end && tail_time_ ? *tail_time_ : until;
        const SessionTime from = std::clamp(sample - limit_, at_, until);
        count(at_, from, kNotKnown);
        count(from, until, state);
      } else {
        const SessionTime reach = since_ ? std::clamp(*since_ + limit_, at_, until) : at_;
        count(at_, reach, state);
        count(reach, until, kNotKnown);
      }
      at_ = until;
    }
    since_ = until;
  }
  void count(SessionTime from, SessionTime until, Truth state) {
    const std::int64_t ns = (until - from).count();
    if (ns <= 0) return;
    if (state != kNotKnown) known_ns_ += ns;
    if (state == kTrue) {
      true_ns_ += ns;
      run_ns_ += ns;
    } else {
      close();
    }
  }
  void close() {
    longest_ns_ = std::max(longest_ns_, run_ns_);
    run_ns_ = 0;
  }

  TimeRange range_;
  bool started_ = false;
  SessionTime at_{};
  std::optional<SessionTime> since_;  // time of the sample whose state holds
  Truth state_ = kNotKnown;
  Truth tail_ = kNotKnown;
  std::optional<SessionTime> tail_time_;
  Nanos limit_{0};
  Samples last_;
  Tally tally_;
  std::int64_t true_ns_ = 0, known_ns_ = 0, longest_ns_ = 0, run_ns_ = 0;
};

/// Measures a condition; `pick` takes the figure from the spells.
template <class Pick>
Datum measure(Evaluation& evaluation, const Node& call, Pick&& pick) {
  const Node& signal = *call.children[0];
  const TimeRange range = evaluation.segment_range();
  Spells spells(range);
  evaluation.each_stretch(signal, range,
                          [&](const Samples& samples, std::size_t begin, std::size_t end) {
                            spells.add(samples, begin, end);
                            return true;
                          });
  spells.finish();
  if (spells.known_ns() == 0) {
    if (spells.tally().there() > 0)
      return unknown("the samples of " + first_signal(signal) + " stand for no time of " +
                     segment_text(evaluation));
    return nothing(evaluation, signal, spells.tally());
  }
  const double share =
      static_cast<double>(spells.known_ns()) / static_cast<double>(range.length().count());
  const std::string note =
      spells.tally().note() +
      (share < 1 ? ", " + short_number(100 * (1 - share)) + " % of the time without a sample" : "");
  return known(pick(spells), share, note);
}
}  // namespace

Datum condition_any(Evaluation& evaluation, const Node& call) {
  return decide(evaluation, call, kTrue);
}
Datum condition_all(Evaluation& evaluation, const Node& call) {
  return decide(evaluation, call, kFalse);
}
Datum condition_count(Evaluation& evaluation, const Node& call) {
  std::int64_t count = 0;
  Tally tally;
  evaluation.each_stretch(
      *call.children[0], evaluation.segment_range(),
      [&](const Samples& samples, std::size_t begin, std::size_t end) {
        for (std::size_t row = begin; row < end; ++row) {
          ++tally.samples;
          const Truth truth = samples.content == Content::kTruths ? samples.truth(row) : kNotKnown;
          if (truth == kNotKnown) ++tally.missing;
          if (truth == kTrue) ++count;
        }
        return true;
      });
  if (tally.samples == 0 || tally.missing > 0)
    return value_of_condition(evaluation, *call.children[0], tally);
  return known(count, 1, tally.note());
}
Datum condition_duration(Evaluation& evaluation, const Node& call) {
  return measure(evaluation, call, [](const Spells& spells) { return Value(spells.true_ns()); });
}
Datum condition_longest(Evaluation& evaluation, const Node& call) {
  return measure(evaluation, call, [](const Spells& spells) { return Value(spells.longest_ns()); });
}
Datum condition_share(Evaluation& evaluation, const Node& call) {
  return measure(evaluation, call, [](const Spells& spells) {
    return Value(static_cast<double>(spells.true_ns()) / static_cast<double>(spells.known_ns()));
  });
}

}  // namespace reelcell::label
