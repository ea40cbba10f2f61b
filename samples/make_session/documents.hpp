// session.json, plan.json and truth.json.
#pragma once

#include <vector>

#include "events.hpp"
#include "motion.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::sample {

/// Everything that was made, and the clocks it was made with.
struct Made {
  Motion motion;
  CameraTruth front, wrist;
  DeviceClock robot, force, station;
  std::vector<VisitTruth> visits;
};

Json session_document(const Options& options, const Made& made);
Json plan_document(const Options& options, const Motion& motion);
Json truth_document(const Options& options, const Made& made);
/// One line per top-level entry: long tables stay small and a person can still find their way.
std::string dump_table_json(const Json& document);

}  // namespace reelcell::sample
