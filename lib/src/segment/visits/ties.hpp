// Which verdict is about which visit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reelcell/model/series.hpp"

namespace reelcell::segment::visits {

struct Visited {
  TimeRange range{};
  std::vector<std::string> points;  ///< the one that it is to; several: one of them
  Nanos end_uncertainty{0};         ///< the end lies within +- this of range.end
  bool seen = true;                 ///< false: the controller says so, but no stop was found
};

struct TieRequest {
  std::string point_field;  ///< of the verdict; "" = by time alone
  Nanos within{0};          ///< longest time from the end of a visit to its verdict
  Nanos least_margin{0};    ///< of two visits that fit, one must fit better by this
  /// False: verdicts and visits are on clocks that nobody has related, so that only a name can tie.
  bool times_known = true;
  Nanos clock_uncertainty{0};        ///< of verdicts against visits
  std::vector<std::string> planned;  ///< ids of the plan
};

struct Tie {
  std::optional<std::size_t> visit;
  std::string reason;                   ///< why there is none
  std::vector<std::size_t> candidates;  ///< visits that it may be about when there is none
  bool timed = true;                    ///< false: by name alone; what follows says nothing
  Nanos delay{0};                       ///< from the end of the visit; negative: given during it
  Nanos window_margin{0};               ///< to the end of the time in which it could have come
  /// How far outside of the session's usual delays it would lie at the next visit to the point.
  std::optional<Nanos> to_other;
};

/// One tie a verdict, verdicts in time order, visits in any. A visit has one verdict at most.
///
/// A verdict fits the visits to the point it names that had begun and did not end longer than
/// `within` before. Where it fits several, those are left out at which its delay is unlike that of
/// the verdicts which fit one visit only (at least 8 of these, and one visit must remain). Then a
/// verdict is tied only when every way of giving as many verdicts as possible a visit of their own
/// gives it the same one: two verdicts for one visit, or one verdict for two, are ambiguous. So is
/// a verdict that names no point and fits several visits by time. Where times are not known every
/// visit to the point it names fits, and without a name none.
std::vector<Tie> tie_verdicts(const std::vector<Event>& verdicts,
                              const std::vector<Visited>& visits, const TieRequest& request);

}  // namespace reelcell::segment::visits
