// Our documents in and beside WebDataset shards, by their schemas.
#pragma once

#include "reelcell/base/file.hpp"
#include "reelcell/model/finding.hpp"

namespace reelcell::pipeline {

/// `path` is a shard or a folder of them. Findings DOC-SCHEMA at the sample's place.
void check_shard_documents(const fs::path& path, std::size_t threads, Findings& findings);

}  // namespace reelcell::pipeline
