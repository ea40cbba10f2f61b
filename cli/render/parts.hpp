// The parts of a plan as a table or JSON.
#pragma once

#include <string>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/pipeline/cluster.hpp"

namespace reelcell::cli {

std::string parts_table(const std::vector<pipeline::PartStatus>& parts);
Json parts_json(const std::vector<pipeline::PartStatus>& parts);

}  // namespace reelcell::cli
