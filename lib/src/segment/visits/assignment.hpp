// Which pairs of a bipartite graph leave no choice.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace reelcell::segment::visits {

/// edges[left] = the right ones that it may be paired with, of `rights`. Gives each left one the
/// right one that it has in EVERY largest pairing, or nothing when it has none in some or another
/// in some. Nothing, too, for what lies between two cycles of equal pairings. Linear in edges
/// after the pairing itself.
std::vector<std::optional<std::size_t>> forced_pairs(
    const std::vector<std::vector<std::size_t>>& edges, std::size_t rights);

}  // namespace reelcell::segment::visits
