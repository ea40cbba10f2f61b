// Functions over the samples of a segment. Missing samples are left out of figures, lower the
// confidence, and make any(..), all(..) and count(..) unknown where they could change the answer.
#include <algorithm>
#include <array>
#include <cmath>

#include "internal/evaluation.hpp"
#include "internal/function_bodies.hpp"
#include "internal/tally.hpp"

namespace reelcell::label {

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
Datum nothing(Evaluation& evaluation, const Node& signal, const Tally& tally) {
  if (std::string why = evaluation.unknown_operand(signal); !why.empty()) return unknown(why);
  const std::string name = first_signal(signal);
  if (tally.samples == 0)
    return unknown(name + " has no samples in " + segment_text(evaluation) + "; at(" + name +
                   ", segment.start) would hold the last one before it");
  return unknown("all " + std::to_string(tally.samples) + " samples of " + name + " in " +
                 segment_text(evaluation) + " are missing");
}

namespace {
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
  Datum share = evaluation.argument(call, 1);
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
  Datum when = evaluation.argument(call, 1);
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

}  // namespace reelcell::label
