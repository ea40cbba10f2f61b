// Comparing sessions with a corpus whose folder is open already.
#pragma once

#include "internal/run_build.hpp"
#include "reelcell/pipeline/add.hpp"

namespace reelcell::pipeline {

/// `inputs` of the sessions now, `known` when the corpus was made. A session of which the corpus
/// holds nothing is added again when it changed, or with `request.retry_failed`.
CorpusDelta compare(const std::vector<SessionRef>& sessions, const SessionInputs& inputs,
                    const PlanRequest& request, const PriorCorpus& prior,
                    const SessionInputs& known);
/// The reason, to stand behind the corpus's path; "" when the sessions can be added.
std::string why_not_addable(const PriorCorpus& prior, const CorpusDelta& delta);
/// Sessions that were given and of which the corpus keeps another state: each a loss.
void tell_of_kept(const CorpusDelta& delta, bool replace, Diagnostics& diagnostics);
std::string why_damaged(const std::vector<std::string>& damage);
/// "a, b and 7 more".
std::string first_few(const std::vector<std::string>& names);
/// Files of the corpus that are not there as listed, each with what is wrong.
std::vector<std::string> damage_of(const fs::path& corpus);

}  // namespace reelcell::pipeline
