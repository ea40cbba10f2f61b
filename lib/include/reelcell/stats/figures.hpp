// Statistics as LeRobot's files nest them.
#pragma once

#include <vector>

#include "reelcell/base/json.hpp"

namespace reelcell::stats {

/// All numbers in order, however they nest: [[[x]], [[y]], [[z]]] -> x, y, z. What is no number
/// counts for nothing.
std::vector<double> numbers_in(const Json& nested);

}  // namespace reelcell::stats
