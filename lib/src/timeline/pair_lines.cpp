#include "internal/pair_lines.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "internal/wide.hpp"
#include "reelcell/base/median.hpp"

namespace reelcell::timeline {
namespace {
constexpr std::size_t kSenPoints = 400;  ///< 80,000 slopes a window
constexpr double kEarly = 4;             ///< median spreads below the median: no delay is negative

PairLine theil_sen(const std::vector<PairPoint>& all) {
  std::vector<PairPoint> some;
  const std::size_t stride = (all.size() + kSenPoints - 1) / kSenPoints;
  for (std::size_t i = 0; i < all.size(); i += stride) some.push_back(all[i]);
  std::vector<double> slopes;
  for (std::size_t i = 0; i < some.size(); ++i)
    for (std::size_t j = i + 1; j < some.size(); ++j)
      if (some[j].x > some[i].x)
        slopes.push_back((some[j].y - some[i].y) / (some[j].x - some[i].x));
  PairLine line;
  if (!slopes.empty()) line.b = upper_median(slopes);
  std::vector<double> rest;
  for (const PairPoint& p : all) rest.push_back(p.y - line.b * p.x);
  line.a = upper_median(rest);
  return line;
}

PairLine least_squares(const std::vector<PairPoint>& points) {
  double x = 0, y = 0;
  for (const PairPoint& p : points) {
    x += p.x / static_cast<double>(points.size());
    y += p.y / static_cast<double>(points.size());
  }
  double xx = 0, xy = 0;
  for (const PairPoint& p : points) {
    xx += (p.x - x) * (p.x - x);
    xy += (p.x - x) * (p.y - y);
  }
  PairLine line;
  line.b = xx > 0 ? xy / xx : 0;
  line.a = y - line.b * x;
  return line;
}

/// Lower hull by a monotone chain; the line is the edge that spans the middle.
PairLine hull(const std::vector<PairPoint>& points) {
  std::vector<PairPoint> chain;
  for (const PairPoint& p : points) {
    while (chain.size() >= 2) {
      const PairPoint &u = chain[chain.size() - 2], &v = chain.back();
      if ((v.x - u.x) * (p.y - u.y) - (v.y - u.y) * (p.x - u.x) > 0) break;
      chain.pop_back();
    }
    chain.push_back(p);
  }
  const double middle = (points.front().x + points.back().x) / 2;
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (chain[i].x < middle && i + 1 < chain.size()) continue;
    const double run = chain[i].x - chain[i - 1].x;
    if (run <= 0) continue;
    const double slope = (chain[i].y - chain[i - 1].y) / run;
    return {chain[i].y - slope * chain[i].x, slope};
  }
  return theil_sen(points);
}

}  // namespace

double quantile_of(const std::vector<double>& sorted, double q) {
  return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1) + 0.5)];
}

std::int64_t stamp_step(const std::vector<std::int64_t>& stamps) {
  constexpr std::size_t kLeast = 8;
  std::int64_t step = 0;
  std::size_t same = 0;
  std::vector<double> apart;
  for (std::size_t i = 1; i < stamps.size(); ++i) {
    const std::int64_t d = difference(stamps[i], stamps[i - 1]);
    same += d == 0;
    step = std::gcd(step, d);
    if (d != 0) apart.push_back(std::abs(static_cast<double>(d)));
    if (step == 1) return 0;
  }
  if (stamps.size() < kLeast || apart.empty()) return 0;
  std::sort(apart.begin(), apart.end());
  const bool coarse =
      10 * same > stamps.size() || quantile_of(apart, 0.5) >= 1.5 * static_cast<double>(step);
  return coarse ? step : 0;
}

Timely without_early(const std::vector<PairPoint>& points) {
  constexpr double kSome = 0.01, kMost = 0.7;
  constexpr std::size_t kFew = 3;
  Timely out;
  const PairLine line = theil_sen(points);
  const auto rest = [&](const PairPoint& p) { return p.y - line.at(p.x); };
  std::vector<double> below;
  for (const PairPoint& p : points)
    if (rest(p) < 0) below.push_back(-rest(p));
  out.points = points;
  if (below.empty()) return out;
  const double limit = kEarly * upper_median(below);
  std::vector<double> early;
  for (const PairPoint& p : points)
    if (rest(p) < -limit) early.push_back(rest(p));
  if (early.empty()) return out;
  const double level = upper_median(early), middle = (points.front().x + points.back().x) / 2;
  const bool some =
      early.size() >= std::max(kFew, static_cast<std::size_t>(
                                         std::ceil(kSome * static_cast<double>(points.size()))));
  std::size_t alike[2] = {0, 0};  // in either half
  for (const PairPoint& p : points)
    if (rest(p) < -limit && std::abs(rest(p) - level) <= limit) ++alike[p.x > middle ? 1 : 0];
  const std::size_t agree = alike[0] + alike[1];
  const bool proven = some && agree >= kFew && 4 * std::min(alike[0], alike[1]) >= agree &&
                      static_cast<double>(agree) >= kMost * static_cast<double>(early.size());
  const double earliest = proven ? level - limit : -limit;
  out.points.clear();
  for (const PairPoint& p : points)
    if (rest(p) >= earliest) out.points.push_back(p);
  out.rejected = points.size() - out.points.size();
  if (some && !proven) out.doubt_ns = -level;
  return out;
}

PairLine fit_line(const std::vector<PairPoint>& points, PairMethod method) {
  if (method == PairMethod::kHull) return hull(points);
  return method == PairMethod::kTheilSen ? theil_sen(points) : least_squares(points);
}

}  // namespace reelcell::timeline
