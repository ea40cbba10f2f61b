#include "internal/curve_peaks.hpp"
#include "reelcell/base/median.hpp"

#include <algorithm>
#include <cmath>

namespace reelcell::timeline {
namespace {

/// Values of the curve away from the peak's own lobe.
std::vector<float> background(const std::vector<float>& curve, double position) {
  const auto top = static_cast<std::ptrdiff_t>(std::lround(position));
  const auto size = static_cast<std::ptrdiff_t>(curve.size());
  std::ptrdiff_t left = top, right = top;
  const float edge = 0.5f * curve[static_cast<std::size_t>(top)];
  while (left > 0 && curve[static_cast<std::size_t>(left)] > edge) --left;
  while (right + 1 < size && curve[static_cast<std::size_t>(right)] > edge) ++right;
  std::vector<float> out;
  for (std::ptrdiff_t i = 0; i < size; ++i)
    if ((i < left || i > right) && curve[static_cast<std::size_t>(i)] != 0)
      out.push_back(curve[static_cast<std::size_t>(i)]);
  return out;
}

}  // namespace

CurvePeaks peaks_of(const LagCurve& curve) {
  CurvePeaks out;
  float top = 0;
  for (const auto* side : {&curve.r, &curve.r_negative})
    for (const float r : *side) top = std::max(top, r);
  if (top <= 0) return out;
  const double prominence = std::max(0.02, 0.05 * top);
  const std::size_t many = 4 * kMostCandidates;
  for (const Peak& peak : find_peaks(curve.r, prominence, many)) out.peaks.push_back({peak, 1});
  if (!curve.r_negative.empty())
    for (const Peak& peak : find_peaks(curve.r_negative, prominence, many))
      out.peaks.push_back({peak, -1});
  std::stable_sort(out.peaks.begin(), out.peaks.end(),
                   [](const Tried& a, const Tried& b) { return a.peak.height > b.peak.height; });
  if (out.peaks.empty()) return out;
  const Tried& first = out.peaks.front();
  out.ratio =
      out.peaks.size() > 1 ? std::max(0.0, out.peaks[1].peak.height) / first.peak.height : 0;
  const auto rest = background(first.sign > 0 ? curve.r : curve.r_negative, first.peak.position);
  const double spread = robust_spread(rest);
  out.contrast = spread > 0 ? (first.peak.height - upper_median(rest)) / spread : 0;
  return out;
}

}  // namespace reelcell::timeline
