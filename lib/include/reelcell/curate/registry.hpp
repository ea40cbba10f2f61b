// The table of gates, generated from the reelcell_add_gate() lines.
#pragma once

#include <vector>

#include "reelcell/model/stages.hpp"

namespace reelcell::curate {

std::vector<const GateRow*> all_gates();
const GateRow& gate_named(std::string_view name);  ///< InputError with the allowed names

}  // namespace reelcell::curate
