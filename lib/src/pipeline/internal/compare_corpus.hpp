// Comparing sessions with a corpus whose folder is open already.
#pragma once

#include "internal/run_build.hpp"
#include "reelcell/pipeline/add.hpp"

namespace reelcell::pipeline {

/// `inputs` of the sessions now, `known` when the corpus was made. A session of which the corpus
/// holds nothing is added again when it changed, or `retry_failed`.
CorpusDelta compare(const std::vector<SessionRef>& sessions, const SessionInputs& inputs,
                    const Recipe& recipe, const PriorCorpus& prior, const SessionInputs& known,
                    bool retry_failed);

}  // namespace reelcell::pipeline
