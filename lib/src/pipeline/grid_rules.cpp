// What the recipe's grid means for one session.
#include <algorithm>

#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

std::string anchor_stream(const GridRule& rule, const OpenSession& session) {
  if (!rule.anchor.empty()) {
    session.info(rule.anchor);
    return rule.anchor;
  }
  for (const StreamSpec& spec : session.session().streams)
    if (spec.kind == StreamKind::kVideo) return spec.name;
  return "";
}

Rational grid_rate(const GridRule& rule, const OpenSession& session) {
  if (rule.rate) return *rule.rate;
  const std::string anchor = anchor_stream(rule, session);
  const StreamSpec* spec = anchor.empty() ? nullptr : session.session().stream(anchor);
  if (spec && spec->kind == StreamKind::kVideo) {
    session.video(anchor)->frames();
    const Rational rate = session.video(anchor)->format().average_rate;
    const std::int64_t whole =
        rate.valid() ? mul_div(rate.num, 1, rate.den, Rounding::kNearest) : 0;
    // Within 1 %: lost frames lower an average, they do not make it another rate.
    if (whole > 0 && std::abs(rate.num - whole * rate.den) * 100 <= whole * rate.den)
      return {whole, 1};
    throw PlanError(session.session().id, "stream '" + anchor + "' runs at " +
                                              std::to_string(rate.num) + "/" +
                                              std::to_string(rate.den) +
                                              " frames/s, which is not near a whole number; set "
                                              "\"grid\": {\"rate_hz\": ..} in the recipe");
  }
  if (spec && spec->rate_hz) return rate_from_number(*spec->rate_hz);
  throw PlanError(
      session.session().id,
      "the rate of the grid is not known; set \"grid\": {\"rate_hz\": ..} in the recipe");
}

timeline::Grid segment_grid(const GridRule& rule, const OpenSession& session, TimeRange range,
                            Rational rate) {
  const std::string anchor = anchor_stream(rule, session);
  std::optional<SessionTime> origin;
  const StreamSpec* spec = anchor.empty() ? nullptr : session.session().stream(anchor);
  if (spec && spec->kind == StreamKind::kVideo) {
    const auto times = session.frame_times(anchor);
    const auto at = std::lower_bound(times->begin(), times->end(), range.start);
    if (at != times->end() && *at < range.end) origin = *at;
  }
  return timeline::make_grid(range, rate, origin);
}

timeline::JoinPolicy join_policy(const GridRule& rule, const OpenSession& session,
                                 const std::string& stream, Rational rate) {
  const auto named = rule.policy.find(stream);
  if (named != rule.policy.end()) return named->second;
  const auto others = rule.policy.find("*");
  if (others != rule.policy.end()) return others->second;
  const StreamSpec* spec = session.session().stream(stream);
  const Nanos period = tick_time(1, rate);
  if (spec && spec->kind == StreamKind::kVideo) {
    // A frame may stand for a row up to one period of the slower of grid and camera away.
    const Rational own = session.video(stream)->format().average_rate;
    return {timeline::JoinMethod::kNearest,
            std::max(period, own.valid() ? tick_time(1, own) : period)};
  }
  if (spec && spec->source.format == "lerobot") return {timeline::JoinMethod::kNearest, period};
  return {timeline::JoinMethod::kLinear,
          Nanos(std::max<std::int64_t>(3 * period.count(), 100'000'000))};
}

}  // namespace reelcell::pipeline
