// What a build did, for people and programs.
#pragma once

#include <string>

#include "command.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::cli {

/// Prints the report and says how the command ends.
Outcome show_result(const pipeline::BuildResult& result, const std::string& out, bool json);

}  // namespace reelcell::cli
