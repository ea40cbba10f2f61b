// Contents of a sample's members.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "reelcell/base/file.hpp"
#include "reelcell/model/object_rules.hpp"

namespace reelcell::webdataset {

struct ReadMember {
  std::string name, extension;
  Bytes data;
};

/// What kinds of content verify() looks into; anything else is only counted and hashed.
bool is_checked_content(const std::string& extension, bool deep);

/// `members` are those that is_checked_content() names, `extensions` those of every member. Codes:
/// WDS-JSON, WDS-NPY, WDS-CLS, WDS-ROWS, WDS-FRAMES-ROWS, WDS-MEMBER-MISSING, WDS-VIDEO, WDS-IMAGE,
/// WDS-COMPRESSED, and OBJ-* of drawn objects, whose class names are gathered.
void verify_sample(const std::vector<ReadMember>& members, std::set<std::string> extensions,
                   const std::string& shard, const std::string& key, bool deep,
                   ObjectLabels& labels, Findings& findings);

}  // namespace reelcell::webdataset
