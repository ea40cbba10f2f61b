// The planned points of a session, in the order in which they are to be visited.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/base/time.hpp"

namespace reelcell::segment::visits {

struct PlanPoint {
  std::string id;
  std::int64_t order = 0;
  std::vector<double> target;  ///< of the plan's column, one value an element
  std::optional<Nanos> at;     ///< planned time from the start of the plan
};

struct Plan {
  std::vector<PlanPoint> points;  ///< sorted by order
  std::string stream, column;     ///< what the targets are values of; "" when the plan does not say
  std::optional<Nanos> cycle;     ///< from one point to the next
};

/// {"stream", "column", "cycle_ms", "points": [{"id", "order", "joints" or "target": [..],
/// "at_ms"}]}. Throws InputError: no plan, no points, targets of different lengths, an id twice.
Plan parse_plan(const Json& document, const std::string& where);

}  // namespace reelcell::segment::visits
