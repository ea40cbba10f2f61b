// Which clocks of a session are measured, by what, and in which order.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reelcell/pipeline/clocks.hpp"

namespace reelcell::pipeline {

/// What session.json says of clocks, by stream.
using ClockDetailsOf = std::map<std::string, ClockDetails>;
/// Nothing where the session has no such file.
ClockDetailsOf clock_details_of(const OpenSession& session);

struct ClockTask {
  std::string stream;
  std::vector<ClockEvidence> evidence;
};

/// The clocks that `streams` names ("front", "front=motion:joints.q"), or all that have evidence;
/// each comes after those it is measured against. PlanError where there are none, or a circle.
std::vector<ClockTask> plan_clocks(const OpenSession& session,
                                   const std::vector<std::string>& streams);

}  // namespace reelcell::pipeline
