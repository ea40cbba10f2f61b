// What the recipe's grid means for one session.
#include <algorithm>
#include <cmath>

#include "internal/camera_rate.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {
namespace {

/// The rows of an episode whose cameras, if any, are of data sets as well; null for another
/// session.
const StreamSpec* episode_rows(const SessionDescription& session) {
  const StreamSpec* rows = nullptr;
  for (const StreamSpec& spec : session.streams) {
    const bool of_data_set = spec.source.format == "lerobot";
    if (spec.kind == StreamKind::kVideo && !of_data_set) return nullptr;
    if (spec.kind != StreamKind::kSeries || !of_data_set) continue;
    if (rows) return nullptr;
    rows = &spec;
  }
  return rows;
}

}  // namespace

std::string anchor_stream(const GridRule& rule, const OpenSession& session) {
  if (!rule.anchor.empty()) {
    session.info(rule.anchor);
    return rule.anchor;
  }
  if (const StreamSpec* rows = episode_rows(session.session())) return rows->name;
  for (const StreamSpec& spec : session.session().streams)
    if (spec.kind == StreamKind::kVideo && !session.stream_extent(spec.name).empty())
      return spec.name;
  return "";
}

namespace {

/// The median interval's rate.
std::optional<double> median_rate(const OpenSession& session, const std::string& stream) {
  const auto interval = session.usual_interval(stream);
  if (!interval) return std::nullopt;
  return 1e9 / static_cast<double>(interval->count());
}

/// The rate that every series with a stated one states: a data set's episode whose video is missing
/// still has its rows' rate.
std::optional<double> agreed_rate(const SessionDescription& session) {
  std::optional<double> rate;
  for (const StreamSpec& spec : session.streams) {
    if (spec.kind != StreamKind::kSeries || !spec.rate_hz) continue;
    if (rate && *rate != *spec.rate_hz) return std::nullopt;
    rate = spec.rate_hz;
  }
  return rate;
}

/// A whole number within 1 %, or a broadcast rate (n * 1000 / 1001) within 0.005 %: stamps of
/// unsteady clocks come near either by chance.
std::optional<Rational> usual_rate(double hz) {
  const double ntsc = std::round(hz * 1.001);
  if (ntsc >= 24 && std::abs(hz - ntsc / 1.001) <= 5e-5 * hz &&
      std::abs(hz - ntsc / 1.001) < std::abs(hz - ntsc))
    return make_rational(static_cast<std::int64_t>(ntsc) * 1000, 1001);
  const double whole = std::round(hz);
  if (whole >= 1 && std::abs(hz - whole) <= 0.01 * whole)
    return Rational{static_cast<std::int64_t>(whole), 1};
  return std::nullopt;
}

/// The rate of a camera from its frames: the exact one when its stamps lie on a steady clock and
/// none is lost, else the usual one next to what those that follow one another say.
std::optional<Rational> camera_rate(const OpenSession& session, const std::string& stream) {
  const auto times = session.frame_times(stream);
  const auto hz = median_rate(session, stream);
  if (!hz) return std::nullopt;
  const FramePace pace = pace_of(*times, *hz);
  const VideoFormat& format = session.video(stream)->format();
  if (format.average_rate.den <= 1001 && average_is_steady(pace, format))
    return format.average_rate;
  return usual_rate(camera_hz(pace, format));
}

/// The first frame itself where the camera runs from the start; a quarter period more than one is
/// jitter. Where it is silent at first, as many periods earlier as fit: these rows are a gap, just
/// as those of a silence at the end.
SessionTime first_row(SessionTime start, SessionTime frame, Rational rate) {
  const Nanos silent = frame - start, period = tick_time(1, rate);
  if (silent <= period + period / 4) return frame;
  std::int64_t ticks = ns_to_pts(silent, inverse(rate), Rounding::kDown);
  while (ticks > 0 && tick_time(ticks, rate) > silent) --ticks;
  return frame - tick_time(ticks, rate);
}

/// An episode is rebuilt with the rows that it has: what its video shows before the first or after
/// the last of them was never a row. They lie at the data set's rate from the first one on.
timeline::Grid grid_of_rows(const StreamSpec& rows, const OpenSession& session, TimeRange range,
                            Rational rate) {
  const TimeRange all = session.stream_extent(rows.name);
  const TimeRange own{std::max(range.start, all.start), std::min(range.end, all.end)};
  if (all.empty() || own.empty())
    throw InputError(session.session().id,
                     "no row of the data set lies within this segment; its rows are from " +
                         format_seconds(all.start.time_since_epoch()) + " s to " +
                         format_seconds(all.end.time_since_epoch()) + " s");
  SessionTime origin = all.start;
  if (own.start > origin) {
    const Rational pace = rows.rate_hz ? rate_from_number(*rows.rate_hz) : rate;
    std::int64_t row = ns_to_pts(own.start - origin, inverse(pace), Rounding::kDown);
    while (origin + tick_time(row, pace) < own.start) ++row;
    origin += tick_time(row, pace);
  }
  return timeline::make_grid(own, rate, origin);
}

}  // namespace

Rational grid_rate(const GridRule& rule, const OpenSession& session) {
  if (rule.rate) return *rule.rate;
  const std::string ask = "; set \"grid\": {\"rate_hz\": ..} in the recipe";
  const std::string anchor = anchor_stream(rule, session);
  const StreamSpec* spec = anchor.empty() ? nullptr : session.session().stream(anchor);
  if (spec && spec->rate_hz && spec->kind != StreamKind::kEvents)
    return rate_from_number(*spec->rate_hz);
  if (spec && spec->kind == StreamKind::kVideo) {
    if (const auto rate = camera_rate(session, anchor)) return *rate;
    const auto hz = median_rate(session, anchor);
    throw InputError(session.session().id, "stream '" + anchor + "' runs at " +
                                               (hz ? std::to_string(*hz) : "an unknown number of") +
                                               " frames/s, which is not near a whole number" + ask);
  }
  if (const auto hz = agreed_rate(session.session())) return rate_from_number(*hz);
  for (const StreamSpec& camera : session.session().streams)
    if (camera.kind == StreamKind::kVideo && session.stream_extent(camera.name).empty())
      throw InputError(session.session().id,
                       "no frame of the camera '" + camera.name +
                           "' can be read, and no other stream says at which rate rows run" + ask);
  throw InputError(session.session().id, "the rate of the grid is not known" + ask);
}

timeline::Grid segment_grid(const GridRule& rule, const OpenSession& session, TimeRange range,
                            Rational rate) {
  const std::string anchor = anchor_stream(rule, session);
  std::optional<SessionTime> origin;
  const StreamSpec* spec = anchor.empty() ? nullptr : session.session().stream(anchor);
  if (spec && spec == episode_rows(session.session()))
    return grid_of_rows(*spec, session, range, rate);
  if (spec && spec->kind == StreamKind::kVideo) {
    const auto times = session.frame_times(anchor);
    const auto at = std::lower_bound(times->begin(), times->end(), range.start);
    if (at != times->end() && *at < range.end) origin = first_row(range.start, *at, rate);
  }
  try {
    return timeline::make_grid(range, rate, origin);
  } catch (const PlanError& error) {
    if (session.apart().empty()) throw;
    throw PlanError(session.session().id + ": " + session.apart() + " (" + error.what() + ")");
  }
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
    // A frame may stand for a row up to one period of the slower of grid and camera away. Ticks are
    // rounded to the ns each, so exactly one period may come out 1 ns longer.
    const auto hz = median_rate(session, stream);
    const Nanos own = hz ? Nanos(std::llround(1e9 / *hz)) : period;
    return {timeline::JoinMethod::kNearest, std::max(period, own) + Nanos(1)};
  }
  if (spec && spec->source.format == "lerobot") return {timeline::JoinMethod::kNearest, period};
  return {timeline::JoinMethod::kLinear,
          Nanos(std::max<std::int64_t>(3 * period.count(), 100'000'000))};
}

}  // namespace reelcell::pipeline
