// What the visits of a session say about its plan.
#pragma once

#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/json.hpp"
#include "reelcell/model/segment.hpp"

namespace reelcell::segment {

/// Planned, visited, skipped, repeated, out of order; verdicts tied and untied with the reason;
/// evidence found and missing with the least margins. From the segments of kind "visit" among
/// `segments` (of one session), its plan, and what the visits segmenter told. null when there is no
/// plan.
Json visits_report(const std::string& session, const std::vector<const Segment*>& segments,
                   const Json& plan, const std::vector<Diagnostic>& told);

}  // namespace reelcell::segment
