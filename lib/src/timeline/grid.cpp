#include "reelcell/timeline/grid.hpp"

#include <algorithm>

#include "internal/wide.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::timeline {
namespace {
/// Row numbers are 32-bit in what the writers get.
constexpr std::int64_t kMaxRows = 0x7fff'ffff;
}  // namespace

JoinMethod parse_join_method(std::string_view text) {
  if (text == "nearest") return JoinMethod::kNearest;
  if (text == "linear") return JoinMethod::kLinear;
  if (text == "slerp") return JoinMethod::kSlerp;
  if (text == "hold") return JoinMethod::kHold;
  throw InputError(unknown_name("join method", text, {"nearest", "linear", "slerp", "hold"}));
}

std::string_view to_string(JoinMethod method) {
  switch (method) {
    case JoinMethod::kNearest:
      return "nearest";
    case JoinMethod::kLinear:
      return "linear";
    case JoinMethod::kSlerp:
      return "slerp";
    case JoinMethod::kHold:
      return "hold";
  }
  return "nearest";
}

JoinPolicy parse_join_policy(const Json& value, const std::string& where) {
  JsonObject object(value, where);
  JoinPolicy policy;
  at_place(object.where("method"),
           [&] { policy.method = parse_join_method(object.text_or("method", "nearest")); });
  at_place(object.where("tolerance"),
           [&] { policy.tolerance = parse_duration(object.text_or("tolerance", "0s")); });
  if (policy.tolerance < Nanos{0})
    object.fail("tolerance", "found " + format_duration(policy.tolerance) +
                                 ", expected 0 (no limit) or a positive duration");
  object.finish();
  return policy;
}

std::vector<SessionTime> Grid::times() const {
  std::vector<SessionTime> times(rows);
  for (std::size_t i = 0; i < rows; ++i) times[i] = time(i);
  return times;
}

Grid make_grid(TimeRange range, Rational rate, std::optional<SessionTime> anchor) {
  if (!rate.valid())
    throw PlanError("grid rate " + std::to_string(rate.num) + "/" + std::to_string(rate.den) +
                    " Hz is not positive");
  Grid grid{anchor.value_or(range.start), rate, 0};
  if (range.empty()) return grid;
  if (!range.contains(grid.origin))
    throw PlanError("grid anchor at " + format_seconds(grid.origin.time_since_epoch()) +
                    " s lies outside its segment [" +
                    format_seconds(range.start.time_since_epoch()) + " s, " +
                    format_seconds(range.end.time_since_epoch()) + " s)");
  const Nanos length(distance(ns_of(range.end), ns_of(grid.origin)));
  // Ticks are rounded to the ns each, so the estimate may be one off either way.
  std::int64_t rows = ns_to_pts(length, inverse(rate), Rounding::kUp);
  while (rows > 0 && tick_time(rows - 1, rate) >= length) --rows;
  while (rows <= kMaxRows && tick_time(rows, rate) < length) ++rows;
  if (rows > kMaxRows)
    throw PlanError("a segment of " + format_duration(length) +
                    " has more than 2147483647 rows at " + std::to_string(rate.num) + "/" +
                    std::to_string(rate.den) + " Hz; cut it into windows or lower the rate");
  grid.rows = static_cast<std::size_t>(rows);
  return grid;
}

NearestJoin join_nearest(std::span<const SessionTime> source, std::span<const SessionTime> rows,
                         Nanos tolerance) {
  NearestJoin join;
  join.index.assign(rows.size(), 0);
  join.flag.assign(rows.size(), JoinFlag::kGap);
  join.skew_ns.assign(rows.size(), 0);
  if (source.empty()) return join;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto after = std::lower_bound(source.begin(), source.end(), rows[row]);
    auto nearest = after;
    const std::int64_t t = ns_of(rows[row]);
    if (after == source.end() ||
        (after != source.begin() && distance(ns_of(*(after - 1)), t) <= distance(ns_of(*after), t)))
      --nearest;
    const std::uint64_t away = distance(ns_of(*nearest), t);
    join.index[row] = static_cast<std::uint32_t>(nearest - source.begin());
    join.skew_ns[row] = difference(ns_of(*nearest), t);
    if (tolerance.count() > 0 && away > static_cast<std::uint64_t>(tolerance.count())) continue;
    join.flag[row] = away == 0 ? JoinFlag::kExact : JoinFlag::kNearest;
  }
  return join;
}

void assign_native(std::span<const SessionTime> samples, std::span<const SessionTime> rows,
                   SessionTime end, std::vector<std::uint32_t>& begin,
                   std::vector<std::uint32_t>& stop) {
  begin.resize(rows.size());
  stop.resize(rows.size());
  const auto position = [&](SessionTime t) {
    return static_cast<std::uint32_t>(std::lower_bound(samples.begin(), samples.end(), t) -
                                      samples.begin());
  };
  for (std::size_t row = 0; row < rows.size(); ++row) {
    begin[row] = row == 0 ? position(rows[0]) : stop[row - 1];
    stop[row] = position(row + 1 < rows.size() ? rows[row + 1] : std::max(end, rows[row]));
  }
}

}  // namespace reelcell::timeline
