// Reading back any LeRobot data set, also other people's and broken ones.
#pragma once

#include "reelcell/model/corpus.hpp"

namespace reelcell::writers::lerobot {

/// How sure it is that the folder is a data set of the major version (2 or 3), 0..100.
int recognise_version(const fs::path& folder, int major);

/// Finds everything that would make LeRobot's reader fail or read something else than was recorded.
/// Codes are listed in verify/codes.hpp. Never throws for what is in the files.
void verify_data_set(const fs::path& folder, const VerifyOptions& options, Findings& findings);

}  // namespace reelcell::writers::lerobot
