// The documents that our WebDataset writer puts into its shards, for a check by their schema.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reelcell/base/file.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::writers {

/// Shards of a folder, sorted, or the one that `path` is.
std::vector<fs::path> shards_of(const fs::path& path);

/// Calls take(name of the member, document) for each sample's json, in order; false stops. Members
/// that are no JSON are left out: verify says so. Nothing for shards whose first document is not
/// ours. Memory: one document. Throws InputError for a shard that cannot be read.
void for_each_shard_document(const fs::path& shard,
                             const std::function<bool(const std::string&, const Json&)>& take);

}  // namespace reelcell::writers
