#include "reelcell/pipeline/visits.hpp"

#include "reelcell/segment/visits.hpp"

namespace reelcell::pipeline {

Json visits_reports(const BuildPlan& plan) {
  Json reports = Json::array();
  const std::vector<Diagnostic> told = plan.losses->summary();
  for (std::size_t i = 0; i < plan.sessions.size(); ++i) {
    std::vector<const Segment*> visits;
    for (const Candidate& candidate : plan.candidates)
      if (candidate.session == i && candidate.segment.attribute("planned_order"))
        visits.push_back(&candidate.segment);
    if (visits.empty()) continue;
    Diagnostics ignored;  // the plan has these already
    const auto session = OpenSession::open(plan.sessions[i], ignored);
    Json report =
        segment::visits_report(session->session().id, visits, session->session().plan, told);
    if (!report.is_null()) reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace reelcell::pipeline
