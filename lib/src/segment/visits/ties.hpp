// Which verdict is about which visit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reelcell/model/series.hpp"

namespace reelcell::segment::visits {

struct Visited {
  TimeRange range{};
  std::string point;
};

struct TieRequest {
  std::string point_field;  ///< of the verdict; "" = by time alone
  Nanos within{0};          ///< longest time from the end of a visit to its verdict
  Nanos least_margin{0};    ///< of two visits that fit, one must fit better by this
};

struct Tie {
  std::optional<std::size_t> visit;
  std::string reason;             ///< why there is none
  Nanos delay{0};                 ///< from the end of the visit; negative: given during it
  Nanos window_margin{0};         ///< to the end of the time in which it could have come
  std::optional<Nanos> to_other;  ///< how much worse the second best visit fits
};

/// One tie a verdict, verdicts and visits in time order. A visit has one verdict at most.
std::vector<Tie> tie_verdicts(const std::vector<Event>& verdicts,
                              const std::vector<Visited>& visits, const TieRequest& request);

}  // namespace reelcell::segment::visits
