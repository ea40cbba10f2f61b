// Losses and notes on standard error, and as JSON.
#pragma once

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::cli {

/// More than five lines that differ in places and numbers alone are one, which sends to --json for
/// the others; `every_line` where there is no --json.
void print_diagnostics(const Diagnostics& diagnostics, bool every_line = false);
Json diagnostics_json(const Diagnostics& diagnostics);

}  // namespace reelcell::cli
