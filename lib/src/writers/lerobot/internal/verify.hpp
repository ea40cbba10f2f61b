// Reading back any LeRobot data set, also other people's and broken ones.
#pragma once

#include "reelcell/model/corpus.hpp"

namespace reelcell::writers::lerobot {

/// How sure it is that the path is a data set of the major version (2 or 3), or the info.json of
/// one, 0..100.
int recognise_version(const fs::path& path, int major);

/// Finds everything that would make LeRobot's reader fail or read something else than was recorded.
/// Codes are listed in verify/codes.hpp. Never throws for what is in the files. Given the info.json
/// of a set, only what this document says on its own is checked, and a note says so.
void verify_data_set(const fs::path& path, const VerifyOptions& options, Findings& findings);

}  // namespace reelcell::writers::lerobot
