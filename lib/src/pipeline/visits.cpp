#include "reelcell/pipeline/visits.hpp"

#include <algorithm>

#include "reelcell/pipeline/session.hpp"
#include "reelcell/segment/visits.hpp"

namespace reelcell::pipeline {
namespace {
constexpr const char* kSegmenter = "visits";

bool looks_for_visits(const Recipe& recipe) {
  return std::any_of(recipe.segments.begin(), recipe.segments.end(), [](const SegmentRule& rule) {
    return rule.row->name == std::string(kSegmenter);
  });
}

/// Only a session with a session.json has planned points.
std::optional<SessionDescription> described(const SessionRef& ref) {
  const fs::path file = ref.path / "session.json";
  if (!ref.episode.empty() || !fs::exists(file)) return std::nullopt;
  return read_session_file(file);
}
}  // namespace

Json visits_reports(const BuildPlan& plan) {
  Json reports = Json::array();
  if (!looks_for_visits(plan.recipe)) return reports;
  std::vector<std::vector<const Segment*>> visits(plan.sessions.size());
  for (const Candidate& candidate : plan.candidates)
    if (candidate.segment.attribute("planned_order"))
      visits[candidate.session].push_back(&candidate.segment);
  const std::vector<Diagnostic> told = plan.losses->summary();
  for (std::size_t i = 0; i < plan.sessions.size(); ++i) {
    const SessionRef& ref = plan.sessions[i];
    const bool left_out =
        std::any_of(plan.quarantined.begin(), plan.quarantined.end(),
                    [&](const QuarantinedSession& session) { return session.id == ref.id; });
    const auto session = left_out ? std::nullopt : described(ref);
    if (!session) continue;
    Json report = segment::visits_report(session->id, visits[i], session->plan, told);
    if (!report.is_null()) reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace reelcell::pipeline
