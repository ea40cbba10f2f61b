// What one entry of the segmenter "phases"' sources may say, beside its "kind".
#pragma once

#include <vector>

#include "reelcell/base/options.hpp"

namespace reelcell::segment {

const std::vector<OptionSpec>& phase_source_options();

}  // namespace reelcell::segment
