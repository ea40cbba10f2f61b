// What is in a file or folder, quickly; and a session.json proposed for a folder of files.
#pragma once

#include <string>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/json.hpp"
#include "reelcell/model/session.hpp"

namespace reelcell::pipeline {

struct InfoOptions {
  bool scan = false;  ///< read series and messages through for exact counts, rates and gaps
};
/// Streams, rates, gaps, time ranges, codecs, key-frame spacing of a file, session, data set or
/// corpus. Without `scan` only headers, indexes and the ends of files are read; what they do not
/// say is null. Throws InputError.
Json describe_path(const fs::path& path, const InfoOptions& options, Diagnostics& diagnostics);

/// Streams, clocks, rates and units as far as the files of a folder tell; what a person must decide
/// is named in "comment" keys. Throws InputError when the folder holds nothing that is read.
Json propose_session(const fs::path& folder, Diagnostics& diagnostics);

}  // namespace reelcell::pipeline
