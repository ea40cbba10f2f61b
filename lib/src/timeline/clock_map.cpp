#include "reelcell/timeline/clock_map.hpp"

#include <algorithm>
#include <cmath>

#include "internal/wide.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::timeline {
namespace {
constexpr std::int64_t kOne = 1'000'000'000'000'000;  // 1 s/s in fs/s
constexpr std::int64_t kMaxSkew = static_cast<std::int64_t>(kMaxDriftPpm) * 1'000'000'000;

/// 65 bits x 47 bits: well inside 128.
std::int64_t forward(const ClockKnot& knot, StreamTime t) {
  const Int128 delta = Int128{ns_of(t)} - ns_of(knot.from);
  return saturate(Int128{ns_of(knot.to)} + delta +
                  divide_nearest(delta * knot.skew_fs_per_s, kOne));
}

std::int64_t backward(const ClockKnot& knot, SessionTime t) {
  const Int128 delta = Int128{ns_of(t)} - ns_of(knot.to);
  return saturate(Int128{ns_of(knot.from)} +
                  divide_nearest(delta * kOne, Int128{kOne} + knot.skew_fs_per_s));
}

void check_knots(const std::vector<ClockKnot>& knots) {
  if (knots.empty()) throw InputError("a clock map needs at least one knot, found none");
  for (std::size_t i = 0; i < knots.size(); ++i) {
    if (std::abs(ppm_from_skew(knots[i].skew_fs_per_s)) > kMaxDriftPpm)
      throw InputError("clock knot " + std::to_string(i) + ": skew " +
                       std::to_string(ppm_from_skew(knots[i].skew_fs_per_s)) +
                       " ppm, expected at most 100000 ppm (10 %)");
    if (i == 0) continue;
    if (knots[i].from <= knots[i - 1].from || knots[i].to <= knots[i - 1].to)
      throw InputError("clock knot " + std::to_string(i) +
                       " is not later than the one before it on both clocks");
    const std::int64_t reached = forward(knots[i - 1], knots[i].from);
    if (distance(reached, ns_of(knots[i].to)) > 1)
      throw InputError("clock knot " + std::to_string(i) + ": the rate before it leads to " +
                       std::to_string(reached) + " ns, but the knot says " +
                       std::to_string(ns_of(knots[i].to)) + " ns; a clock map has no steps");
  }
}

/// Index of the knot whose stretch holds t.
template <class Time>
std::size_t knot_at(const std::vector<ClockKnot>& knots, Time t, Time ClockKnot::*side) {
  const auto after =
      std::upper_bound(knots.begin(), knots.end(), t,
                       [side](Time time, const ClockKnot& knot) { return time < knot.*side; });
  return after == knots.begin() ? 0 : static_cast<std::size_t>(after - knots.begin()) - 1;
}
}  // namespace

std::int64_t skew_from_ppm(double ppm) {
  if (!std::isfinite(ppm) || std::abs(ppm) > kMaxDriftPpm)
    throw InputError("drift of " + std::to_string(ppm) +
                     " ppm, expected at most 100000 ppm (10 %) either way; check its unit");
  return std::clamp<std::int64_t>(std::llround(ppm * 1e9), -kMaxSkew, kMaxSkew);
}

double ppm_from_skew(std::int64_t fs_per_s) { return static_cast<double>(fs_per_s) / 1e9; }

ClockMap::ClockMap() : knots_{ClockKnot{}}, method_("assumed") {}

ClockMap::ClockMap(std::vector<ClockKnot> knots, std::string method)
    : knots_(std::move(knots)), method_(std::move(method)) {
  check_knots(knots_);
}

ClockMap ClockMap::from_spec(const ClockSpec& spec) {
  const Int128 to = Int128{ns_of(spec.reference)} + spec.offset.count();
  if (to != saturate(to))
    throw InputError("clock offset of " + format_duration(spec.offset) + " at reference " +
                     std::to_string(ns_of(spec.reference)) +
                     " ns leaves the range of int64 nanoseconds");
  return ClockMap({{spec.reference, session_time(saturate(to)), skew_from_ppm(spec.drift_ppm)}},
                  spec.stated ? "given" : "assumed");
}

SessionTime ClockMap::to_session(StreamTime t) const {
  const std::size_t i = knot_at(knots_, t, &ClockKnot::from);
  const SessionTime result = session_time(forward(knots_[i], t));
  // Two stretches may disagree by 1 ns where they meet; never step over the next knot.
  return i + 1 < knots_.size() ? std::min(result, knots_[i + 1].to) : result;
}

StreamTime ClockMap::to_stream(SessionTime t) const {
  const std::size_t i = knot_at(knots_, t, &ClockKnot::to);
  const StreamTime result = stream_time(backward(knots_[i], t));
  return i + 1 < knots_.size() ? std::min(result, knots_[i + 1].from) : result;
}

ClockMap ClockMap::with_join(ClockJoin join) const {
  ClockMap map = *this;
  map.join_ = std::move(join);
  return map;
}

Json ClockMap::to_json() const {
  Json knots = Json::array();
  for (const ClockKnot& knot : knots_)
    knots.push_back({{"stream_ns", ns_of(knot.from)},
                     {"session_ns", ns_of(knot.to)},
                     {"skew_ppm", ppm_from_skew(knot.skew_fs_per_s)}});
  Json out = {{"method", method_}, {"knots", std::move(knots)}};
  put_join(join_, out);
  return out;
}

}  // namespace reelcell::timeline
