// A corpus against its manifest.
#pragma once

#include "reelcell/base/file.hpp"
#include "reelcell/base/json.hpp"
#include "reelcell/model/finding.hpp"

namespace reelcell::audit {

/// Every file of corpus.json: there, of the right size, and with `deep` of the right hashes; files
/// that the manifest does not name; counts against samples; no group in two splits; each sample's
/// places. Codes CORPUS-*.
void check_corpus(const fs::path& folder, const Json& manifest, const VerifyOptions& options,
                  Findings& findings);

}  // namespace reelcell::audit
