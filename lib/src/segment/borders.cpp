#include "internal/borders.hpp"

#include <algorithm>

namespace reelcell::segment {

void sort_by_time(std::vector<Border>& borders) {
  std::stable_sort(borders.begin(), borders.end(),
                   [](const Border& a, const Border& b) { return a.time < b.time; });
}

std::vector<Segment> between_borders(TimeRange extent, std::vector<Border> borders,
                                     const BorderNames& names) {
  std::vector<Segment> segments;
  SessionTime start = extent.start;
  Boundary begin{"session", std::nullopt};
  for (Border& border : borders) {
    if (border.time <= start || border.time > extent.end) continue;
    Segment& segment = segments.emplace_back();
    segment.range = {start, border.time};
    segment.kind = names.kind;
    segment.name = numbered_name(names.numbered, segments.size() - 1);
    segment.begin = std::move(begin);
    segment.finish = border.boundary;
    segment.attributes.emplace_back(names.attribute, std::move(border.event));
    start = border.time;
    begin = std::move(border.boundary);
  }
  return segments;
}

}  // namespace reelcell::segment
