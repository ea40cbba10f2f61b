// Visits as segments, and what a user must be told of them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "survey.hpp"

namespace reelcell::segment::visits {
namespace {
double ms(Nanos duration) { return static_cast<double>(duration.count()) / 1e6; }

std::string clean(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') c = '_';
  return text;
}

void add_verdict(const Survey& survey, const Visit& visit, Segment& segment) {
  if (!visit.ambiguous.empty()) {
    Json times = Json::array();
    for (const std::size_t verdict : visit.ambiguous)
      times.push_back(ns_of(survey.verdicts[verdict].time));
    segment.attributes.emplace_back("ambiguous_verdicts_ns", times.dump());
  }
  if (!visit.verdict) return;
  const Event& verdict = survey.verdicts[*visit.verdict];
  const Tie& tie = survey.ties[*visit.verdict];
  for (const auto& [field, value] : verdict.fields)
    segment.attributes.emplace_back("verdict." + field, value);
  segment.attributes.emplace_back("verdict.time_ns", ns_of(verdict.time));
  if (!tie.timed) return;
  segment.attributes.emplace_back("verdict.delay_ms", ms(tie.delay));
  segment.attributes.emplace_back("verdict.window_margin_ms", ms(tie.window_margin));
  if (tie.to_other)
    segment.attributes.emplace_back("verdict.other_visit_margin_ms", ms(*tie.to_other));
}

void add_evidence(const std::string& camera, const Evidence& evidence, Segment& segment) {
  const std::string prefix = "evidence." + camera + ".";
  const auto add = [&](const char* name, Value value) {
    segment.attributes.emplace_back(prefix + name, std::move(value));
  };
  if (!evidence.frame) {
    add("missing", evidence.reason);
    return;
  }
  add("ordinal", static_cast<std::int64_t>(evidence.frame->ordinal));
  add("time_ns", ns_of(evidence.frame->time));
  add("margin_ms", ms(evidence.margin));
  add("speed", evidence.frame->speed);
  if (evidence.clock_uncertainty > Nanos{0})
    add("clock_interval_ms", ms(evidence.clock_uncertainty));
  add("candidates", static_cast<std::int64_t>(evidence.sharp));
  if (!evidence.frame->sharpness) return;
  add("sharpness", *evidence.frame->sharpness);
  add("sharpness_share", evidence.sharpness_share);
}

Value finite(double value) { return std::isfinite(value) ? Value(value) : Value(); }

/// What the visit is called by: its point, or all that it may be to.
std::string name_of(const Request& request, const Match& match) {
  if (match.ambiguous.empty()) return request.plan.points[match.point].id;
  std::string name;
  for (const std::size_t point : match.ambiguous)
    name += (name.empty() ? "" : " or ") + request.plan.points[point].id;
  return name;
}

/// Point, place in the plan and order; unknown where the visit may be to several points.
void add_point(const Request& request, const Match& match, Segment& segment) {
  const PlanPoint& point = request.plan.points[match.point];
  const bool known = match.ambiguous.empty();
  segment.attributes.emplace_back("point", known ? Value(point.id) : Value());
  segment.attributes.emplace_back("planned_order", known ? Value(point.order) : Value());
  segment.attributes.emplace_back("order",
                                  known ? Value(std::string(to_string(match.order))) : Value());
  if (!known) {
    Json ids = Json::array();
    for (const std::size_t other : match.ambiguous) ids.push_back(request.plan.points[other].id);
    segment.attributes.emplace_back("ambiguous_points", ids.dump());
  } else if (match.by != std::string_view("pose")) {
    segment.attributes.emplace_back("point_by", std::string(match.by));
  }
}

std::vector<const PlanPoint*> skipped_points(const Request& request, const Survey& survey) {
  std::vector<bool> visited(request.plan.points.size(), false);
  for (const Visit& visit : survey.visits) {
    visited[visit.match.point] = true;
    for (const std::size_t point : visit.match.ambiguous) visited[point] = true;
  }
  std::vector<const PlanPoint*> skipped;
  for (std::size_t i = 0; i < visited.size(); ++i)
    if (!visited[i]) skipped.push_back(&request.plan.points[i]);
  return skipped;
}
}  // namespace

std::vector<Segment> to_segments(const Request& request, const Survey& survey) {
  std::vector<Segment> segments;
  std::map<std::string, std::size_t> visits_to;
  for (const Visit& visit : survey.visits) {
    Segment& segment = segments.emplace_back();
    segment.range = {visit.dwell.start, visit.dwell.end};
    segment.kind = "visit";
    segment.name = "visit-" + clean(name_of(request, visit.match));
    const std::size_t repeat = ++visits_to[segment.name];
    if (repeat > 1) segment.name += "-" + std::to_string(repeat);
    segment.begin = visit.dwell.begin;
    segment.finish = visit.dwell.finish;
    segment.attributes = {{"visit", static_cast<std::int64_t>(segments.size() - 1)}};
    add_point(request, visit.match, segment);
    segment.attributes.emplace_back("stopped", !visit.dwell.pass);
    segment.attributes.emplace_back("speed_min", visit.dwell.slowest);
    segment.attributes.emplace_back("pose_distance", visit.match.distance);
    segment.attributes.emplace_back("pose_margin", finite(visit.match.margin));
    add_verdict(survey, visit, segment);
    for (const auto& [camera, evidence] : visit.evidence) add_evidence(camera, evidence, segment);
  }
  return segments;
}

void tell(const Request& request, const Survey& survey, const std::string& session,
          Diagnostics& diagnostics) {
  const auto seconds = [](SessionTime time) {
    return format_seconds(time.time_since_epoch()) + " s";
  };
  for (const AssumedClock& clock : survey.assumed)
    diagnostics.warn("visit-clock-assumed", session + ": " + clock.stream,
                     "nobody has said how its clock and that of '" +
                         request.dwell.motion.signal.stream + "' are related, so " + clock.effect +
                         ". State \"clock\": {\"offset_ns\": 0} of both in session.json where they "
                         "are one clock, or measure it: reelcell align --measure --write");
  for (const Visit& visit : survey.visits)
    if (!visit.match.ambiguous.empty())
      diagnostics.add({Severity::kWarning, "visit-ambiguous",
                       session + ": visit at " + seconds(visit.dwell.start),
                       "it is to " + name_of(request, visit.match) +
                           ": their poses cannot be told apart, and neither the order of the "
                           "visits nor a step or a verdict that names the point decides",
                       1, ns_of(visit.dwell.start), ns_of(visit.dwell.start)});
  for (const PlanPoint* point : skipped_points(request, survey))
    diagnostics.warn("visit-skipped", session + ": " + point->id,
                     "no stop at this planned point was found");
  for (const UnseenVisit& step : survey.unseen)
    diagnostics.add({Severity::kWarning, "visit-unseen",
                     session + ": " + request.step_stream + " at " + seconds(step.start),
                     "the controller starts a visit" +
                         (step.point.empty() ? "" : " to '" + step.point + "'") +
                         " here, but no stop belongs to it; see whether v_in and min_length suit "
                         "this robot",
                     1, ns_of(step.start), ns_of(step.start)});
  for (const Visit& stop : survey.strays)
    diagnostics.note("visit-unplanned", session,
                     "the stop at " + seconds(stop.dwell.start) + " is at no planned point; '" +
                         request.plan.points[stop.match.point].id + "' is the nearest, " +
                         fmt::format("{:.4g} away in the pose's unit, allowed {:.4g}",
                                     stop.match.distance, request.match.tolerance));
  for (std::size_t i = 0; i < survey.ties.size(); ++i)
    if (!survey.ties[i].visit)
      diagnostics.loss(
          "verdict-untied",
          session + ": " + request.verdicts + " at " + seconds(survey.verdicts[i].time),
          "this verdict belongs to no visit: " + survey.ties[i].reason, 1,
          ns_of(survey.verdicts[i].time));
  // Told once already.
  const auto is_assumed = [&](const std::string& camera) {
    return std::any_of(survey.assumed.begin(), survey.assumed.end(),
                       [&](const AssumedClock& clock) { return clock.stream == camera; });
  };
  for (const Visit& visit : survey.visits)
    for (const auto& [camera, evidence] : visit.evidence)
      if (!evidence.frame && !is_assumed(camera))
        diagnostics.warn("visit-without-evidence",
                         session + ": " + camera + " at " + seconds(visit.dwell.start),
                         "the visit to '" + name_of(request, visit.match) +
                             "' has no evidence frame: " + evidence.reason);
}

}  // namespace reelcell::segment::visits
