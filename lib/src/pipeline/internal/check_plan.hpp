// What a recipe asks of a session, or of all of them, that cannot be or that nobody will see.
#pragma once

#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// The anchor and the streams and methods of the policy. InputError for what cannot be; a stream
/// that the session does not have is a warning, since others may.
void check_grid(const Recipe& recipe, const OpenSession& session);
/// InputError when the segment has more rows than can be counted.
void check_length(TimeRange range, Rational rate, const OpenSession& session);
/// Cameras of the session that hold no frame, where the recipe leaves the choice of features to us.
void tell_of_empty_cameras(const Recipe& recipe, const OpenSession& session);
/// Labels that no segment of any session has a value for: most often a name that nobody writes.
void warn_of_unknown_labels(const BuildPlan& plan);

}  // namespace reelcell::pipeline
