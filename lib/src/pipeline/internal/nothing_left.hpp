// Why no sample is left.
#pragma once

#include <string>

#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// "no sample is left of 12 segments, so no corpus was written", with the most frequent reasons,
/// how many segments each left out, and the first of them in its own words.
std::string why_nothing_is_left(const BuildReport& report);

}  // namespace reelcell::pipeline
