// What the controller says of visits, held against the stops that the motion shows.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "../internal/motion.hpp"

namespace reelcell::segment::visits {

/// An event of the controller that starts a visit or ends one.
struct ControllerStep {
  SessionTime time{};
  bool starts = true;
  std::string point;  ///< that it names; "" = none
};

struct StepRequest {
  Nanos min_length{0};  ///< shorter pieces are no visits
  std::string start_source, end_source;
  /// Whether the stop, by its position in the list, is within reach of the point.
  std::function<bool(std::size_t stop, const std::string& point)> reaches;
};

/// A visit that only the controller knows of.
struct UnseenVisit {
  SessionTime start{};
  SessionTime latest_end{};  ///< it ended between start and this
  std::string point;         ///< "" = not named
};

struct CutDwells {
  std::vector<Dwell> dwells;
  std::vector<std::size_t> stops;   ///< of each of these the stop it was or is a piece of
  std::vector<std::string> points;  ///< of each of these the point that its step names, or ""
  /// Those that were cut, by position in dwells. Their slowest motion is still the whole stop's.
  std::vector<std::size_t> pieces;
  std::vector<UnseenVisit> unseen;
};

/// A point that is visited twice in a row is one stop to the motion, but two steps to the
/// controller: such a stop is cut where each further step begins. What lies between a step that
/// ends a visit and the next that starts one belongs to neither. Steps since the stop before count
/// for a stop, since the controller may see the arrival before the motion has died down; steps that
/// name a point out of the stop's reach do not, but may be told early for the next stop. Steps
/// closer than min_length are one step told twice. A step that no stop, or no piece of min_length,
/// belongs to is an unseen visit.
///
/// A cut's uncertainty is how far the first steps of all stops lie from the starts that the motion
/// shows (95th percentile). Steps in time order.
CutDwells cut_at_steps(const std::vector<Dwell>& dwells, const std::vector<ControllerStep>& steps,
                       const StepRequest& request);

}  // namespace reelcell::segment::visits
