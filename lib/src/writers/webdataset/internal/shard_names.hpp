// Which files are shards.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/file.hpp"

namespace reelcell::webdataset {

/// Name without the ending that makes it a shard (.tar, .tar.gz, .tgz, .tar.zst).
std::optional<std::string> shard_stem(const std::string& name);
/// Sorted.
std::vector<std::string> shards_in(const fs::path& folder);

}  // namespace reelcell::webdataset
