// What is in a file that is no recording.
#pragma once

#include "reelcell/base/file.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::pipeline {

/// Parquet tables, JSON documents, labels of other tools, pictures, arrays. InputError for others,
/// with what they look like.
Json describe_other(const fs::path& path);

}  // namespace reelcell::pipeline
