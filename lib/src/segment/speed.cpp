// From samples to speed: differences, norm and the symmetric low-pass.
#include <cmath>
#include <deque>

#include "internal/motion.hpp"

namespace reelcell::segment {
namespace {
struct Elements {
  SessionTime time{};
  std::vector<double> values;
};

double norm(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

/// Central differences: the speed at a sample from its two neighbours, so that it is not late by
/// half a sample.
class Differentiator {
 public:
  std::optional<Elements> add(Elements position) {
    window_.push_back(std::move(position));
    if (window_.size() < 3) return std::nullopt;
    const auto seconds = static_cast<double>((window_[2].time - window_[0].time).count()) / 1e9;
    Elements speed{window_[1].time, std::vector<double>(window_[0].values.size())};
    for (std::size_t i = 0; i < speed.values.size(); ++i)
      speed.values[i] = (window_[2].values[i] - window_[0].values[i]) / seconds;
    window_.pop_front();
    return speed;
  }

 private:
  std::deque<Elements> window_;
};

/// Weighted mean over (t - half, t + half) with weights that fall off linearly. Holds that window
/// only.
class LowPass {
 public:
  LowPass(Nanos width, const std::function<void(const SpeedStep&)>& take)
      : half_(width / 2), take_(&take) {}
  void add(Elements sample) {
    speeds_.push_back({sample.time, norm(sample.values)});
    elements_.push_back(std::move(sample));
    while (next_ < elements_.size() && elements_[next_].time + half_ < elements_.back().time)
      emit();
  }
  void finish() {
    while (next_ < elements_.size()) emit();
    elements_.clear();
    speeds_.clear();
    next_ = first_ = 0;
  }

 private:
  void emit() {
    const SessionTime centre = elements_[next_].time;
    // One more sample on the left than the kernel needs: a border may lie before the centre.
    while (first_ + 1 < next_ && elements_[first_ + 1].time < centre - half_) ++first_;
    std::vector<double> sum(elements_[next_].values.size(), 0.0);
    double total = 0;
    std::size_t last = first_;
    for (std::size_t i = first_; i < elements_.size(); ++i) {
      const Nanos away =
          elements_[i].time > centre ? elements_[i].time - centre : centre - elements_[i].time;
      if (elements_[i].time > centre + half_) break;
      last = i;
      const double weight = i == next_
                                ? 1.0
                                : 1.0 - static_cast<double>(away.count()) /
                                            std::max(1.0, static_cast<double>(half_.count()));
      if (weight <= 0) continue;
      for (std::size_t e = 0; e < sum.size(); ++e) sum[e] += weight * elements_[i].values[e];
      total += weight;
    }
    for (double& value : sum) value /= total;
    (*take_)({centre, norm(sum), {speeds_.data() + first_, last - first_ + 1}});
    ++next_;
    compact();
  }
  void compact() {
    if (first_ < 4096) return;
    const auto count = static_cast<std::ptrdiff_t>(first_);
    elements_.erase(elements_.begin(), elements_.begin() + count);
    speeds_.erase(speeds_.begin(), speeds_.begin() + count);
    next_ -= first_;
    first_ = 0;
  }

  Nanos half_;
  const std::function<void(const SpeedStep&)>* take_;
  std::vector<Elements> elements_;
  std::vector<SpeedSample> speeds_;
  std::size_t first_ = 0, next_ = 0;
};
}  // namespace

std::string MotionSignal::unit() const {
  if (signal.spec.unit.empty()) return "";
  return signal.spec.unit + (positions ? "/s" : "");
}

void walk_speed(const MotionSignal& motion, SessionSignals& signals, TimeRange range,
                const std::function<void(const SpeedStep&)>& step,
                const std::function<void(std::optional<SessionTime>)>& interrupted) {
  LowPass low_pass(motion.smooth, step);
  Differentiator differentiator;
  std::optional<SessionTime> last;
  each_slice(signals, motion.signal.stream, range, [&](const SeriesSlice& slice) {
    const Column& column = slice.columns.at(motion.signal.column);
    for (std::size_t row = 0; row < slice.size(); ++row) {
      Elements sample{slice.times[row], std::vector<double>(motion.width())};
      for (std::size_t i = 0; i < sample.values.size(); ++i) {
        sample.values[i] = column.number(row, motion.signal.element.value_or(i));
        if (!motion.weights.empty()) sample.values[i] *= motion.weights[i];
      }
      // Not measured: a hole when there are many of them. Twice the same time: the first counts.
      if (!std::isfinite(norm(sample.values)) || (last && sample.time <= *last)) continue;
      if (last && motion.max_gap > Nanos{0} && sample.time - *last > motion.max_gap) {
        low_pass.finish();
        interrupted(sample.time);
        differentiator = {};
      }
      last = sample.time;
      if (!motion.positions)
        low_pass.add(std::move(sample));
      else if (auto speed = differentiator.add(std::move(sample)))
        low_pass.add(std::move(*speed));
    }
  });
  low_pass.finish();
  interrupted(std::nullopt);
}

}  // namespace reelcell::segment
