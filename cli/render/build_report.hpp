// What a build did, for people and programs.
#pragma once

#include <string>

#include "command.hpp"
#include "reelcell/pipeline/add.hpp"
#include "reelcell/pipeline/nothing_left.hpp"

namespace reelcell::cli {

/// Prints the report and says how the command ends. `delta` of an addition.
Outcome show_result(const pipeline::BuildResult& result, const std::string& out, bool json,
                    const pipeline::CorpusDelta* delta = nullptr);
/// What there is to say of a build that left nothing to write, but for the reasons in `left`.
void show_nothing_left(const pipeline::NothingLeft& left, bool json);
/// What was given against what the corpus in `out` holds, and what may be done.
void print_delta(const pipeline::CorpusDelta& delta, const std::string& out);

}  // namespace reelcell::cli
