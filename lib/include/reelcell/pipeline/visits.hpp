// The visits reports of a plan's sessions.
#pragma once

#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// An array: one report a usable session that has planned points, in order of session, when the
/// recipe looks for visits; see segment::visits_report. Reads the sessions' plans, no streams.
Json visits_reports(const BuildPlan& plan);

}  // namespace reelcell::pipeline
