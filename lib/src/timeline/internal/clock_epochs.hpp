// Where the clock of a device began anew, in pairs of stamps.
#pragma once

#include <string>
#include <vector>

#include "reelcell/timeline/clock_join.hpp"
#include "reelcell/timeline/clock_pairs.hpp"

namespace reelcell::timeline {

/// host - device.
std::int64_t lead_of(const ClockPair& pair);

/// Stretches in which the device's clock runs through.
struct ClockEpochs {
  static constexpr std::uint32_t kRejected = UINT32_MAX;
  std::vector<std::uint32_t> of;  ///< of each pair, or kRejected: its stamps can belong to none
  std::vector<bool> usual;        ///< not late
  struct Break {
    std::size_t before = 0, after = 0;  ///< pairs around it, in host order
    Nanos range{0};                     ///< a counter of this range ran over; 0: it did not
    bool host = false;     ///< it is the host's clock that stepped: the device's ran on
    bool several = false;  ///< the counter may have run over more than once
  };
  std::vector<Break> breaks;  ///< between epoch i and i + 1
};

/// `pairs` in host order.
ClockEpochs find_epochs(const std::vector<ClockPair>& pairs, const PairOptions& options);

}  // namespace reelcell::timeline
