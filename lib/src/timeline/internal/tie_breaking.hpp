// Which of several offsets that fit alike it is, where something that does not repeat tells.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "candidate.hpp"

namespace reelcell::timeline {

/// Which candidate and why; index -1: it cannot be told.
struct Choice {
  std::ptrdiff_t index = -1;
  std::string by;
};

/// `close`: the candidates, highest first, two or more.
Choice break_tie(const Sides& sides, const MeanOf& fast, const LagCurve& curve,
                 std::span<const Tried> close, const MeasureOptions& options);

}  // namespace reelcell::timeline
