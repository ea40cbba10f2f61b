#include "render/visits.hpp"

#include <fmt/format.h>

#include <map>

#include "render/table.hpp"

namespace reelcell::cli {
namespace {

std::uint64_t count(const Json& json, const char* key) { return json.at(key).get<std::uint64_t>(); }

std::string ids(const Json& list, const char* key) {
  std::string text;
  for (const Json& entry : list) {
    const Json& id = key ? entry.at(key) : entry;
    text += (text.empty() ? "" : ", ") + id.get<std::string>();
  }
  return text.empty() ? "none" : text;
}

std::string session_text(const Json& report) {
  const Json& verdicts = report.at("verdicts");
  std::string text =
      fmt::format("\n{}: {} of {} planned points visited in {} visits\n",
                  report.at("session").get<std::string>(), count(report, "visited"),
                  count(report, "planned"), count(report, "visits")) +
      "  skipped: " + ids(report.at("skipped"), nullptr) + "\n" +
      "  repeated: " + ids(report.at("repeated"), "point") + "\n" +
      "  out of order: " + ids(report.at("out_of_order"), "point") + "\n" +
      fmt::format("  stops at no planned point: {}\n", count(report, "unplanned_stops")) +
      fmt::format("  visits of the controller without a stop: {}\n", report.at("unseen").size()) +
      fmt::format("  verdicts: {} of {} tied\n", count(verdicts, "tied"), count(verdicts, "given"));
  for (const Json& verdict : verdicts.at("untied"))
    text += fmt::format("    {}: {}\n", verdict.at("what").get<std::string>(),
                        verdict.at("reason").get<std::string>());
  for (const auto& [camera, evidence] : report.at("evidence").items()) {
    const Json& margin = evidence.at("least_margin_ms");
    text += fmt::format("  evidence of {}: {} of {} visits, least margin {} ms\n", camera,
                        count(evidence, "found"), count(report, "visits"),
                        margin.is_null() ? "-" : fixed(margin.get<double>(), 2));
  }
  return text;
}

}  // namespace

std::string visits_text(const Json& reports) {
  std::string text;
  for (const Json& report : reports) text += session_text(report);
  return text;
}

std::string visits_totals(const Json& reports) {
  if (reports.empty()) return "";
  std::uint64_t planned = 0, visited = 0, visits = 0, skipped = 0, repeated = 0, disordered = 0;
  std::uint64_t unplanned = 0, unseen = 0, given = 0, tied = 0, ambiguous = 0;
  std::map<std::string, std::uint64_t> evidence;
  for (const Json& report : reports) {
    planned += count(report, "planned");
    visited += count(report, "visited");
    visits += count(report, "visits");
    skipped += report.at("skipped").size();
    repeated += report.at("repeated").size();
    disordered += report.at("out_of_order").size();
    unplanned += count(report, "unplanned_stops");
    unseen += report.at("unseen").size();
    given += count(report.at("verdicts"), "given");
    tied += count(report.at("verdicts"), "tied");
    for (const Json& verdict : report.at("verdicts").at("untied"))
      if (!verdict.at("candidates").empty()) ambiguous += count(verdict, "count");
    for (const auto& [camera, figures] : report.at("evidence").items())
      evidence[camera] += count(figures, "found");
  }
  std::string text = fmt::format(
      "visits: {}; {} of {} planned points visited, {} skipped; {} repeated, {} out of order; {} "
      "at "
      "no planned point, {} by the controller alone\n",
      visits, visited, planned, skipped, repeated, disordered, unplanned, unseen);
  text += fmt::format("  verdicts: {} of {} tied, {} ambiguous, {} of no visit\n", tied, given,
                      ambiguous, given - tied - ambiguous);
  for (const auto& [camera, found] : evidence)
    text += fmt::format("  evidence of {}: {} of {} visits\n", camera, found, visits);
  return text;
}

}  // namespace reelcell::cli
