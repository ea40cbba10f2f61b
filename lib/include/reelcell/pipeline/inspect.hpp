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
/// corpus. Small files are read through; of large ones, without `scan`, only headers, indexes, the
/// first samples and the end are read: what they do not say is null. Throws InputError.
Json describe_path(const fs::path& path, const InfoOptions& options, Diagnostics& diagnostics);

struct ProposeOptions {
  std::string episode;       ///< of a data set: the one to describe
  bool any_episode = false;  ///< without `episode`: the first one (for a look, not for writing)
};
/// Streams, rates, units and columns as far as the files of a folder tell; what a person must
/// decide is named in "comment" keys. Only what opens is proposed. Throws InputError when the
/// folder holds nothing that is read, or is a data set whose episodes a session.json would hide.
Json propose_session(const fs::path& folder, const ProposeOptions& options,
                     Diagnostics& diagnostics);

}  // namespace reelcell::pipeline
