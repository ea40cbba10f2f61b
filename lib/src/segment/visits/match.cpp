#include "match.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "reelcell/base/error.hpp"
#include "reelcell/base/median.hpp"

namespace reelcell::segment::visits {
namespace {
constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr std::size_t kMostCells = 100'000'000;
constexpr double kLeftOver = 1;  ///< cost of a stop without a point, and of a point without a stop

enum class Step : std::uint8_t { kPair, kStop, kPoint };

/// Expected session time of each point, where that is known.
using Expected = std::vector<std::optional<double>>;  // ns

struct Costs {
  const std::vector<Stop>& stops;
  const Plan& plan;
  const MatchRequest& request;
  Expected expected;
  double time_scale = 1;  ///< ns
  /// Points that each stop may be at: the nearest and those that cannot be told from it.
  std::vector<std::vector<std::size_t>> alike;

  double away(std::size_t stop, std::size_t point) const {
    return pose_distance(stops[stop].pose, plan.points[point].target, request.weights);
  }
  double tolerance(std::size_t stop) const {
    return stops[stop].pass ? request.pass_tolerance : request.tolerance;
  }
  bool may_be(std::size_t stop, std::size_t point) const {
    return std::binary_search(alike[stop].begin(), alike[stop].end(), point);
  }
  std::optional<double> late(std::size_t stop, std::size_t point) const {
    if (point >= expected.size() || !expected[point]) return std::nullopt;
    return std::abs(static_cast<double>(ns_of(stops[stop].middle)) - *expected[point]);
  }
  double pair(std::size_t stop, std::size_t point) const {
    if (!may_be(stop, point)) return kInfinite;
    const double cost = away(stop, point) / request.tolerance;
    if (alike[stop].size() < 2) return cost;
    const auto late_by = late(stop, point);
    return late_by ? cost + request.time_weight * std::min(1.0, *late_by / time_scale) : cost;
  }
};

/// pairs[stop] = point, or nothing. Among equal alignments the one that pairs earlier stops.
std::vector<std::optional<std::size_t>> align(const Costs& costs) {
  const std::size_t n = costs.stops.size(), m = costs.plan.points.size();
  std::vector<Step> steps((n + 1) * (m + 1), Step::kPoint);
  std::vector<double> above(m + 1), row(m + 1);
  // From the end to the start, so that walking forward prefers the earliest pair.
  for (std::size_t j = 0; j <= m; ++j) above[j] = kLeftOver * static_cast<double>(m - j);
  for (std::size_t i = n; i-- > 0;) {
    row[m] = kLeftOver * static_cast<double>(n - i);
    steps[i * (m + 1) + m] = Step::kStop;
    for (std::size_t j = m; j-- > 0;) {
      const double pair = costs.pair(i, j) + above[j + 1];
      const double stop = above[j] + kLeftOver, point = row[j + 1] + kLeftOver;
      Step& step = steps[i * (m + 1) + j];
      row[j] = std::min({pair, stop, point});
      step = pair <= row[j] ? Step::kPair : stop <= row[j] ? Step::kStop : Step::kPoint;
    }
    std::swap(above, row);
  }
  std::vector<std::optional<std::size_t>> pairs(n);
  for (std::size_t i = 0, j = 0; i < n && j < m;) {
    const Step step = steps[i * (m + 1) + j];
    if (step == Step::kPair) pairs[i] = j;
    i += step != Step::kPoint;
    j += step != Step::kStop;
  }
  return pairs;
}

struct Anchor {
  std::size_t point = 0;
  double time = 0;  // ns
};

/// Fills Costs::alike. How far stops lie from their points anyway is learnt from those with one
/// point within reach, or from all where these are few.
void find_alike(Costs& costs) {
  const std::size_t points = costs.plan.points.size();
  std::vector<double> nearest(costs.stops.size(), kInfinite), lone, any;
  for (std::size_t i = 0; i < costs.stops.size(); ++i) {
    std::size_t near = 0;
    for (std::size_t j = 0; j < points; ++j) {
      const double away = costs.away(i, j);
      nearest[i] = std::min(nearest[i], away);
      near += away <= costs.request.tolerance;
    }
    if (near == 1) lone.push_back(nearest[i]);
    if (near > 0) any.push_back(nearest[i]);
  }
  constexpr std::size_t kFewest = 3;
  const std::vector<double>& usual = lone.size() >= kFewest ? lone : any;
  const double same = usual.empty() ? 0 : 6 * upper_median(usual) + 1e-9 * costs.request.tolerance;
  for (std::size_t i = 0; i < costs.stops.size(); ++i) {
    auto& alike = costs.alike.emplace_back();
    const double reach = std::min(costs.tolerance(i), nearest[i] + same);
    for (std::size_t j = 0; j < points; ++j)
      if (costs.away(i, j) <= reach) alike.push_back(j);
    // The controller's word counts where the pose says nothing.
    for (const std::size_t j : alike)
      if (costs.plan.points[j].id == costs.stops[i].named) {
        alike = {j};
        break;
      }
  }
}

/// Pairs whose stop can be at one point only.
std::vector<Anchor> anchors_of(const Costs& costs,
                               const std::vector<std::optional<std::size_t>>& pairs) {
  std::vector<Anchor> anchors;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    if (pairs[i] && costs.alike[i].size() == 1)
      anchors.push_back({*pairs[i], static_cast<double>(ns_of(costs.stops[i].middle))});
  return anchors;
}

/// By the plan's own times, shifted to fit; else along the line between the anchors around.
Expected expected_times(const Plan& plan, const std::vector<Anchor>& anchors) {
  Expected expected(plan.points.size());
  std::vector<double> shifts;
  for (const Anchor& anchor : anchors)
    if (const auto& at = plan.points[anchor.point].at)
      shifts.push_back(anchor.time - static_cast<double>(at->count()));
  const bool by_plan = !shifts.empty();
  const double shift = by_plan ? upper_median(shifts) : 0;
  std::size_t next = 0;
  for (std::size_t j = 0; j < plan.points.size(); ++j) {
    while (next < anchors.size() && anchors[next].point < j) ++next;
    if (plan.points[j].at && by_plan) {
      expected[j] = shift + static_cast<double>(plan.points[j].at->count());
    } else if (next < anchors.size() && anchors[next].point == j) {
      expected[j] = anchors[next].time;
    } else if (next > 0 && next < anchors.size()) {
      const Anchor &a = anchors[next - 1], &b = anchors[next];
      const double share =
          static_cast<double>(j - a.point) / static_cast<double>(b.point - a.point);
      expected[j] = a.time + share * (b.time - a.time);
    }
  }
  return expected;
}

double time_scale(const Plan& plan, const std::vector<Anchor>& anchors) {
  if (plan.cycle && plan.cycle->count() > 0) return 2 * static_cast<double>(plan.cycle->count());
  std::vector<double> spacing;
  for (std::size_t i = 1; i < anchors.size(); ++i)
    spacing.push_back((anchors[i].time - anchors[i - 1].time) /
                      static_cast<double>(anchors[i].point - anchors[i - 1].point));
  return spacing.empty() ? 1e9 : std::max(1.0, 2 * upper_median(spacing));
}

class Sorter {
 public:
  Sorter(const Costs& costs, const std::vector<std::optional<std::size_t>>& pairs)
      : costs_(costs), matches_(pairs.size()), visited_(costs.plan.points.size(), false) {
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (!pairs[i]) continue;
      set(i, Order::kPlanned, *pairs[i]);
      visited_[*pairs[i]] = true;
    }
    for (std::size_t i = 0; i < pairs.size(); ++i)
      if (!pairs[i]) place(i);
    first_visits_first();
    for (std::size_t i = 0; i < pairs.size(); ++i) settle(i);
  }
  std::vector<Match> take() { return std::move(matches_); }

 private:
  void set(std::size_t stop, Order order, std::size_t point) {
    Match& match = matches_[stop];
    match.order = order;
    match.point = point;
    match.distance = away(stop, point);
    match.margin = kInfinite;
    for (std::size_t j = 0; j < costs_.plan.points.size(); ++j)
      if (j != point) match.margin = std::min(match.margin, away(stop, j) - match.distance);
  }
  double away(std::size_t stop, std::size_t point) const { return costs_.away(stop, point); }
  /// A stop that the alignment left over: a point that it may be at and that was not visited; else
  /// the nearest one, once more.
  void place(std::size_t stop) {
    std::size_t nearest = 0;
    double best = kInfinite;
    for (std::size_t j = 0; j < costs_.plan.points.size(); ++j)
      if (const double distance = away(stop, j); distance < best) best = distance, nearest = j;
    std::optional<std::size_t> free;
    for (const std::size_t j : costs_.alike[stop])
      if (!visited_[j] && (!free || away(stop, j) < away(stop, *free))) free = j;
    if (free) {
      set(stop, Order::kOutOfOrder, *free);
      visited_[*free] = true;
    } else if (costs_.alike[stop].empty()) {
      set(stop, Order::kUnplanned, nearest);
    } else {
      set(stop, Order::kRepeated, costs_.may_be(stop, nearest) ? nearest : costs_.alike[stop][0]);
    }
  }
  bool certain(std::size_t stop) const {
    return costs_.alike[stop].size() == 1 && matches_[stop].order == Order::kPlanned;
  }
  /// Where poses cannot be told apart: does the order of the visits around decide, or the time?
  void settle(std::size_t stop) {
    Match& match = matches_[stop];
    const std::vector<std::size_t>& alike = costs_.alike[stop];
    if (alike.size() == 1 && !costs_.stops[stop].named.empty() && match.margin <= 0)
      match.by = "step";
    if (alike.size() < 2 || match.order == Order::kUnplanned) return;
    match.ambiguous = alike;
    if (match.order != Order::kPlanned) return;
    std::size_t first = stop, last = stop;  // stops between the certain ones around
    while (first > 0 && !certain(first - 1)) --first;
    while (last + 1 < matches_.size() && !certain(last + 1)) ++last;
    std::vector<std::size_t> open;  // points between theirs
    for (const std::size_t j : alike)
      if ((first == 0 || j > matches_[first - 1].point) &&
          (last + 1 == matches_.size() || j < matches_[last + 1].point))
        open.push_back(j);
    if (std::find(open.begin(), open.end(), match.point) == open.end()) return;
    match.ambiguous = open;
    std::size_t stops = 0;
    for (std::size_t i = first; i <= last; ++i)
      stops += std::any_of(open.begin(), open.end(),
                           [&](std::size_t point) { return costs_.may_be(i, point); });
    match.by = open.size() == 1 || stops == open.size() ? "order" : by_time(stop, open);
    if (match.by != std::string_view("pose")) match.ambiguous.clear();
  }
  /// "time" where every other point was expected later or earlier by about a cycle more.
  const char* by_time(std::size_t stop, const std::vector<std::size_t>& open) const {
    const auto own = costs_.late(stop, matches_[stop].point);
    for (const std::size_t other : open) {
      if (other == matches_[stop].point) continue;
      const auto late = costs_.late(stop, other);
      if (!own || !late || *late - *own < 0.4 * costs_.time_scale) return "pose";
    }
    return costs_.request.time_weight > 0 ? "time" : "pose";
  }
  /// Of two visits to a point with none to another between them, the later one is the repetition.
  void first_visits_first() {
    std::optional<std::size_t> repeated;
    for (std::size_t i = 0; i < matches_.size(); ++i) {
      if (matches_[i].order == Order::kUnplanned) continue;
      if (repeated && matches_[i].point == matches_[*repeated].point &&
          matches_[i].order == Order::kPlanned)
        std::swap(matches_[i].order, matches_[*repeated].order);
      repeated = matches_[i].order == Order::kRepeated ? std::optional(i) : std::nullopt;
    }
  }

  const Costs& costs_;
  std::vector<Match> matches_;
  std::vector<bool> visited_;
};
}  // namespace

const char* to_string(Order order) {
  switch (order) {
    case Order::kPlanned:
      return "planned";
    case Order::kRepeated:
      return "repeated";
    case Order::kOutOfOrder:
      return "out_of_order";
    case Order::kUnplanned:
      break;
  }
  return "unplanned";
}

double pose_distance(const std::vector<double>& a, const std::vector<double>& b,
                     const std::vector<double>& weights) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const double step = (a[i] - b[i]) * (weights.empty() ? 1.0 : weights[i]);
    sum += step * step;
  }
  return std::sqrt(sum);
}

double default_tolerance(const Plan& plan, const std::vector<double>& weights) {
  std::vector<double> nearest;
  for (const PlanPoint& a : plan.points) {
    double best = kInfinite;
    for (const PlanPoint& b : plan.points) {
      const double distance = pose_distance(a.target, b.target, weights);
      if (distance > 0) best = std::min(best, distance);
    }
    if (std::isfinite(best)) nearest.push_back(best);
  }
  return nearest.empty() ? 1 : upper_median(nearest) / 2;
}

std::vector<Match> match_stops(const std::vector<Stop>& stops, const Plan& plan,
                               const MatchRequest& request) {
  if (stops.size() * plan.points.size() > kMostCells)
    throw InputError("found " + std::to_string(stops.size()) + " stops for " +
                     std::to_string(plan.points.size()) +
                     " planned points, more than can be matched; raise min_length, or cut the "
                     "session into one a plan");
  Costs costs{stops, plan, request, {}, 1, {}};
  find_alike(costs);
  auto pairs = align(costs);
  if (request.time_weight > 0) {
    const std::vector<Anchor> anchors = anchors_of(costs, pairs);
    costs.time_scale = time_scale(plan, anchors);
    costs.expected = expected_times(plan, anchors);
    pairs = align(costs);
  }
  return Sorter(costs, pairs).take();
}

}  // namespace reelcell::segment::visits
