// The visits reports of a plan's sessions.
#pragma once

#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// One report a session that has visits and a plan, in order of session; see
/// segment::visits_report. Reads the sessions' plans. An array.
Json visits_reports(const BuildPlan& plan);

}  // namespace reelcell::pipeline
