#include "internal/samples.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace reelcell::label {
namespace {
/// Everything but the values.
Samples like(const Samples& source, std::size_t width) {
  Samples result;
  result.content = source.content;
  result.times = source.times;
  result.width = width;
  result.constant = source.constant;
  result.held = source.held;
  result.backward = source.backward;
  result.hold_limit = source.hold_limit;
  return result;
}

class Resampler {
 public:
  Resampler(const Samples& source, Samples& result) : source_(source), result_(result) {}

  void add(SessionTime time) {
    while (next_ < source_.times.size() && source_.times[next_] <= time) ++next_;
    const bool exact = next_ > 0 && source_.times[next_ - 1] == time;
    if (source_.content == Content::kNumbers)
      add_number(time, exact);
    else if (source_.content == Content::kTruths)
      result_.truths.push_back(has(exact) ? source_.truths[row(exact)] : kNotKnown);
    else
      result_.texts.push_back(has(exact) ? source_.texts[row(exact)] : std::nullopt);
  }

 private:
  /// Row that stands for the time when nothing is interpolated.
  std::size_t row(bool exact) const { return source_.backward && !exact ? next_ : next_ - 1; }
  bool has(bool exact) const {
    return source_.backward && !exact ? next_ < source_.times.size() : next_ > 0;
  }
  void add_number(SessionTime time, bool exact) {
    const bool interpolate = !exact && !source_.held && !source_.backward;
    const bool both = next_ > 0 && next_ < source_.times.size();
    for (std::size_t i = 0; i < source_.width; ++i) {
      double value = kMissing;
      if (interpolate && both) {
        const double from = source_.number(next_ - 1, i), to = source_.number(next_, i);
        const auto whole =
            static_cast<double>((source_.times[next_] - source_.times[next_ - 1]).count());
        const auto part = static_cast<double>((time - source_.times[next_ - 1]).count());
        value = from + (to - from) * (part / whole);
      } else if (!interpolate && has(exact)) {
        value = source_.number(row(exact), i);
      }
      result_.numbers.push_back(value);
    }
  }
  const Samples& source_;
  Samples& result_;
  std::size_t next_ = 0;  // first row later than the time at hand
};
}  // namespace

Samples resample(const Samples& source, const std::vector<SessionTime>& times) {
  Samples result = like(source, source.width);
  result.times = times;
  Resampler resampler(source, result);
  for (const SessionTime time : times) resampler.add(time);
  return result;
}

void align(Samples& a, Samples& b) {
  if (a.constant || b.constant || a.times == b.times) return;
  std::vector<SessionTime> times;
  times.reserve(a.times.size() + b.times.size());
  std::set_union(a.times.begin(), a.times.end(), b.times.begin(), b.times.end(),
                 std::back_inserter(times));
  a = resample(a, times);
  b = resample(b, times);
}

Samples sample_abs(const Samples& argument) {
  Samples result = argument;
  for (double& value : result.numbers) value = std::abs(value);
  return result;
}

Samples sample_norm(const Samples& argument) {
  Samples result = like(argument, 1);
  result.numbers.reserve(argument.rows());
  for (std::size_t row = 0; row < argument.rows(); ++row) {
    double sum = 0;
    for (std::size_t i = 0; i < argument.width; ++i)
      sum += argument.number(row, i) * argument.number(row, i);
    result.numbers.push_back(std::sqrt(sum));
  }
  return result;
}

Samples sample_rate(const Samples& argument) {
  Samples result = like(argument, argument.width);
  result.held = false;
  result.backward = true;
  result.numbers.assign(argument.rows() * argument.width, kMissing);
  for (std::size_t row = 1; row < argument.times.size(); ++row) {
    const auto ns = static_cast<double>((argument.times[row] - argument.times[row - 1]).count());
    if (!(ns > 0)) continue;
    for (std::size_t i = 0; i < argument.width; ++i)
      result.numbers[row * argument.width + i] =
          (argument.number(row, i) - argument.number(row - 1, i)) * 1e9 / ns;
  }
  return result;
}

Samples sample_speed(const Samples& argument) { return sample_norm(sample_rate(argument)); }

}  // namespace reelcell::label
