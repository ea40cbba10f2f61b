// What a lag curve says: the offsets that may be, and how far the best stands out.
#pragma once

#include <vector>

#include "lag_curve.hpp"

namespace reelcell::timeline {

constexpr std::size_t kMostCandidates = 12;

/// A peak of the curve, or (sign -1) of the inverted signal's.
struct Tried {
  Peak peak;
  double sign = 1;
};

struct CurvePeaks {
  std::vector<Tried> peaks;  ///< by height
  double ratio = 1;          ///< second height to the first
  double contrast = 0;       ///< of the first over the rest of its curve, in spreads
};
CurvePeaks peaks_of(const LagCurve& curve);

}  // namespace reelcell::timeline
