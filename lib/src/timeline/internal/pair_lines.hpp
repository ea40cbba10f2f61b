// One straight line through the pairs of stamps of a window.
#pragma once

#include <cstdint>
#include <vector>

#include "reelcell/timeline/clock_pairs.hpp"

namespace reelcell::timeline {

/// Device time and host - device, both from the piece's first pair on: doubles then hold 0.01 ns
/// over a shift of hours.
struct PairPoint {
  double x = 0, y = 0;
};
struct PairLine {
  double a = 0, b = 0;  ///< y = a + b x
  double at(double x) const { return a + b * x; }
};

PairLine fit_line(const std::vector<PairPoint>& points, PairMethod method);

/// Points without those that came before their time.
struct Timely {
  std::vector<PairPoint> points;
  std::uint64_t rejected = 0;
  double doubt_ns = 0;  ///< how much earlier the clock may be by those that were rejected
};

/// Arrivals before their time cannot be delays; one of them would tilt the hull. But where some
/// percent come early by the same time all along, the others are late: no message is faster than
/// the least delay. Those that are as many and do not agree are not believed, and not forgotten.
Timely without_early(const std::vector<PairPoint>& points);

/// The step that stamps are whole multiples of, where it shows: several come on one step, or they
/// are not one step apart, as the stamps of what is regular are.
std::int64_t stamp_step(const std::vector<std::int64_t>& stamps);

/// The nearest of `sorted`, which is not empty; q in 0..1.
double quantile_of(const std::vector<double>& sorted, double q);

}  // namespace reelcell::timeline
