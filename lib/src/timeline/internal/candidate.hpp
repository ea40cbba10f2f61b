// One offset that may be, fitted to the samples themselves: how well, how surely, how evenly.
#pragma once

#include "blocks.hpp"
#include "curve_peaks.hpp"

namespace reelcell::timeline {

/// Both records on clocks that start with them, the one with longer intervals as `slow`.
struct Sides {
  IntervalSignal slow, fast;
  std::int64_t slow_start = 0, fast_start = 0;
  bool swapped = false;        ///< a is the fast one
  std::int64_t period_ns = 0;  ///< of the slower record as it was given
};
Sides sides_of(const IntervalSignal& a, const IntervalSignal& b);
IntervalSignal from_zero(IntervalSignal in);
/// The slower record's intervals merged to this length, the faster one smoothed over it.
Sides coarser(const Sides& sides, std::int64_t length_ns);

/// A candidate, fitted to the samples themselves.
struct Fitted {
  BlockTable table;
  std::vector<double> weight;
  ClockFit fit;
  double sign = 1;
  double offset_error_ns = 0, drift_error = 0;  ///< standard errors
  double ratio_to_t = 2;                        ///< 97.5 % quantile of Student's t
  /// How far the fit moves when what is new in each value is shown by both records and not noise:
  /// nothing tells a white signal from white noise, and the truth lies between the two.
  double model_error_ns = 0;
  double slope = 0;  ///< of the table; the drift is slope + fit.drift
};
Fitted fit_candidate(const Sides& sides, const MeanOf& fast, const LagCurve& curve,
                     const Tried& candidate, const MeasureOptions& options);

/// Half-width of the peak at half height, by the curvature at the top.
double lobe_ns(const Fitted& fitted);
/// Correlation in the direction of the candidate's sign; block `block` is left out (-1: none).
double height_without(const Fitted& fitted, std::ptrdiff_t block);
/// How many standard errors better `a` fits than `b`: block by block, so that what disturbs both
/// alike does not count. Here the start and stop of a session and its long moves decide.
double advantage(const Fitted& a, const Fitted& b);
/// Share of the moving blocks that the fit explains at all. A clock that jumped in the middle of a
/// session fits one part of it and not the other.
double agreement(const Fitted& fitted);

}  // namespace reelcell::timeline
