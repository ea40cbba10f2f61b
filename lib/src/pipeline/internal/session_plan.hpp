// What planning finds in one session.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "internal/camera_forms.hpp"
#include "internal/lost_parts.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

struct SessionPlan {
  std::string error;  ///< why the session cannot be used, "" when it can
  std::vector<FeatureSpec> features;
  std::vector<CameraSource> cameras;
  std::vector<std::string> time_streams;
  Rational rate{};
  std::string robot_type;
  std::vector<std::pair<std::string, std::string>> label_units;
  std::vector<std::string> sound;  ///< streams of it, which no output takes
  std::vector<Candidate> candidates;
  std::vector<Diagnostic> losses;      ///< what was lost while reading it
  std::uint64_t bytes_per_second = 0;  ///< of its sources: what a second of an episode may take
  std::uint64_t picture_bytes = 0;     ///< of one frame of every camera
};

/// As plan_build, of these sessions. `known`: features, rate and streams that each must have;
/// nullptr: those of the first one. `lost` gets the sessions that lost data, where it is asked for.
BuildPlan plan_sessions(const PlanRequest& request, std::vector<SessionRef> sessions,
                        const CorpusSchema* known, Progress& progress, LostParts* lost = nullptr);
/// Only those, and the numbers of each split after them.
void keep_candidates(BuildPlan& plan, const std::function<bool(const Candidate&)>& wanted);

}  // namespace reelcell::pipeline
