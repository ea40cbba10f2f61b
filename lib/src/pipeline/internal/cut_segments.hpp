// The recipe's segmenters over one session, and what to say where they find nothing.
#pragma once

#include <memory>
#include <vector>

#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// A segment with what its segmenter read.
struct CutSegment {
  Segment segment;
  std::shared_ptr<const std::vector<UsedSource>> sources;
};

/// In time order. A segmenter that finds nothing is told of with what it looked at
/// ("segmenter-found-none", a note), a condition on a field that no event has with the fields that
/// there are ("event-field-unknown", a warning).
std::vector<CutSegment> cut_segments(const Recipe& recipe, SessionSignals& signals,
                                     Diagnostics& diagnostics);

}  // namespace reelcell::pipeline
