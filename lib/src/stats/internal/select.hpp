// Exact order statistics of many values without sorting them.
#pragma once

#include <cstdint>
#include <vector>

#include "storage.hpp"

namespace reelcell::stats {

/// Values at the given ranks (0-based, ascending, each below the number of values) of the sorted
/// values of `store` and `tail`. Radix selection: a histogram of the top 16 bits of each value's
/// key tells in which few buckets the ranks lie, and only those are gathered; memory beyond the
/// store is 512 KiB plus `gather_limit` values, past which a bucket is split by its next 16 bits.
std::vector<double> select_ranks(const ValueStore& store, std::span<const double> tail,
                                 const std::vector<std::uint64_t>& ranks,
                                 std::uint64_t gather_limit = 1 << 20);

}  // namespace reelcell::stats
