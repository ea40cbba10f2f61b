// The segmenter: stops of the robot as visits to the planned points.
#include <algorithm>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "survey.hpp"

namespace reelcell::segment {
namespace visits {
namespace {
std::string stream_with_role(const SessionDescription& session, StreamKind kind,
                             const std::string& role) {
  for (const StreamSpec& spec : session.streams)
    if (spec.kind == kind && spec.role == role) return spec.name;
  return "";
}

EventPredicate compiled(const OptionValues& options, const char* option,
                        const EventPredicateCompiler& compile) {
  if (!options.has(option)) return [](const Event&) { return true; };
  return compile(options.text(option), options.where() + "/" + option);
}

void parse_positions(const OptionValues& options, const SessionDescription& session,
                     Request& request) {
  std::string text = options.has("positions") ? options.text("positions") : "";
  if (text.empty() && !request.plan.stream.empty())
    text = request.plan.stream + (request.plan.column.empty() ? "" : "." + request.plan.column);
  if (text.empty() && request.dwell.motion.positions) text = request.dwell.motion.signal.text;
  if (text.empty())
    throw InputError(options.where() + "/positions",
                     "is missing, and the plan names no \"stream\" and \"column\": say which "
                     "column the plan's targets are values of, such as joints.q");
  request.positions = resolve_signal(text, session, options.where() + "/positions");
  const std::size_t width = request.positions.element ? 1 : request.positions.spec.width;
  if (request.plan.points.front().target.size() != width)
    throw InputError(options.where() + "/positions",
                     "'" + text + "' has " + std::to_string(width) +
                         " elements, the plan's points have " +
                         std::to_string(request.plan.points.front().target.size()) + " values");
}

void parse_match(const OptionValues& options, Request& request) {
  const Json& weights = options.json("position_weights");
  const std::size_t width = request.plan.points.front().target.size();
  const bool numbers =
      weights.is_array() && std::all_of(weights.begin(), weights.end(),
                                        [](const Json& weight) { return weight.is_number(); });
  if (!numbers || (!weights.empty() && weights.size() != width))
    throw InputError(options.where() + "/position_weights",
                     "expected a list of " + std::to_string(width) + " numbers");
  request.match.weights = weights.get<std::vector<double>>();
  request.match.tolerance =
      in_unit_of({request.positions.text, request.positions.spec.unit}, options.json("tolerance"),
                 options.where() + "/tolerance", QuantityKind::kDifference);
  if (request.match.tolerance < 0)
    throw InputError(options.where() + "/tolerance",
                     "is negative, expected 0 (from the plan) or "
                     "more");
  request.match.pass_tolerance = request.match.tolerance;
  if (request.match.tolerance == 0) {
    request.match.tolerance = default_tolerance(request.plan, request.match.weights);
    // A path that slows down half way from one point to the next is at neither.
    request.match.pass_tolerance = request.match.tolerance / 2;
  }
  request.match.time_weight = options.number("time_weight");
  if (request.match.time_weight < 0 || request.match.time_weight > 1)
    throw InputError(options.where() + "/time_weight", "expected 0 to 1");
}

void parse_cameras(const OptionValues& options, const SessionDescription& session,
                   Request& request) {
  for (const std::string& name : options.texts("cameras"))
    request.cameras.push_back(
        stream_named(name, session, StreamKind::kVideo, options.where() + "/cameras").name);
  if (request.cameras.empty() && options.boolean("evidence"))
    for (const StreamSpec& spec : session.streams)
      if (spec.kind == StreamKind::kVideo) request.cameras.push_back(spec.name);
  if (!options.boolean("evidence")) request.cameras.clear();
  request.settle = options.duration("settle");
  request.least_sharpness = options.number("sharpness");
  if (request.least_sharpness < 0 || request.least_sharpness > 1)
    throw InputError(options.where() + "/sharpness", "expected 0 (not asked) to 1");
}
}  // namespace

Request parse(const OptionValues& options, const SessionDescription& session,
              const EventPredicateCompiler& compile) {
  Request request;
  request.dwell = parse_dwell_request(options, session);
  if (session.plan.is_null() && !session.plan_file.empty())
    throw InputError(session.id + ": session.json /plan",
                     "'" + session.plan_file +
                         "' could not be read, and visits are matched with its points; put it "
                         "back, or use the 'dwell' segmenter");
  request.plan = parse_plan(session.plan, session.id + ": plan");
  parse_positions(options, session, request);
  parse_match(options, request);
  if (options.has("step")) {
    request.step_stream = options.has("step_stream")
                              ? options.text("step_stream")
                              : stream_with_role(session, StreamKind::kEvents, "plc");
    stream_named(request.step_stream, session, StreamKind::kEvents,
                 options.where() + "/step_stream");
    request.step_text = options.text("step");
    request.step = compiled(options, "step", compile);
    request.step_end = [](const Event&) { return false; };
    if (options.has("step_end")) {
      request.step_end_text = options.text("step_end");
      request.step_end = compiled(options, "step_end", compile);
    }
    request.step_point = options.text("step_point");
  } else if (options.has("step_end")) {
    throw InputError(options.where() + "/step_end",
                     "says which events end a visit, but \"step\", which says what starts one, is "
                     "missing");
  }
  request.verdicts = options.has("verdicts")
                         ? options.text("verdicts")
                         : stream_with_role(session, StreamKind::kEvents, "verdicts");
  if (!request.verdicts.empty())
    stream_named(request.verdicts, session, StreamKind::kEvents, options.where() + "/verdicts");
  request.verdict = compiled(options, "verdict", compile);
  request.tie.point_field = options.text("verdict_point");
  request.tie.within = options.duration("verdict_within");
  request.tie.least_margin = options.duration("verdict_margin");
  parse_cameras(options, session, request);
  return request;
}

std::vector<OptionSpec> option_specs() {
  std::vector<OptionSpec> specs = dwell_option_specs();
  for (OptionSpec& spec : specs)
    if (spec.name == "min_length") spec.fallback = "40ms";
  const std::vector<OptionSpec> more = {
      {.name = "positions",
       .help = "Column that the plan's targets are values of (default: the plan's stream and "
               "column)",
       .optional = true},
      {.name = "position_weights",
       .type = OptionType::kJson,
       .fallback = Json::array(),
       .help = "Weight of each element in the distance to a point (default: all 1)"},
      quantity_option(
          {.name = "tolerance",
           .fallback = 0,
           .help =
               "A stop further than this from a point is no visit to it, such as \"2 deg\"; 0 = "
               "half the usual distance between neighbouring points, a quarter for a slow pass"}),
      {.name = "time_weight",
       .type = OptionType::kNumber,
       .fallback = 0.5,
       .help = "How much the expected time counts beside the pose where poses are alike, 0 to 1; 0 "
               "= off"},
      {.name = "step_stream",
       .help = "Events of the controller (default: the stream with the role plc)",
       .optional = true},
      {.name = "step",
       .type = OptionType::kExpression,
       .help = "Which of them start a visit: a stop with several is several visits",
       .optional = true},
      {.name = "step_end",
       .type = OptionType::kExpression,
       .help =
           "Which of them end a visit: what lies between that and the next one's start, without "
           "motion, belongs to neither (default: the next start)",
       .optional = true},
      {.name = "step_point",
       .fallback = "point",
       .help = "Field of a step that names the point; empty = none does"},
      {.name = "verdicts",
       .help = "Event stream with the verdicts (default: the one with the role verdicts)",
       .optional = true},
      {.name = "verdict",
       .type = OptionType::kExpression,
       .help = "Which of its events are verdicts (default: all)",
       .optional = true},
      {.name = "verdict_point",
       .fallback = "point",
       .help = "Field of a verdict that names the point; empty = tie by time alone"},
      {.name = "verdict_within",
       .type = OptionType::kDuration,
       .fallback = "1s",
       .help = "Longest time from the end of a visit to its verdict"},
      {.name = "verdict_margin",
       .type = OptionType::kDuration,
       .fallback = "10ms",
       .help = "A visit whose delay to a verdict is unlike the session's others by less than this "
               "stays a candidate; a verdict with several is tied to none"},
      {.name = "evidence",
       .type = OptionType::kBool,
       .fallback = true,
       .help = "Choose a frame of each camera as the visit's evidence"},
      {.name = "cameras",
       .type = OptionType::kTextList,
       .fallback = Json::array(),
       .help = "Cameras that give evidence (default: all)"},
      {.name = "settle",
       .type = OptionType::kDuration,
       .fallback = "0s",
       .help = "Time after the stop in which the structure still rings; 0 = none"},
      {.name = "sharpness",
       .type = OptionType::kNumber,
       .fallback = 0.8,
       .help = "Evidence is at least this share as sharp as the sharpest settled frame, contrasts "
               "made equal; 0 = decode nothing"}};
  specs.insert(specs.end(), more.begin(), more.end());
  return specs;
}
}  // namespace visits

namespace {
std::vector<Segment> run(const OptionValues& options, SessionSignals& signals,
                         const EventPredicateCompiler& compile, Diagnostics& diagnostics) {
  const visits::Request request = visits::parse(options, signals.session(), compile);
  const visits::Survey survey =
      at_place(options.where(), [&] { return visits::survey(request, signals); });
  visits::tell(request, survey, signals.session().id, diagnostics);
  return visits::to_segments(request, survey);
}
std::vector<SourceFile> files_of(const OptionValues&, const SessionDescription& session) {
  if (session.plan_file.empty()) return {};
  return {{"plan", safe_join(session.folder, session.plan_file)}};
}
}  // namespace

const SegmenterRow& visits_segmenter() {
  static const SegmenterRow row{"visits",
                                "Stops matched with the session's planned points, with verdicts "
                                "and evidence frames",
                                visits::option_specs(), run, files_of};
  return row;
}

}  // namespace reelcell::segment
