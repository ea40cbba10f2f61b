// One Parquet file, checked by what it says of itself.
#pragma once

#include "reelcell/base/file.hpp"
#include "reelcell/model/finding.hpp"

namespace reelcell::pipeline {

bool is_parquet(const fs::path& file);  ///< by its first bytes or its name
/// Findings PQ-*, and a note when the file is part of a LeRobot data set.
void validate_parquet(const fs::path& file, Findings& findings);

}  // namespace reelcell::pipeline
