// One shard, read through and held against WebDataset's rules and its index.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "byte_source.hpp"
#include "reelcell/model/object_rules.hpp"

namespace reelcell::webdataset {

struct ShardFacts {
  Findings findings;
  std::vector<std::string> keys;     ///< in order
  std::set<std::string> extensions;  ///< of the first sample
  std::uint64_t members = 0, bytes = 0;
  ObjectLabels object_labels;
};

/// `path` is for messages. `index` is the parsed index beside the shard, or null.
ShardFacts verify_shard(ByteSource& source, const std::string& path, const Json& index,
                        const VerifyOptions& options);

}  // namespace reelcell::webdataset
