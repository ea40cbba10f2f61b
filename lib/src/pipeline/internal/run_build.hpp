// The one way from a plan to a corpus, whoever made the results.
#pragma once

#include "internal/codec.hpp"
#include "internal/spool.hpp"

namespace reelcell::pipeline {

/// Of everything that decides the corpus, without reading the sessions.
std::string build_fingerprint(const PlanRequest& request);
/// build_corpus; results come from `results` where that is given, else from the folder's own spool.
BuildResult build_from(PlanRequest planned, const BuildRequest& request, const Spool* results,
                       PacketScope scope, Progress& progress);

}  // namespace reelcell::pipeline
