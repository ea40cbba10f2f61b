#include "internal/clock_tasks.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "reelcell/base/error.hpp"

namespace reelcell::pipeline {
namespace {

/// What a video without "measure" is compared with: the first series that moves.
std::string usual_reference(const OpenSession& session, const std::string& stream) {
  for (const StreamSpec& spec : session.session().streams)
    if (spec.kind == StreamKind::kSeries && spec.name != stream) return spec.name;
  return "";
}

Json usual_rule(const OpenSession& session, const std::string& stream) {
  const std::string reference = usual_reference(session, stream);
  if (reference.empty())
    throw PlanError(session.session().id + ": nothing to measure the clock of '" + stream +
                    "' against: the session has no other series. Name the evidence in "
                    "session.json (\"clock\": {\"measure\": ..}) or with --measure");
  return {{"against", reference}};
}

Json own_rule(const ClockDetailsOf& details, const std::string& stream) {
  const auto found = details.find(stream);
  return found == details.end() ? Json() : found->second.measure;
}

/// "front", "front=motion:joints.q", "front=brightness:plc.light:value"
ClockTask parse_task(const std::string& text, const OpenSession& session,
                     const ClockDetailsOf& details) {
  const auto equals = text.find('=');
  const std::string stream = text.substr(0, equals);
  const StreamSpec* spec = session.session().stream(stream);
  if (!spec) {
    std::vector<std::string> names;
    for (const StreamSpec& entry : session.session().streams) names.push_back(entry.name);
    throw PlanError("--evidence", unknown_name("stream", stream, names));
  }
  Json rule = own_rule(details, stream);
  if (equals != std::string::npos) {
    std::vector<std::string> parts{""};
    for (const char c : text.substr(equals + 1))
      if (c == ':')
        parts.emplace_back();
      else
        parts.back() += c;
    if (parts.size() < 2 || parts.size() > 3)
      throw PlanError("--evidence " + text,
                      "expected STREAM=BY:AGAINST or STREAM=BY:AGAINST:AGAINST_BY");
    rule = {{"by", parts[0]}, {"against", parts[1]}};
    if (parts.size() == 3) rule["against_by"] = parts[2];
  }
  if (rule.is_null()) rule = usual_rule(session, stream);
  return {stream, parse_clock_evidence(rule, session, stream, "--evidence " + text)};
}

std::vector<ClockTask> tasks_of(const OpenSession& session,
                                const std::vector<std::string>& streams) {
  const ClockDetailsOf details = clock_details_of(session);
  std::vector<ClockTask> tasks;
  for (const std::string& text : streams) tasks.push_back(parse_task(text, session, details));
  if (!streams.empty()) return tasks;
  for (const StreamSpec& spec : session.session().streams) {
    if (const Json rule = own_rule(details, spec.name); !rule.is_null())
      tasks.push_back(
          {spec.name, parse_clock_evidence(rule, session, spec.name,
                                           "session.json: clock of '" + spec.name + "': measure")});
    else if (spec.kind == StreamKind::kVideo && !usual_reference(session, spec.name).empty())
      tasks.push_back({spec.name, parse_clock_evidence(usual_rule(session, spec.name), session,
                                                       spec.name, spec.name)});
  }
  if (tasks.empty())
    throw PlanError(session.session().id +
                    ": no clock to measure: no stream names its evidence (\"clock\": {\"measure\": "
                    "..}) and there is no video with a series beside it");
  return tasks;
}

/// A task comes after those it is measured against.
std::vector<ClockTask> in_order(std::vector<ClockTask> tasks) {
  std::vector<ClockTask> ordered;
  std::set<std::string> waiting;
  for (const ClockTask& task : tasks) waiting.insert(task.stream);
  while (!tasks.empty()) {
    const auto ready = std::find_if(tasks.begin(), tasks.end(), [&](const ClockTask& task) {
      return std::none_of(task.evidence.begin(), task.evidence.end(), [&](const ClockEvidence& e) {
        return waiting.contains(e.against.stream);
      });
    });
    if (ready == tasks.end())
      throw PlanError("the clocks of " + list_of({waiting.begin(), waiting.end()}) +
                      " are to be measured against one another in a circle; one of them must be "
                      "stated, or measured against another stream");
    waiting.erase(ready->stream);
    ordered.push_back(std::move(*ready));
    tasks.erase(ready);
  }
  return ordered;
}

}  // namespace

ClockDetailsOf clock_details_of(const OpenSession& session) {
  const fs::path file = fs::path(session.session().folder) / "session.json";
  return fs::exists(file) ? read_clock_details(file) : ClockDetailsOf{};
}

std::vector<ClockTask> plan_clocks(const OpenSession& session,
                                   const std::vector<std::string>& streams) {
  return in_order(tasks_of(session, streams));
}

}  // namespace reelcell::pipeline
