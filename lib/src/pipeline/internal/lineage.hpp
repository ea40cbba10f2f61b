// Where a sample came from: every source that gave it rows, borders, labels or a gate's figure.
#pragma once

#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// The sources of the rows first, then the other streams, then plain files (plan, imported labels,
/// session.json, stamps of frames). `episode` has its rows and clips; `used` is what segmenter,
/// labels and gates read. Hashes every file once a session. Throws InputError.
std::vector<SourceLineage> lineage_of(const Episode& episode, const std::vector<UsedSource>& used,
                                      const OpenSession& session);

}  // namespace reelcell::pipeline
