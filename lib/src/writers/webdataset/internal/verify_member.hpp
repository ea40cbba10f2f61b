// Contents of a sample's members.
#pragma once

#include <string>
#include <vector>

#include "reelcell/base/file.hpp"
#include "reelcell/model/finding.hpp"

namespace reelcell::webdataset {

struct ReadMember {
  std::string name, extension;
  Bytes data;
};

/// What kinds of content verify() looks into; anything else is only counted and hashed.
bool is_checked_content(const std::string& extension, bool deep);

/// Members of one sample (those is_checked_content() names). Codes: WDS-JSON, WDS-NPY, WDS-ROWS,
/// WDS-VIDEO, WDS-IMAGE, WDS-COMPRESSED.
void verify_sample(const std::vector<ReadMember>& members, const std::string& shard,
                   const std::string& key, bool deep, Findings& findings);

}  // namespace reelcell::webdataset
