// The parts of a plan as a table or JSON.
#pragma once

#include <string>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/pipeline/cluster.hpp"

namespace reelcell::cli {

/// With what could not be built, and why, below it.
std::string parts_table(const std::vector<pipeline::PartStatus>& parts,
                        const std::vector<pipeline::QuarantinedSession>& quarantined);
Json parts_json(const std::vector<pipeline::PartStatus>& parts,
                const std::vector<pipeline::QuarantinedSession>& quarantined);
/// Whether anything of it could not be built.
bool any_failed(const std::vector<pipeline::PartStatus>& parts,
                const std::vector<pipeline::QuarantinedSession>& quarantined);

}  // namespace reelcell::cli
