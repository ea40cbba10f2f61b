// Functions over conditions on the samples of a segment. Missing samples make any(..), all(..) and
// count(..) unknown where they could change the answer; of durations they lower the confidence.
#include <algorithm>
#include <cmath>

#include "internal/evaluation.hpp"
#include "internal/function_bodies.hpp"
#include "internal/tally.hpp"

namespace reelcell::label {
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
