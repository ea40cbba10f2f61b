// Joining a series onto rows: first which samples a row draws on, then the values column by column.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "internal/wide.hpp"
#include "reelcell/timeline/grid.hpp"

namespace reelcell::timeline {
namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

/// What one row draws on. Floats: `sample`, or interpolated by `fraction` between it and `second`.
/// What must not be interpolated: the sample whose time the row keeps.
struct RowSource {
  JoinFlag flag = JoinFlag::kGap;
  std::size_t sample = kNone;  ///< kNone in a gap
  std::size_t second = kNone;
  double fraction = 0;
  std::size_t reported = kNone;  ///< whose time the row keeps
};

class RowFinder {
 public:
  RowFinder(std::span<const SessionTime> times, JoinPolicy policy)
      : times_(times), policy_(policy) {}

  RowSource find(SessionTime row) const {
    RowSource found;
    if (times_.empty()) return found;
    const auto next = static_cast<std::size_t>(std::lower_bound(times_.begin(), times_.end(), row) -
                                               times_.begin());
    const bool exact = next < times_.size() && times_[next] == row;
    if (exact) return {JoinFlag::kExact, next, kNone, 0, next};
    const std::size_t before = next == 0 ? kNone : next - 1;
    const std::size_t after = next == times_.size() ? kNone : next;
    if (policy_.method == JoinMethod::kHold) return hold(before, after, row);
    return between(before, after, row);
  }

 private:
  std::uint64_t away(std::size_t sample, SessionTime row) const {
    return distance(ns_of(times_[sample]), ns_of(row));
  }
  bool within(std::size_t sample, SessionTime row) const {
    if (sample == kNone) return false;
    return policy_.tolerance.count() <= 0 ||
           away(sample, row) <= static_cast<std::uint64_t>(policy_.tolerance.count());
  }
  RowSource hold(std::size_t before, std::size_t after, SessionTime row) const {
    if (within(before, row)) return {JoinFlag::kHeld, before, kNone, 0, before};
    RowSource gap;
    gap.reported = before == kNone ? after : before;
    return gap;
  }
  RowSource between(std::size_t before, std::size_t after, SessionTime row) const {
    const bool earlier =
        after == kNone || (before != kNone && away(before, row) <= away(after, row));
    const std::size_t nearest = earlier ? before : after;
    RowSource found;
    found.reported = nearest;
    if (!within(nearest, row)) return found;
    found.flag = JoinFlag::kNearest;
    found.sample = nearest;
    if (policy_.method == JoinMethod::kNearest) return found;
    if (within(before, row) && within(after, row)) {
      found.flag = JoinFlag::kInterpolated;
      found.sample = before;
      found.second = after;
      found.fraction = static_cast<double>(away(before, row)) /
                       static_cast<double>(distance(ns_of(times_[after]), ns_of(times_[before])));
    }
    return found;
  }

  std::span<const SessionTime> times_;
  JoinPolicy policy_;
};

/// Shortest great arc from a to b; q and -q are the same rotation, so b's sign is turned to a's
/// side.
std::array<double, 4> slerp(const double* a, const double* b, double fraction) {
  const auto norm = [](const double* q) {
    return std::sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
  };
  const double norm_a = norm(a), norm_b = norm(b);
  if (!(norm_a > 0) || !(norm_b > 0)) return {kNaN, kNaN, kNaN, kNaN};
  double dot = (a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]) / (norm_a * norm_b);
  const double sign = dot < 0 ? -1 : 1;
  dot = std::min(1.0, std::abs(dot));
  double weight_a = 1 - fraction, weight_b = fraction;
  // Below about 1e-4 rad the arc is its chord to within double precision, and sin would divide by
  // near 0.
  if (dot < 1 - 1e-8) {
    const double angle = std::acos(dot);
    weight_a = std::sin((1 - fraction) * angle) / std::sin(angle);
    weight_b = std::sin(fraction * angle) / std::sin(angle);
  }
  std::array<double, 4> q{};
  for (std::size_t i = 0; i < 4; ++i)
    q[i] = weight_a * a[i] / norm_a + sign * weight_b * b[i] / norm_b;
  const double length = norm(q.data());
  for (double& x : q) x /= length;
  return q;
}

void join_floats(const Column& source, const std::vector<RowSource>& rows, JoinMethod method,
                 std::vector<double>& out) {
  const auto& values = std::get<std::vector<double>>(source.data);
  const std::size_t width = source.spec.width;
  const bool quaternion = method == JoinMethod::kSlerp && width == 4;
  out.assign(rows.size() * width, kNaN);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const RowSource& from = rows[row];
    if (from.sample == kNone) continue;
    const double* const a = values.data() + from.sample * width;
    double* const target = out.data() + row * width;
    if (from.flag != JoinFlag::kInterpolated) {
      std::copy_n(a, width, target);
      continue;
    }
    const double* const b = values.data() + from.second * width;
    if (quaternion) {
      const auto q = slerp(a, b, from.fraction);
      std::copy(q.begin(), q.end(), target);
    } else {
      for (std::size_t i = 0; i < width; ++i) target[i] = a[i] + (b[i] - a[i]) * from.fraction;
    }
  }
}

template <class T>
void join_uninterpolated(const Column& source, const std::vector<RowSource>& rows,
                         std::vector<T>& out) {
  const auto& values = std::get<std::vector<T>>(source.data);
  const std::size_t width = source.spec.width;
  out.assign(rows.size() * width, T{});
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows[row].sample == kNone) continue;
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(rows[row].reported * width), width,
                out.begin() + static_cast<std::ptrdiff_t>(row * width));
  }
}

/// Where nothing can be interpolated the last value holds until the next: a state has no middle.
JoinPolicy policy_for(const SeriesSlice& source, JoinPolicy policy) {
  const bool floats = std::any_of(source.columns.begin(), source.columns.end(),
                                  [](const Column& c) { return is_float(c.spec.dtype); });
  const bool between = policy.method == JoinMethod::kLinear || policy.method == JoinMethod::kSlerp;
  if (between && !floats && !source.columns.empty()) policy.method = JoinMethod::kHold;
  return policy;
}
}  // namespace

JoinedSeries join_series(const SeriesSlice& source, std::span<const SessionTime> rows,
                         const JoinPolicy& policy, const std::string& stream) {
  const RowFinder finder(source.times, policy_for(source, policy));
  std::vector<RowSource> found;
  found.reserve(rows.size());
  JoinedSeries joined;
  joined.times.stream = stream;
  for (const SessionTime row : rows) {
    const RowSource& from = found.emplace_back(finder.find(row));
    const SessionTime time = from.reported == kNone ? row : source.times[from.reported];
    joined.times.source.push_back(time);
    joined.times.skew_ns.push_back(difference(ns_of(time), ns_of(row)));
    joined.times.flag.push_back(from.flag);
  }
  for (const Column& column : source.columns) {
    Column& out = joined.columns.emplace_back();
    out.spec = column.spec;
    out.data = empty_data(column.spec.dtype);
    if (auto* floats = std::get_if<std::vector<double>>(&out.data))
      join_floats(column, found, policy.method, *floats);
    else if (auto* integers = std::get_if<std::vector<std::int64_t>>(&out.data))
      join_uninterpolated(column, found, *integers);
    else
      join_uninterpolated(column, found, std::get<std::vector<std::string>>(out.data));
  }
  return joined;
}

}  // namespace reelcell::timeline
