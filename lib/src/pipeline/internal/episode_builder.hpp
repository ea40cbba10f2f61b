// From a candidate to an episode: gates, grid, joins, clips, stills, pixel statistics, lineage.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "internal/features.hpp"
#include "internal/place_objects.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

struct BuiltCandidate {
  Decision decision;
  std::optional<Episode> episode;              ///< absent when dropped or quarantined
  std::shared_ptr<const OpenSession> session;  ///< keeps what the episode borrows
  Diagnostics pixels;                          ///< what decoding lost; adds up over candidates
  std::vector<Diagnostic> losses;              ///< of the session so far, as the spool keeps them
};

/// Thread-safe for different candidates with different `signals`. Throws OutputError only; an input
/// that fails makes a quarantined candidate with its reason.
std::unique_ptr<BuiltCandidate> build_candidate(const BuildPlan& plan, const Candidate& candidate,
                                                std::shared_ptr<const OpenSession> session,
                                                SessionSignals& signals,
                                                const std::vector<PlacedObjects>& objects);

}  // namespace reelcell::pipeline
