#include "survey.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "reelcell/base/error.hpp"
#include "reelcell/base/median.hpp"
#include "reelcell/model/session_facts.hpp"

namespace reelcell::segment::visits {
namespace {
/// A robot that is parked at a point stands there for hours: what is looked at is this much around
/// the middle.
constexpr Nanos kLook{2'000'000'000};
/// Speeds are read this far beyond a visit, so that the low-pass is whole at its ends.
constexpr Nanos kBeyond{50'000'000};

TimeRange around_middle(TimeRange range, Nanos length) {
  if (range.length() <= length) return range;
  const SessionTime middle = range.start + range.length() / 2;
  return {middle - length / 2, middle + length / 2};
}

/// Median position of each element during the stop; of the slowest instant for a pass.
std::vector<double> pose_of(const Dwell& dwell, const SignalRef& positions,
                            SessionSignals& signals) {
  const TimeRange range = dwell.pass ? TimeRange{dwell.slowest_at, dwell.slowest_at + Nanos{1}}
                                     : around_middle({dwell.start, dwell.end}, kLook);
  const SeriesSlice slice = signals.series(positions.stream, range, /*with_neighbours=*/true);
  const Column& column = slice.columns.at(positions.column);
  const std::size_t width = positions.element ? 1 : positions.spec.width;
  std::vector<double> pose(width);
  for (std::size_t e = 0; e < width; ++e) {
    std::vector<double> values;
    for (std::size_t row = 0; row < slice.size(); ++row) {
      const bool inside = range.contains(slice.times[row]) || dwell.pass || slice.size() <= 2;
      const double value = column.number(row, positions.element.value_or(e));
      if (inside && std::isfinite(value)) values.push_back(value);
    }
    pose[e] = upper_median(values, std::nan(""));
  }
  return pose;
}

bool knows_clock_of(const std::string& stream, const Request& request, SessionSignals& signals) {
  return facts_of(signals).share_clock(stream, request.dwell.motion.signal.stream);
}

/// None where the controller's clock is not known: a stop would be cut anywhere.
std::vector<ControllerStep> controller_steps(const Request& request, SessionSignals& signals) {
  std::vector<ControllerStep> steps;
  if (request.step_stream.empty() || !knows_clock_of(request.step_stream, request, signals))
    return steps;
  each_window(signals.extent(), [&](TimeRange window) {
    for (const Event& event : signals.events(request.step_stream, window)) {
      const bool starts = request.step(event);
      if (!starts && !request.step_end(event)) continue;
      const Value* const point =
          request.step_point.empty() ? nullptr : event.field(request.step_point);
      const bool named = point && !std::holds_alternative<std::monostate>(*point);
      steps.push_back({event.time, starts, named ? to_text(*point) : ""});
    }
  });
  return steps;
}

/// Whether a stop can be a visit to the point with this id; true when it is no point of the plan.
bool reaches(const std::vector<double>& pose, const std::string& id, const Request& request) {
  const auto& points = request.plan.points;
  const auto point = std::find_if(points.begin(), points.end(),
                                  [&](const PlanPoint& planned) { return planned.id == id; });
  return point == points.end() ||
         pose_distance(pose, point->target, request.match.weights) <= request.match.tolerance;
}

void measure_slowest(Dwell& piece, const Request& request, SessionSignals& signals) {
  piece.slowest = std::numeric_limits<double>::infinity();
  const auto take = [&](const SpeedStep& step) {
    if (step.time < piece.start || step.time >= piece.end || step.speed >= piece.slowest) return;
    piece.slowest = step.speed;
    piece.slowest_at = step.time;
  };
  walk_speed(request.dwell.motion, signals, {piece.start - kBeyond, piece.end + kBeyond}, take,
             [](std::optional<SessionTime>) {});
}

struct Stops {
  CutDwells cut;
  std::vector<std::vector<double>> poses;  ///< of cut.dwells
};

Stops stops_of(const Request& request, SessionSignals& signals) {
  const std::vector<Dwell> dwells = find_dwells(request.dwell, signals);
  std::vector<std::vector<double>> poses;
  for (const Dwell& dwell : dwells) poses.push_back(pose_of(dwell, request.positions, signals));
  StepRequest wanted;
  wanted.min_length = request.dwell.min_length;
  wanted.start_source = request.step_stream + " where " + request.step_text;
  wanted.end_source = request.step_stream + " where " + request.step_end_text;
  wanted.reaches = [&](std::size_t stop, const std::string& point) {
    return reaches(poses[stop], point, request);
  };
  Stops found;
  found.cut = cut_at_steps(dwells, controller_steps(request, signals), wanted);
  for (const std::size_t stop : found.cut.stops) found.poses.push_back(poses[stop]);
  for (const std::size_t piece : found.cut.pieces) {
    measure_slowest(found.cut.dwells[piece], request, signals);
    found.poses[piece] = pose_of(found.cut.dwells[piece], request.positions, signals);
  }
  return found;
}

/// By how much times of two streams may be off against each other.
Nanos apart(const std::string& a, const std::string& b, SessionTime at, SessionSignals& signals) {
  if (a == b) return Nanos{0};
  return facts_of(signals).clock_uncertainty(a, at) + facts_of(signals).clock_uncertainty(b, at);
}

TieRequest tie_request(const Request& request, SessionSignals& signals) {
  TieRequest wanted = request.tie;
  for (const PlanPoint& point : request.plan.points) wanted.planned.push_back(point.id);
  if (request.verdicts.empty()) return wanted;
  const std::string& motion = request.dwell.motion.signal.stream;
  wanted.times_known = knows_clock_of(request.verdicts, request, signals);
  const TimeRange extent = signals.extent();
  wanted.clock_uncertainty = std::max(apart(request.verdicts, motion, extent.start, signals),
                                      apart(request.verdicts, motion, extent.end, signals));
  return wanted;
}

/// A verdict tied to a visit that may be to several points says which.
void take_word_of_verdict(const Request& request, Survey& found) {
  for (std::size_t i = 0; i < found.ties.size(); ++i) {
    if (!found.ties[i].visit) continue;
    Match& match = found.visits[*found.ties[i].visit].match;
    const Value* const named = request.tie.point_field.empty()
                                   ? nullptr
                                   : found.verdicts[i].field(request.tie.point_field);
    if (match.ambiguous.empty() || !named) continue;
    for (const std::size_t point : match.ambiguous) {
      if (request.plan.points[point].id != to_text(*named)) continue;
      const bool visited =
          std::any_of(found.visits.begin(), found.visits.end(), [&](const Visit& other) {
            return &other.match != &match && other.match.point == point &&
                   other.match.ambiguous.empty();
          });
      if (match.order != Order::kRepeated && visited) match.order = Order::kRepeated;
      if (match.order == Order::kRepeated && !visited) match.order = Order::kPlanned;
      match.point = point;
      match.by = "verdict";
      match.ambiguous.clear();
      break;
    }
  }
}

/// The visits found and, after them, those that only the controller names: a verdict may be about
/// one of these.
void tie(const Request& request, Survey& found, SessionSignals& signals) {
  std::vector<Visited> visited;
  for (const Visit& visit : found.visits) {
    std::vector<std::string> points;
    for (const std::size_t point : visit.match.ambiguous)
      points.push_back(request.plan.points[point].id);
    if (points.empty()) points = {request.plan.points[visit.match.point].id};
    visited.push_back({{visit.dwell.start, visit.dwell.end},
                       std::move(points),
                       visit.dwell.finish.uncertainty.value_or(Nanos{0}),
                       true});
  }
  for (const UnseenVisit& visit : found.unseen) {
    if (visit.point.empty()) continue;
    const Nanos half = (visit.latest_end - visit.start) / 2;
    visited.push_back({{visit.start, visit.start + half}, {visit.point}, half, false});
  }
  found.ties = tie_verdicts(found.verdicts, visited, tie_request(request, signals));
  for (std::size_t i = 0; i < found.ties.size(); ++i) {
    if (found.ties[i].visit) found.visits[*found.ties[i].visit].verdict = i;
    for (const std::size_t candidate : found.ties[i].candidates)
      if (candidate < found.visits.size()) found.visits[candidate].ambiguous.push_back(i);
  }
  take_word_of_verdict(request, found);
}

std::vector<Event> all_events(const std::string& stream, const EventPredicate& wanted,
                              SessionSignals& signals) {
  std::vector<Event> events;
  if (stream.empty()) return events;
  each_window(signals.extent(), [&](TimeRange window) {
    for (Event& event : signals.events(stream, window))
      if (wanted(event)) events.push_back(std::move(event));
  });
  return events;
}

/// Fastest motion between two times, the ends interpolated.
double fastest(const std::vector<SpeedSample>& speeds, SessionTime from, SessionTime to) {
  const auto at = [&](SessionTime time) {
    const auto next =
        std::lower_bound(speeds.begin(), speeds.end(), time,
                         [](const SpeedSample& s, SessionTime t) { return s.time < t; });
    if (next == speeds.end()) return speeds.empty() ? std::nan("") : speeds.back().speed;
    if (next == speeds.begin()) return next->speed;
    const SpeedSample &a = *std::prev(next), &b = *next;
    const double share = static_cast<double>((time - a.time).count()) /
                         static_cast<double>(std::max<std::int64_t>(1, (b.time - a.time).count()));
    return a.speed + share * (b.speed - a.speed);
  };
  double speed = std::max(at(from), at(to));
  for (const SpeedSample& sample : speeds)
    if (sample.time > from && sample.time < to) speed = std::max(speed, sample.speed);
  return speed;
}

std::vector<SpeedSample> speeds_around(const Request& request, TimeRange range,
                                       SessionSignals& signals) {
  std::vector<SpeedSample> speeds;
  walk_speed(
      request.dwell.motion, signals, {range.start - kBeyond, range.end + kBeyond},
      [&](const SpeedStep& step) {
        speeds.push_back({step.time, step.speed});
      },
      [](std::optional<SessionTime>) {});
  return speeds;
}

/// Decodes what lies between the first and the last candidate, no more.
void look_at(std::vector<FrameView>& candidates, const std::string& camera,
             SessionSignals& signals) {
  const TimeRange range{candidates.front().time, candidates.back().time + Nanos{1}};
  const auto figures = signals.frame_figures(camera, range);
  const SessionSignals::FrameTimes frames = signals.frames(camera, range);
  for (FrameView& candidate : candidates) {
    const std::size_t at = candidate.ordinal - frames.first;
    if (at >= figures.size() || !figures[at]) continue;
    candidate.sharpness = figures[at]->sharpness;
    candidate.contrast = figures[at]->luma_std * figures[at]->luma_std;
  }
}

/// What is looked at of a visit: of a long stop the middle, or what comes before its verdict.
TimeRange looked_at(const Dwell& dwell, std::optional<SessionTime> verdict) {
  const TimeRange range = around_middle({dwell.start, dwell.end}, kLook);
  if (!verdict || range.length() == dwell.end - dwell.start || *verdict >= range.end) return range;
  const SessionTime end = std::max(*verdict + Nanos{1}, dwell.start + Nanos{1});
  return {std::max(dwell.start, end - kLook), end};
}

Evidence evidence_of(const Request& request, const Visit& visit, const std::string& camera,
                     const std::vector<SpeedSample>& speeds, std::optional<SessionTime> verdict,
                     SessionSignals& signals) {
  const std::string& motion = request.dwell.motion.signal.stream;
  if (!knows_clock_of(camera, request, signals)) {
    Evidence none;
    none.reason =
        "the clock of '" + camera + "' is assumed, so no frame is known to be of the visit";
    return none;
  }
  const TimeRange range = looked_at(visit.dwell, verdict);
  EvidenceRequest wanted;
  wanted.visit = {visit.dwell.start, visit.dwell.end};
  wanted.clock_uncertainty = apart(camera, motion, range.start, signals);
  if (verdict) wanted.before_uncertainty = apart(camera, request.verdicts, *verdict, signals);
  wanted.slowest = visit.dwell.slowest_at;
  wanted.stopped = !visit.dwell.pass;
  wanted.exposure = signals.session().stream(camera)->exposure.value_or(Nanos{0});
  wanted.settle = request.settle;
  wanted.v_settled = request.dwell.v_out;
  wanted.least_sharpness = request.least_sharpness;
  wanted.before = verdict;
  const SessionSignals::FrameTimes frames = signals.frames(camera, range);
  const Nanos around = wanted.exposure / 2 + wanted.clock_uncertainty;
  std::vector<FrameView> views;
  for (std::size_t i = 0; i < frames.times.size(); ++i) {
    const SessionTime time = frames.times[i];
    views.push_back(
        {frames.first + i, time, fastest(speeds, time - around, time + around), std::nullopt, 0});
  }
  std::vector<FrameView> candidates = settled_frames(views, wanted);
  if (request.least_sharpness > 0 && !candidates.empty()) {
    look_at(candidates, camera, signals);
    for (const FrameView& candidate : candidates)
      views[candidate.ordinal - frames.first] = candidate;
  }
  return choose_evidence(views, wanted);
}
}  // namespace

namespace {
std::vector<AssumedClock> assumed_clocks(const Request& request, SessionSignals& signals) {
  std::vector<AssumedClock> assumed;
  const auto ask = [&](const std::string& stream, const char* effect) {
    if (!stream.empty() && !knows_clock_of(stream, request, signals))
      assumed.push_back({stream, effect});
  };
  ask(request.positions.stream, "the poses of the stops may be those of other times");
  ask(request.step_stream, "its steps were not used");
  ask(request.verdicts,
      "a verdict is tied only where it names a point that was visited once, and only one does");
  for (const std::string& camera : request.cameras)
    ask(camera, "no frame of it is evidence of a visit");
  return assumed;
}
}  // namespace

Survey survey(const Request& request, SessionSignals& signals) {
  Stops all = stops_of(request, signals);
  const std::vector<Dwell>& dwells = all.cut.dwells;
  std::vector<Stop> stops;
  for (std::size_t i = 0; i < dwells.size(); ++i)
    stops.push_back({dwells[i].pass ? dwells[i].slowest_at
                                    : dwells[i].start + (dwells[i].end - dwells[i].start) / 2,
                     std::move(all.poses[i]), dwells[i].pass, all.cut.points[i]});
  Survey found;
  found.assumed = assumed_clocks(request, signals);
  found.unseen = std::move(all.cut.unseen);
  const std::vector<Match> matches = match_stops(stops, request.plan, request.match);
  for (std::size_t i = 0; i < dwells.size(); ++i) {
    // A pass at no planned point is just a slow stretch of a path.
    const bool stray = matches[i].order == Order::kUnplanned;
    if (stray && dwells[i].pass) continue;
    (stray ? found.strays : found.visits).push_back({dwells[i], matches[i], {}, {}, {}});
  }
  found.verdicts = all_events(request.verdicts, request.verdict, signals);
  tie(request, found, signals);
  for (Visit& visit : found.visits) {
    if (request.cameras.empty()) break;
    // On an assumed clock it says nothing of when a frame was taken.
    std::optional<SessionTime> verdict;
    if (visit.verdict && knows_clock_of(request.verdicts, request, signals))
      verdict = found.verdicts[*visit.verdict].time;
    const auto speeds = speeds_around(request, looked_at(visit.dwell, verdict), signals);
    for (const std::string& camera : request.cameras)
      visit.evidence[camera] = evidence_of(request, visit, camera, speeds, verdict, signals);
  }
  return found;
}

}  // namespace reelcell::segment::visits
