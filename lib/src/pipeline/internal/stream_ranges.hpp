// Whether the streams of a session were recorded at one time.
#pragma once

#include <string>
#include <vector>

#include "reelcell/base/time.hpp"

namespace reelcell::pipeline {

struct StreamRange {
  TimeRange range;
  std::string stream;
  Nanos alone{0};  ///< how far from the others it may lie: a verdict may come after the pictures
};

/// Which streams lie apart from all others, as text; "" where there is no gap between them.
std::string why_apart(std::vector<StreamRange> all);

}  // namespace reelcell::pipeline
