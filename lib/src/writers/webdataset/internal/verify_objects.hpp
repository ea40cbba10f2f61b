// KEY.objects.json against its sample.
#pragma once

#include <string>

#include "reelcell/base/json.hpp"
#include "reelcell/model/object_rules.hpp"

namespace reelcell::webdataset {

/// `sample` is the sample's json, null when it is not one of ours. `where` names the member.
void verify_objects(const Json& objects, const Json& sample, const std::string& shard,
                    const std::string& where, ObjectLabels& labels, Findings& findings);

}  // namespace reelcell::webdataset
