// What changed from one corpus (or LeRobot data set) to another.
#pragma once

#include "reelcell/base/file.hpp"
#include "reelcell/base/json.hpp"
#include "reelcell/base/progress.hpp"

namespace reelcell::pipeline {

struct DiffRequest {
  fs::path before, after;
  bool manifest_only = false;  ///< do not compare rows and packets
  std::size_t threads = 1;
};
/// {"equal", "samples": {"added", "removed", "changed": {key: [what]}, "same"}, "features",
/// "outputs", "statistics", "recipe", "counts"}. Samples are matched by key; rows are compared bit
/// by bit, clips packet by packet. Where in the corpus a sample lies is no difference. Throws
/// InputError.
Json diff_corpora(const DiffRequest& request, Progress& progress);

}  // namespace reelcell::pipeline
