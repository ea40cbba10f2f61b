// In-depth check of an MCAP file for `validate`.
#pragma once

#include "reelcell/base/file.hpp"
#include "reelcell/model/finding.hpp"

namespace reelcell::readers::mcap {

/// Codes start with MCAP-; see verify.cpp. Reads the file once, in memory of one chunk.
void verify_mcap(const fs::path& path, const VerifyOptions& options, Findings& findings);

}  // namespace reelcell::readers::mcap
