#include "internal/stream_ranges.hpp"

#include <algorithm>

namespace reelcell::pipeline {

std::string why_apart(std::vector<StreamRange> all) {
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.range.start < b.range.start; });
  for (std::size_t i = 1; i < all.size(); ++i) {
    const auto before =
        std::max_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i),
                         [](const auto& a, const auto& b) { return a.range.end < b.range.end; });
    const Nanos alone = std::max(before->alone, all[i].alone);
    if (before->range.end + alone > all[i].range.start) continue;
    const auto seconds = [](SessionTime t) { return format_seconds(t.time_since_epoch()) + " s"; };
    return "'" + before->stream + "' ends at " + seconds(before->range.end) + " and '" +
           all[i].stream + "' begins at " + seconds(all[i].range.start) +
           ": they have no time in common. Where they were recorded together, their clocks differ: "
           "state one in session.json (\"clock\": {\"offset_ns\": ..}), or measure it ('reelcell "
           "align --measure')";
  }
  return "";
}

}  // namespace reelcell::pipeline
