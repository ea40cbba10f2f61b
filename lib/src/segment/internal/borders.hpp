// Segments that follow one another without a hole: each ends at a border and the next begins there.
#pragma once

#include <string>
#include <vector>

#include "common.hpp"

namespace reelcell::segment {

struct Border {
  SessionTime time{};
  Boundary boundary;
  std::string event;  ///< what made it: "gripper rises", "plc step", "stop"
};

/// How the segments are called.
struct BorderNames {
  std::string kind;
  std::string numbered;   ///< "phase" -> phase-0000
  std::string attribute;  ///< holds the event at each segment's end
};

void sort_by_time(std::vector<Border>& borders);
/// From the start of `extent` to the last border; borders in order of time, those outside `extent`
/// or at the time of the one before count for nothing.
std::vector<Segment> between_borders(TimeRange extent, std::vector<Border> borders,
                                     const BorderNames& names);

}  // namespace reelcell::segment
