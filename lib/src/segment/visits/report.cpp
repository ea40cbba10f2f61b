#include <algorithm>
#include <map>
#include <set>

#include "plan.hpp"
#include "reelcell/segment/visits.hpp"

namespace reelcell::segment {
namespace {
std::string text_of(const Segment& segment, const std::string& name) {
  const Value* const value = segment.attribute(name);
  return value ? to_text(*value) : "";
}

/// What was told of one session, by its place in it.
Json told_of(const std::string& session, const char* code, const std::vector<Diagnostic>& told) {
  const std::string start = session + ": ";
  Json list = Json::array();
  for (const Diagnostic& entry : told) {
    if (entry.code != code || !entry.where.starts_with(start)) continue;
    Json one = {{"what", entry.where.substr(start.size())},
                {"reason", entry.message},
                {"count", entry.count}};
    if (entry.first_ns) one["time_ns"] = *entry.first_ns;
    list.push_back(std::move(one));
  }
  return list;
}

/// Names of the visits that an ambiguous verdict may be about.
Json candidates_of(const Json& verdict, const std::vector<const Segment*>& segments) {
  Json names = Json::array();
  for (const Segment* segment : segments) {
    const std::string times = text_of(*segment, "ambiguous_verdicts_ns");
    if (times.empty()) continue;
    const Json list = Json::parse(times);
    if (std::find(list.begin(), list.end(), verdict.at("time_ns")) != list.end())
      names.push_back(segment->name);
  }
  return names;
}

struct CameraSummary {
  std::size_t found = 0;
  std::map<std::string, std::size_t> missing;
  double least_margin_ms = 0, fastest = 0, least_sharpness_share = 1;
};

double number_of(const Segment& segment, const std::string& name, double otherwise) {
  const Value* const value = segment.attribute(name);
  const auto* const number = value ? std::get_if<double>(value) : nullptr;
  return number ? *number : otherwise;
}

void add_evidence(const Segment& segment, std::map<std::string, CameraSummary>& cameras) {
  constexpr std::string_view kStart = "evidence.", kFound = ".ordinal", kMissing = ".missing";
  for (const auto& [name, value] : segment.attributes) {
    if (!name.starts_with(kStart)) continue;
    if (name.ends_with(kMissing)) {
      const auto length = name.size() - kStart.size() - kMissing.size();
      ++cameras[name.substr(kStart.size(), length)].missing[to_text(value)];
    } else if (name.ends_with(kFound)) {
      const std::string prefix = name.substr(0, name.size() - kFound.size()) + ".";
      CameraSummary& camera =
          cameras[prefix.substr(kStart.size(), prefix.size() - kStart.size() - 1)];
      const double margin = number_of(segment, prefix + "margin_ms", 0);
      camera.least_margin_ms =
          camera.found == 0 ? margin : std::min(camera.least_margin_ms, margin);
      camera.fastest = std::max(camera.fastest, number_of(segment, prefix + "speed", 0));
      camera.least_sharpness_share =
          std::min(camera.least_sharpness_share, number_of(segment, prefix + "sharpness_share", 1));
      ++camera.found;
    }
  }
}

Json camera_json(const CameraSummary& camera) {
  Json json = {{"found", camera.found}, {"missing", camera.missing}};
  json["least_margin_ms"] = camera.found > 0 ? Json(camera.least_margin_ms) : Json();
  json["fastest"] = camera.found > 0 ? Json(camera.fastest) : Json();
  json["least_sharpness_share"] = camera.found > 0 ? Json(camera.least_sharpness_share) : Json();
  return json;
}
}  // namespace

Json visits_report(const std::string& session, const std::vector<const Segment*>& segments,
                   const Json& plan, const std::vector<Diagnostic>& told) {
  if (!plan.is_object()) return nullptr;
  std::map<std::string, std::size_t> visits_to;
  std::map<std::string, CameraSummary> cameras;
  Json repeated = Json::array(), disordered = Json::array();
  Json ambiguous = Json::array();
  std::set<std::string> maybe_visited;
  std::size_t visits = 0, tied = 0;
  for (const Segment* segment : segments) {
    if (segment->kind != "visit" || !segment->attribute("planned_order")) continue;
    ++visits;
    if (const std::string names = text_of(*segment, "ambiguous_points"); !names.empty()) {
      const Json points = Json::parse(names);
      for (const Json& point : points) maybe_visited.insert(point.get<std::string>());
      ambiguous.push_back({{"segment", segment->name}, {"points", points}});
    } else {
      ++visits_to[text_of(*segment, "point")];
    }
    tied += segment->attribute("verdict.time_ns") != nullptr;
    const std::string order = text_of(*segment, "order");
    const Json entry = {{"segment", segment->name}, {"point", text_of(*segment, "point")}};
    if (order == "repeated") repeated.push_back(entry);
    if (order == "out_of_order") disordered.push_back(entry);
    add_evidence(*segment, cameras);
  }
  Json skipped = Json::array();
  const visits::Plan points = visits::parse_plan(plan, session + ": plan");
  for (const visits::PlanPoint& point : points.points)
    if (!visits_to.contains(point.id) && !maybe_visited.contains(point.id))
      skipped.push_back(point.id);
  std::uint64_t strays = 0;
  for (const Diagnostic& entry : told)
    if (entry.code == "visit-unplanned" && entry.where == session) strays += entry.count;
  Json untied = told_of(session, "verdict-untied", told);
  std::uint64_t given = tied;
  for (Json& verdict : untied) {
    verdict["candidates"] = candidates_of(verdict, segments);
    given += verdict.at("count").get<std::uint64_t>();
  }
  Json evidence = Json::object();
  for (const auto& [camera, summary] : cameras) evidence[camera] = camera_json(summary);
  return {{"session", session},
          {"planned", points.points.size()},
          {"visited", visits_to.size()},
          {"visits", visits},
          {"skipped", skipped},
          {"repeated", repeated},
          {"out_of_order", disordered},
          {"ambiguous", ambiguous},
          {"assumed_clocks", told_of(session, "visit-clock-assumed", told)},
          {"unplanned_stops", strays},
          {"unseen", told_of(session, "visit-unseen", told)},
          {"verdicts", {{"given", given}, {"tied", tied}, {"untied", untied}}},
          {"evidence", evidence}};
}

}  // namespace reelcell::segment
