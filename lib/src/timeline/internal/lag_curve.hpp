// The coarse look: correlation over all offsets that may be, on an even grid, for several stretches
// of the slower record, stacked along every drift that may be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "reelcell/timeline/correlate.hpp"
#include "reelcell/timeline/measure.hpp"

namespace reelcell::timeline {

/// Times are relative to each record's own start, so that a common shift changes nothing at all.
struct LagCurve {
  std::int64_t step_ns = 1;
  std::ptrdiff_t first_lag = 0;   ///< fast time - slow time = (first_lag + i) * step
  std::vector<float> r;           ///< at the best drift; 0 where too little overlaps
  std::vector<float> r_negative;  ///< of the inverted signal; empty unless asked for
  std::vector<float> drift;       ///< the best drift (s/s) at each lag; empty for a single stretch
  double middle_ns = 0;           ///< of the slower record: where the lag holds
  double lag_ns(double i) const {
    return (static_cast<double>(first_lag) + i) * static_cast<double>(step_ns);
  }
};
/// Empty `r` when nothing can be compared.
LagCurve lag_curve(const IntervalSignal& slow, const IntervalSignal& fast, std::int64_t expected_ns,
                   const MeasureOptions& options);

/// Means on a grid of `count` cells of `step` from `origin`; a cell counts where at least half of
/// it is covered.
MaskedSamples on_grid(const IntervalSignal& signal, std::int64_t origin_ns, std::int64_t step_ns,
                      std::size_t count, bool root);

}  // namespace reelcell::timeline
