#include <algorithm>
#include <cmath>
#include <limits>

#include "reelcell/timeline/correlate.hpp"

namespace reelcell::timeline {
namespace {

Peak refined(std::span<const float> curve, std::size_t at) {
  Peak peak{static_cast<double>(at), curve[at]};
  if (at == 0 || at + 1 >= curve.size()) return peak;
  const double left = curve[at - 1], middle = curve[at], right = curve[at + 1];
  const double bend = left - 2 * middle + right;
  if (bend >= 0) return peak;  // a plateau
  const double shift = std::clamp((left - right) / 2 / bend, -0.5, 0.5);
  peak.position += shift;
  peak.height = middle - (left - right) * shift / 4;
  return peak;
}

/// Highest saddle to a higher point on one side; -inf when there is no higher one.
double saddle(std::span<const float> curve, std::size_t at, int step) {
  double lowest = curve[at];
  for (auto i = static_cast<std::ptrdiff_t>(at) + step;
       i >= 0 && i < static_cast<std::ptrdiff_t>(curve.size()); i += step) {
    const double value = curve[static_cast<std::size_t>(i)];
    if (value > curve[at]) return lowest;
    lowest = std::min(lowest, value);
  }
  return -std::numeric_limits<double>::infinity();
}

}  // namespace

std::vector<Peak> find_peaks(std::span<const float> curve, double prominence, std::size_t limit) {
  std::vector<std::size_t> tops;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const bool rises = i == 0 || curve[i] > curve[i - 1];
    const bool falls = i + 1 == curve.size() || curve[i] >= curve[i + 1];
    if (rises && falls) tops.push_back(i);
  }
  std::stable_sort(tops.begin(), tops.end(),
                   [&](std::size_t a, std::size_t b) { return curve[a] > curve[b]; });
  std::vector<Peak> peaks;
  for (const std::size_t top : tops) {
    if (peaks.size() >= limit) break;
    const double base = std::max(saddle(curve, top, -1), saddle(curve, top, 1));
    if (curve[top] - base >= prominence) peaks.push_back(refined(curve, top));
  }
  return peaks;
}

double robust_spread(std::span<const float> values) {
  if (values.empty()) return 0;
  std::vector<float> some;
  const std::size_t stride = (values.size() + 65535) / 65536;
  for (std::size_t i = 0; i < values.size(); i += stride) some.push_back(values[i]);
  const auto middle = [&] {
    const auto at = some.begin() + static_cast<std::ptrdiff_t>(some.size() / 2);
    std::nth_element(some.begin(), at, some.end());
    return *at;
  };
  const float centre = middle();
  for (float& value : some) value = std::abs(value - centre);
  return 1.4826 * middle();
}

}  // namespace reelcell::timeline
