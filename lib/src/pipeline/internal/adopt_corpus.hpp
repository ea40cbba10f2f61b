// A finished corpus becomes a part of its successor.
#pragma once

#include <memory>
#include <vector>

#include "internal/accountant.hpp"
#include "internal/lost_parts.hpp"
#include "internal/manifest.hpp"
#include "internal/prior_corpus.hpp"

namespace reelcell::pipeline {

/// Where the parts of the corpus that is built come together.
struct CorpusParts {
  std::vector<std::unique_ptr<CorpusWriter>>& writers;  ///< as the recipe's outputs
  ManifestBuilder& manifest;
  Accountant& accountant;
  BuildReport& report;
  LostParts& lost;
};

/// Ids of the plan's sessions that are built as a whole; of the others, which `prior` has samples
/// of, only some segments are tried again.
std::set<std::string> whole_sessions(const BuildPlan& plan, const PriorCorpus* prior);

/// Samples, decisions and reports of `prior`, before any of the plan's. Where nothing of it is left
/// out its data files are not touched. Else those that hold nothing of that are linked, the others
/// written anew from packets that are copied: each sample is read whole then. Throws InputError for
/// a sample that cannot be.
void adopt_corpus(const PriorCorpus& prior, const BuildPlan& plan, const BuildRequest& request,
                  CorpusParts parts, Progress& progress);

}  // namespace reelcell::pipeline
