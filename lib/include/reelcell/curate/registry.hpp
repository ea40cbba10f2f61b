// The table of gates, generated from the reelcell_add_gate() lines.
#pragma once

#include <vector>

#include "reelcell/model/stages.hpp"

namespace reelcell::curate {

std::vector<const GateRow*> all_gates();
const GateRow& gate_named(std::string_view name);  ///< InputError with the allowed names
/// Do the options fit the session: the signals, streams and units that they name? InputError with
/// the place in the recipe. Runs the gate on a segment of no length, in which there is nothing to
/// read or decode: a gate looks at all of its options before it looks at a sample.
void check_gate(const GateRow& row, const OptionValues& options, SessionSignals& signals);

}  // namespace reelcell::curate
