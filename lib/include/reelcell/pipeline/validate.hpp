// `reelcell validate`: any document, session, corpus, data set or recording, by schema and in
// depth.
#pragma once

#include "reelcell/base/file.hpp"
#include "reelcell/model/finding.hpp"

namespace reelcell::pipeline {

/// Finds out what `path` is and checks it; what it was taken for is returned ("corpus",
/// "lerobot_v3", "mcap", ..). Trouble that stops the check is a finding too. Throws InputError only
/// when the path does not exist.
std::string validate_path(const fs::path& path, const VerifyOptions& options, Findings& findings);

}  // namespace reelcell::pipeline
