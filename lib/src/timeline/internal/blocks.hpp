// Sums per block of the slower record, for every shift of the faster one: from them the correlation
// for any offset and drift follows without touching the samples again.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "reelcell/timeline/interval_signal.hpp"

namespace reelcell::timeline {

/// Integral of a signal over time, so that its mean over any interval is two look-ups.
class MeanOf {
 public:
  explicit MeanOf(const IntervalSignal& signal);
  const IntervalSignal& signal() const { return *signal_; }
  std::int64_t period_ns() const { return period_ns_; }  ///< of its intervals; 0 = of no one length
  /// Of the change from one value to the next, squared: what is new in each value.
  double noise_share() const { return noise_share_; }
  /// Of what is new in each value, in terms of noise_share(): what the other record shows too when
  /// the two correlate by `r`.
  double shared_news(double r) const;
  /// Means over [start[i] + shift, end[i] + shift); NaN where less than half of it is covered.
  /// Starts must not decrease.
  void means(std::span<const std::int64_t> start, std::span<const std::int64_t> end,
             std::int64_t shift, std::vector<float>& out) const;

 private:
  double integral(std::size_t at, std::int64_t t) const;
  double covered(std::size_t at, std::int64_t t) const;
  const IntervalSignal* signal_;
  std::int64_t period_ns_ = 0;
  double noise_share_ = 0;
  double rise_ = 0;    ///< twice the variance, per squared change from one value to the next
  double centre_ = 0;  ///< taken off the values, for the sake of digits
  std::vector<double> sum_, time_;  ///< up to the start of interval i
};

struct BlockSums {
  double n = 0, aa = 0, bb = 0, ab = 0;  ///< about the block's own means
};

/// Block j spans slow intervals [first[j], first[j + 1]); sums[j * shifts + k] is for shift
/// start + k * step.
struct BlockTable {
  std::vector<std::size_t> first;
  std::vector<double> middle_ns;  ///< of each block, relative to `origin`
  std::int64_t start_ns = 0, step_ns = 1;
  std::size_t shifts = 0;
  std::vector<BlockSums> sums;
  std::size_t blocks() const { return middle_ns.size(); }
  /// Interpolated (Catmull-Rom) at any shift; clamped to the table.
  BlockSums at(std::size_t block, double shift_ns) const;
};
/// What is new in each value of the faster record is taken for noise, or for something shown.
enum class NewInEach { kNoise, kShown };
/// `slope`: the shift of block j is start + k * step + slope * middle. `root`: compare square
/// roots.
BlockTable tabulate(const IntervalSignal& slow, const MeanOf& fast, std::vector<std::size_t> first,
                    std::int64_t origin_ns, double slope, std::int64_t start_ns,
                    std::int64_t step_ns, std::size_t shifts, bool root,
                    NewInEach what = NewInEach::kNoise);

/// offset at the origin and drift (s/s) that correlate best.
struct ClockFit {
  double offset_ns = 0, drift = 0;
  double r = 0;
};
/// Weighted correlation pooled over the blocks; block `without` is left out (-1: none).
double pooled(const BlockTable& table, std::span<const double> weight, double offset_ns,
              double drift, std::ptrdiff_t without = -1);
/// The maximum of sign * pooled() near a start, by a grid that closes in; drifts beyond
/// +-most_drift from `no_drift` are not tried.
struct FitReach {
  double offset_ns = 0, drift = 0;
  double no_drift = 0, most_drift = 1;
};
ClockFit fit_blocks(const BlockTable& table, std::span<const double> weight, double sign,
                    ClockFit start, const FitReach& reach, std::ptrdiff_t without = -1);
/// 1 / noise of each block about the fit: a block that something else disturbs counts less.
std::vector<double> block_weights(const BlockTable& table, const ClockFit& fit);

}  // namespace reelcell::timeline
