#include "internal/straightness.hpp"
#include "reelcell/base/median.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace reelcell::timeline {
namespace {

constexpr std::size_t kMostRests = 48;  ///< for the search over all pairs of borders
constexpr std::size_t kLeastRests = 6;
constexpr std::size_t kLeastPart = 2, kLeastLine = 5;
constexpr double kWild = 16;  ///< squared standard errors: more than that one block cannot say
/// Of the sum of squared standard errors. By chance alone the best of all jumps and bends gains
/// some 10, rarely 20.
constexpr double kSure = 30;
constexpr double kForBend = 10, kForJump = 15, kForExcursion = 20;  ///< of two, the simpler one

/// rest = c + s t + q t^2
struct Curve {
  double c = 0, s = 0, q = 0;
  double at(double t) const { return c + t * (s + t * q); }
};

using Rests = std::span<const BlockRest>;

double loss(const BlockRest& rest, double value) {
  const double z = (rest.rest_ns - value) / rest.error_ns;
  return std::min(z * z, kWild);
}
double loss(Rests rests, const Curve& curve) {
  double sum = 0;
  for (const BlockRest& rest : rests) sum += loss(rest, curve.at(rest.at_ns));
  return sum;
}

/// Weighted least squares of the rests that are not wild about `from`.
Curve refined(Rests rests, Curve from, int degree) {
  for (int round = 0; round < 3; ++round) {
    double m[3][4] = {};
    double scale = 0;
    for (const BlockRest& rest : rests) scale = std::max(scale, std::abs(rest.at_ns));
    if (scale <= 0) scale = 1;
    for (const BlockRest& rest : rests) {
      if (loss(rest, from.at(rest.at_ns)) >= kWild) continue;
      const double w = 1 / (rest.error_ns * rest.error_ns), x = rest.at_ns / scale;
      const double basis[3] = {1, x, x * x};
      for (int i = 0; i <= degree; ++i) {
        for (int k = 0; k <= degree; ++k) m[i][k] += w * basis[i] * basis[k];
        m[i][3] += w * basis[i] * rest.rest_ns;
      }
    }
    double solution[3] = {0, 0, 0};
    bool solved = true;
    for (int i = 0; i <= degree && solved; ++i) {  // symmetric, positive: no pivots needed
      solved = m[i][i] > 1e-12 * m[0][0] && m[0][0] > 0;
      for (int k = i + 1; k <= degree && solved; ++k) {
        const double f = m[k][i] / m[i][i];
        for (int c = i; c < 4; ++c) m[k][c] -= f * m[i][c];
      }
    }
    if (!solved) return from;
    for (int i = degree; i >= 0; --i) {
      double rest = m[i][3];
      for (int k = i + 1; k <= degree; ++k) rest -= m[i][k] * solution[k];
      solution[i] = rest / m[i][i];
    }
    from = {solution[0], solution[1] / scale, solution[2] / (scale * scale)};
  }
  return from;
}

/// Median of slopes first, so that wild ones do not choose what is wild.
Curve line_through(Rests rests) {
  std::vector<double> slopes, levels;
  for (std::size_t i = 0; i < rests.size(); ++i)
    for (std::size_t j = i + 1; j < rests.size(); ++j)
      if (rests[j].at_ns > rests[i].at_ns)
        slopes.push_back((rests[j].rest_ns - rests[i].rest_ns) / (rests[j].at_ns - rests[i].at_ns));
  Curve line{0, upper_median(std::move(slopes)), 0};
  for (const BlockRest& rest : rests) levels.push_back(rest.rest_ns - line.s * rest.at_ns);
  line.c = upper_median(std::move(levels));
  return refined(rests, line, 1);
}

double level_on(Rests rests, const Curve& line) {
  std::vector<double> above;
  for (const BlockRest& rest : rests) above.push_back(rest.rest_ns - line.at(rest.at_ns));
  return upper_median(std::move(above));
}

/// Scatter by neighbours, in standard errors; those are the least that may be.
double scatter(Rests rests) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < rests.size(); ++i)
    steps.push_back(std::abs(rests[i].rest_ns - rests[i - 1].rest_ns) /
                    std::hypot(rests[i].error_ns, rests[i - 1].error_ns));
  return std::max(1.0, 1.4826 * upper_median(std::move(steps)));
}

/// Neighbours joined until there are few enough.
std::vector<BlockRest> fewer(std::vector<BlockRest> rests) {
  while (rests.size() > kMostRests) {
    std::vector<BlockRest> half;
    for (std::size_t i = 0; i + 1 < rests.size(); i += 2) {
      const BlockRest &a = rests[i], &b = rests[i + 1];
      const double wa = 1 / (a.error_ns * a.error_ns), wb = 1 / (b.error_ns * b.error_ns);
      half.push_back({(wa * a.at_ns + wb * b.at_ns) / (wa + wb),
                      (wa * a.rest_ns + wb * b.rest_ns) / (wa + wb), 1 / std::sqrt(wa + wb)});
    }
    if (rests.size() % 2 == 1) half.push_back(rests.back());
    rests = std::move(half);
  }
  return rests;
}

/// The best of all ways in which a clock departs from a line.
class Search {
 public:
  explicit Search(Rests rests) : rests_(rests), straight_(loss(rests, {})) {}

  std::optional<Departure> find() {
    const Curve line = line_through(rests_);
    Departure d;
    d.kind = Departure::Kind::kDrift;
    measure(d, {{0, line}});
    offer(loss(rests_, line), d);
    bend(line);
    for (std::size_t at = kLeastPart; at + kLeastPart <= rests_.size(); ++at) jump(at);
    for (std::size_t from = 1; from + kLeastPart < rests_.size(); ++from)
      for (std::size_t to = from + kLeastPart; to < rests_.size(); ++to) excursion(from, to);
    return best_;
  }

 private:
  using Parts = std::vector<std::pair<std::size_t, Curve>>;  ///< from which rest on

  void offer(double left, const Departure& d) {
    if (straight_ - left < kSure || (best_ && left >= least_)) return;
    least_ = left;
    best_ = d;
  }

  void measure(Departure& d, const Parts& parts) const {
    double low = 0, high = 0;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      const std::size_t end = p + 1 < parts.size() ? parts[p + 1].first : rests_.size();
      const Curve& curve = parts[p].second;
      for (std::size_t i = parts[p].first; i < end; ++i)
        for (const double t :
             {rests_[i].at_ns - reach(i, false), rests_[i].at_ns + reach(i, true)}) {
          const double value = curve.at(t);
          low = std::min(low, value);
          high = std::max(high, value);
          d.most_ns = std::max(d.most_ns, std::abs(value));
          d.drift = std::max(d.drift, std::abs(curve.s + 2 * curve.q * t));
        }
    }
    d.size_ns = d.kind == Departure::Kind::kJump ? std::abs(d.jump_ns) : high - low;
  }
  /// Half of the way to the next one: so far a block speaks, at the ends of the record too.
  double reach(std::size_t i, bool later) const {
    const std::size_t a = later ? std::min(i, rests_.size() - 2) : std::max<std::size_t>(i, 1) - 1;
    return (rests_[a + 1].at_ns - rests_[a].at_ns) / 2;
  }

  void bend(const Curve& line) {
    const Curve curve = refined(rests_, line, 2);
    Departure d;
    d.kind = Departure::Kind::kBend;
    measure(d, {{0, curve}});
    offer(loss(rests_, curve) + kForBend, d);
  }

  /// A line on each side; on a short one the other's rate.
  void jump(std::size_t at) {
    const Rests before = rests_.first(at), after = rests_.subspan(at);
    const bool first = before.size() >= after.size();
    const Curve longer = line_through(first ? before : after);
    const Rests rest = first ? after : before;
    const double border = (rests_[at - 1].at_ns + rests_[at].at_ns) / 2;
    for (const bool own_rate : {false, true}) {
      if (own_rate && rest.size() < kLeastLine) continue;
      Curve shorter = longer;
      if (own_rate)
        shorter = line_through(rest);
      else
        shorter.c += level_on(rest, longer);
      const Curve &a = first ? longer : shorter, &b = first ? shorter : longer;
      Departure d;
      d.kind = Departure::Kind::kJump;
      d.where_ns = border;
      d.jump_ns = b.at(border) - a.at(border);
      measure(d, {{0, a}, {at, b}});
      // Two rates that all but meet are a bend.
      if (std::abs(d.jump_ns) < d.most_ns / 2) {
        d.kind = Departure::Kind::kBend;
        measure(d, {{0, a}, {at, b}});
      }
      offer(loss(before, a) + loss(after, b) + kForJump, d);
    }
  }

  /// Away, and back.
  void excursion(std::size_t from, std::size_t to) {
    if (to - from < kLeastPart || rests_.size() - (to - from) < kLeastRests) return;
    std::vector<BlockRest> outside(rests_.begin(),
                                   rests_.begin() + static_cast<std::ptrdiff_t>(from));
    outside.insert(outside.end(), rests_.begin() + static_cast<std::ptrdiff_t>(to), rests_.end());
    const Rests inside = rests_.subspan(from, to - from);
    const Curve line = refined(outside, {}, 1);
    Curve moved = line;
    Departure d;
    d.kind = Departure::Kind::kJump;
    d.jump_ns = level_on(inside, line);
    moved.c += d.jump_ns;
    d.where_ns = (rests_[from - 1].at_ns + rests_[from].at_ns) / 2;
    measure(d, {{0, line}, {from, moved}, {to, line}});
    if (std::abs(d.jump_ns) < d.most_ns / 2) return;
    offer(loss(outside, line) + loss(inside, moved) + kForExcursion, d);
  }

  Rests rests_;
  double straight_, least_ = 0;
  std::optional<Departure> best_;
};

double correlation(const BlockSums& sums) {
  return sums.aa > 0 && sums.bb > 0 ? sums.ab / std::sqrt(sums.aa * sums.bb) : 0;
}

}  // namespace

std::optional<Departure> departure_of(std::vector<BlockRest> rests) {
  rests = fewer(std::move(rests));
  if (rests.size() < kLeastRests) return std::nullopt;
  const double spread = scatter(rests);
  for (BlockRest& rest : rests) rest.error_ns *= spread;
  return Search(rests).find();
}

OwnOffsets::OwnOffsets(const Fitted& fitted, const Sides& sides, const MeanOf& fast,
                       double origin_ns, const MeasureOptions& options)
    : fitted_(fitted), sides_(sides), origin_ns_(origin_ns), options_(options) {
  constexpr std::int64_t kPerWidth = 4, kWidths = 8;
  const auto step = static_cast<std::int64_t>(std::max(1.0, lobe_ns(fitted) / kPerWidth));
  const std::int64_t arm = kPerWidth * kWidths;
  table_ =
      tabulate(sides.slow, fast, fitted.table.first, std::llround(origin_ns),
               fitted.slope + fitted.fit.drift, std::llround(fitted.fit.offset_ns) - arm * step,
               step, static_cast<std::size_t>(2 * arm + 1), options.activity);
}

/// The nearest of the high ones: a rhythm has more than one.
std::optional<Peak> OwnOffsets::peak(std::size_t block) const {
  constexpr std::size_t kSome = 16;
  constexpr double kAlike = 0.9;
  std::vector<float> r(table_.shifts);
  for (std::size_t k = 0; k < table_.shifts; ++k)
    r[k] = static_cast<float>(fitted_.sign * correlation(table_.sums[block * table_.shifts + k]));
  const auto peaks = find_peaks(r, 0, kSome);
  const double middle = static_cast<double>(table_.shifts / 2);
  std::optional<Peak> nearest;
  for (const Peak& peak : peaks) {
    if (peak.height < std::max(kAlike * peaks[0].height, 0.5 * fitted_.sign * fitted_.fit.r))
      continue;
    if (!nearest || std::abs(peak.position - middle) < std::abs(nearest->position - middle))
      nearest = peak;
  }
  if (!nearest) return std::nullopt;
  const auto top = static_cast<std::size_t>(std::lround(nearest->position));
  if (top < 2 || top + 2 >= table_.shifts) return std::nullopt;  // the highest may lie beyond
  return nearest;
}

std::vector<BlockRest> OwnOffsets::rests() const {
  const auto step = static_cast<double>(table_.step_ns);
  std::vector<BlockRest> out;
  for (std::size_t j = 0; j < table_.blocks(); ++j) {
    const auto own = peak(j);
    if (!own) continue;
    const auto top = static_cast<std::size_t>(std::lround(own->position));
    const BlockSums* sums = &table_.sums[j * table_.shifts + top];
    const double bend = fitted_.sign *
                        (correlation(sums[-2]) - 2 * correlation(sums[0]) + correlation(sums[2])) /
                        (4 * step * step);
    if (bend >= 0 || sums->n < 3) continue;
    const double r2 = std::min(own->height * own->height, 0.999), width2 = own->height / -bend;
    BlockRest rest;
    rest.at_ns = table_.middle_ns[j];
    rest.rest_ns = (own->position - static_cast<double>(table_.shifts / 2)) * step;
    rest.error_ns = std::max(std::sqrt(width2 * (1 - r2) / (r2 * sums->n)), 0.005 * step);
    out.push_back(rest);
  }
  std::sort(out.begin(), out.end(),
            [](const BlockRest& a, const BlockRest& b) { return a.at_ns < b.at_ns; });
  return out;
}

std::optional<Elsewhere> OwnOffsets::elsewhere() const {
  constexpr std::size_t kMostRuns = 4;
  struct Run {
    std::size_t first = 0, last = 0;  ///< blocks
  };
  std::vector<Run> runs;
  for (std::size_t j = 0; j < table_.blocks(); ++j) {
    if (peak(j)) continue;
    if (!runs.empty() && runs.back().last == j)
      ++runs.back().last;
    else
      runs.push_back({j, j + 1});
  }
  std::stable_sort(runs.begin(), runs.end(),
                   [](const Run& a, const Run& b) { return a.last - a.first > b.last - b.first; });
  if (runs.size() > kMostRuns) runs.resize(kMostRuns);
  for (const Run& run : runs) {
    if (run.last - run.first < 2) continue;
    if (const auto found = place(run.first, run.last)) return found;
  }
  return std::nullopt;
}

/// The one clear offset of blocks [first, last) on their own, if it is another.
std::optional<Elsewhere> OwnOffsets::place(std::size_t first, std::size_t last) const {
  constexpr std::size_t kLeastIntervals = 32;
  const std::size_t from = table_.first[first], to = table_.first[last];
  if (to - from < kLeastIntervals) return std::nullopt;
  const auto part = [&](const auto& all) {
    return std::decay_t<decltype(all)>(all.begin() + static_cast<std::ptrdiff_t>(from),
                                       all.begin() + static_cast<std::ptrdiff_t>(to));
  };
  const IntervalSignal& whole = sides_.slow;
  const auto start = static_cast<double>(whole.start_ns[from]);
  const IntervalSignal slow =
      from_zero({part(whole.start_ns), part(whole.end_ns), part(whole.value), whole.steps, 0});
  const double middle = start + static_cast<double>(slow.end_ns.back()) / 2 - origin_ns_;
  const double here = fitted_.fit.offset_ns + (fitted_.slope + fitted_.fit.drift) * middle + start;
  MeasureOptions anywhere = options_;
  anywhere.max_offset = Nanos(0);
  anywhere.either_sign = fitted_.sign < 0;
  const LagCurve curve = lag_curve(slow, sides_.fast, std::llround(here), anywhere);
  if (curve.r.empty()) return std::nullopt;
  const CurvePeaks peaks = peaks_of(curve);
  if (peaks.peaks.empty()) return std::nullopt;
  const Tried& top = peaks.peaks.front();
  const double jump = curve.lag_ns(top.peak.position) - here;
  const bool clear =
      top.sign == fitted_.sign && peaks.ratio < options_.max_ratio &&
      peaks.contrast >= options_.min_contrast &&
      top.peak.height >= std::max(options_.min_height, 0.6 * fitted_.sign * fitted_.fit.r);
  if (!clear || std::abs(jump) < lobe_ns(fitted_)) return std::nullopt;
  return Elsewhere{jump, table_.middle_ns[first], table_.middle_ns[last - 1]};
}

}  // namespace reelcell::timeline
