// Losses and notes on standard error, and as JSON.
#pragma once

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::cli {

void print_diagnostics(const Diagnostics& diagnostics);
Json diagnostics_json(const Diagnostics& diagnostics);

}  // namespace reelcell::cli
