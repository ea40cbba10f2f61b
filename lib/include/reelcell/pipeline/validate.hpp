// `reelcell validate`: any document, session, corpus, data set or recording, by schema and in
// depth.
#pragma once

#include "reelcell/base/file.hpp"
#include "reelcell/model/finding.hpp"

namespace reelcell::pipeline {

/// Finds out what `path` is and checks it; what it was taken for is returned ("corpus",
/// "lerobot_v3", "mcap", ..). A folder that is nothing of its own is checked part by part
/// ("folder"), with the parts' names in front of their paths. Trouble that stops the check, also a
/// path that does not exist, is a finding.
std::string validate_path(const fs::path& path, const VerifyOptions& options, Findings& findings);

}  // namespace reelcell::pipeline
