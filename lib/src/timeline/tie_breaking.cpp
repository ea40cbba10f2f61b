#include "internal/tie_breaking.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace reelcell::timeline {
namespace {

constexpr std::size_t kLeastIntervals = 32;

/// Picks the candidate that fits better than every other by a wide margin; -1 where none does.
std::ptrdiff_t by_fit(const std::vector<Fitted>& fitted) {
  constexpr double kWide = 5;          // standard errors
  constexpr double kLeastGain = 0.02;  // of r: below, systematic errors may decide
  std::size_t best = 0;
  for (std::size_t i = 1; i < fitted.size(); ++i)
    if (height_without(fitted[i], -1) > height_without(fitted[best], -1)) best = i;
  for (std::size_t i = 0; i < fitted.size(); ++i) {
    if (i == best) continue;
    // Two that climbed onto the same top are one.
    const double apart = std::abs(fitted[i].fit.offset_ns - fitted[best].fit.offset_ns);
    if (fitted[i].sign == fitted[best].sign && apart < lobe_ns(fitted[best])) continue;
    const double gain = height_without(fitted[best], -1) - height_without(fitted[i], -1);
    if (gain < kLeastGain || advantage(fitted[best], fitted[i]) < kWide) return -1;
  }
  return static_cast<std::ptrdiff_t>(best);
}

/// Means over whole periods of what the candidates repeat with, a quarter of a period apart: what
/// is left is the start and stop of movement and the long moves.
class Envelopes {
 public:
  static constexpr std::int64_t kPerPeriod = 4;

  Envelopes(const Sides& sides, std::int64_t period_ns) : period_ns_(period_ns) {
    for (std::int64_t t = 0; t + period_ns <= sides.slow.end_ns.back(); t += period_ns / kPerPeriod)
      start_.push_back(t);
    means(MeanOf(sides.slow), 0, 0, 0, slow_);
    std::vector<float> sorted;
    for (const float v : slow_)
      if (!std::isnan(v)) sorted.push_back(v);
    std::sort(sorted.begin(), sorted.end());
    if (sorted.size() < kLeastIntervals) return;
    const double level = sorted[sorted.size() * 95 / 100] - sorted[sorted.size() * 5 / 100];
    least_ = kOfLevel * level * level;
  }
  bool enough() const { return least_ > 0; }

  /// Squared rests of the slow one's envelope where the clock is this one; NaN where there is none.
  struct Rests {
    double r = 0;
    std::vector<double> squared;
  };
  Rests rests(const MeanOf& fast, double lag_ns, double drift, double middle_ns) const {
    std::vector<float> other;
    means(fast, lag_ns, drift, middle_ns, other);
    double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (std::size_t i = 0; i < slow_.size(); ++i) {
      const double a = other[i], b = slow_[i];
      if (std::isnan(a) || std::isnan(b)) continue;
      n += 1;
      x += a;
      y += b;
      xx += a * a;
      yy += b * b;
      xy += a * b;
    }
    Rests out;
    out.squared.assign(slow_.size(), NAN);
    const double vx = xx - x * x / n, vy = yy - y * y / n, c = xy - x * y / n;
    if (!(n > 2 && vx > 0 && vy > 0)) return out;
    out.r = c / std::sqrt(vx * vy);
    const double slope = c / vx, level = (y - slope * x) / n;
    for (std::size_t i = 0; i < slow_.size(); ++i) {
      const double rest = slow_[i] - level - slope * other[i];
      out.squared[i] = rest * rest;
    }
    return out;
  }

  /// Starts and stops by which one clock is right and the other wrong.
  struct Score {
    std::size_t in_favour = 0, against = 0;
  };
  Score compare(const Rests& one, const Rests& other) const {
    Score score;
    std::size_t last_for = 0, last_against = 0;  // 1 past the last of it
    for (std::size_t i = 0; i < slow_.size(); ++i) {
      const double gain = other.squared[i] - one.squared[i];  // NaN compares false
      const auto count = [&](bool is, std::size_t& last, std::size_t& times) {
        if (!is) return;
        if (last == 0 || i >= last + kPerPeriod) ++times;
        last = i + 1;
      };
      count(gain > least_, last_for, score.in_favour);
      count(gain < -least_, last_against, score.against);
    }
    return score;
  }

 private:
  /// Where one moves and the other rests, the squared rest is the squared level.
  static constexpr double kOfLevel = 0.2;

  void means(const MeanOf& of, double lag_ns, double drift, double middle_ns,
             std::vector<float>& out) const {
    std::vector<std::int64_t> from, to;
    for (const std::int64_t t : start_) {
      from.push_back(t + std::llround(drift * (static_cast<double>(t) - middle_ns)));
      to.push_back(from.back() + period_ns_);
    }
    of.means(from, to, std::llround(lag_ns), out);
  }

  std::int64_t period_ns_;
  std::vector<std::int64_t> start_;
  std::vector<float> slow_;
  double least_ = 0;
};

/// The candidate with which two starts or stops agree that no other one explains, and none speaks
/// against it; -1 where there is none. Records that disagree about when movement began and ended (a
/// cycle that one of them did not see) have no such candidate: what one edge says, the other
/// denies.
std::ptrdiff_t by_envelope(const Sides& sides, const MeanOf& fast, const LagCurve& curve,
                           std::span<const Tried> close, const MeasureOptions& options) {
  constexpr std::size_t kEdges = 2;
  constexpr double kExplained = 0.6;  // correlation of the envelopes, at least
  double period = 0;
  const double first = curve.lag_ns(close.front().peak.position);
  for (const Tried& tried : close.subspan(1)) {
    const double apart = std::abs(curve.lag_ns(tried.peak.position) - first);
    if (period == 0 || apart < period) period = apart;
  }
  if (period < static_cast<double>(2 * curve.step_ns)) return -1;
  const Envelopes envelopes(sides, std::llround(period));
  if (!envelopes.enough()) return -1;
  std::vector<Envelopes::Rests> rests;
  for (const Tried& tried : close) {
    const auto at = static_cast<std::size_t>(std::lround(tried.peak.position));
    rests.push_back(envelopes.rests(fast, curve.lag_ns(tried.peak.position),
                                    curve.drift.empty() ? 0 : static_cast<double>(curve.drift[at]),
                                    curve.middle_ns));
  }
  for (std::size_t i = 0; i < close.size(); ++i) {
    if (close[i].sign * rests[i].r < std::max(options.min_height, kExplained)) continue;
    bool best = true;
    for (std::size_t k = 0; k < close.size() && best; ++k) {
      if (k == i) continue;
      const auto score = envelopes.compare(rests[i], rests[k]);
      best = score.in_favour >= kEdges && score.against == 0;
    }
    if (best) return static_cast<std::ptrdiff_t>(i);
  }
  return -1;
}

}  // namespace

Choice break_tie(const Sides& sides, const MeanOf& fast, const LagCurve& curve,
                 std::span<const Tried> close, const MeasureOptions& options) {
  if (const auto at = by_envelope(sides, fast, curve, close, options); at >= 0)
    return {at, "start and stop and long moves decided"};
  if (close.size() > kMostCandidates) return {};
  std::vector<Fitted> fitted;
  for (const Tried& tried : close)
    fitted.push_back(fit_candidate(sides, fast, curve, tried, options));
  return {by_fit(fitted), "one fits better in most windows"};
}

}  // namespace reelcell::timeline
