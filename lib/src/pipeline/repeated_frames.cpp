#include "internal/repeated_frames.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "reelcell/base/median.hpp"

namespace reelcell::pipeline {

std::vector<bool> repeated_frames(const std::vector<media::FrameActivity>& seen) {
  constexpr std::size_t kLongest = 5;  // in a row; more is a rest
  constexpr double kStill = 0.02, kSome = 0.05, kMostly = 0.6, kDouble = 1.25;
  std::vector<bool> out(seen.size(), false);
  std::vector<double> moving;
  for (const media::FrameActivity& frame : seen)
    if (frame.motion > 0) moving.push_back(frame.motion);
  const double still = kStill * upper_median(moving);
  const auto moves = [&](std::size_t i) { return seen[i].motion > still; };
  std::vector<double> steps, doubled;  // from one new picture to the next; growth after a repeat
  std::vector<std::size_t> shown_again;
  std::size_t last = 0;
  for (std::size_t i = 1; i < seen.size(); ++i) {
    const bool follows = seen[i].ordinal == seen[i - 1].ordinal + 1;
    if (!follows || std::isnan(seen[i].motion)) last = 0;
    if (!follows || !moves(i)) continue;
    const std::size_t step = i - last;
    if (last > 0 && step <= kLongest + 1) {
      steps.push_back(static_cast<double>(step));
      for (std::size_t k = last + 1; k < i; ++k) shown_again.push_back(k);
      if (step == 2 && last > 1 && moves(last - 1))
        doubled.push_back(seen[i].motion / seen[last].motion);
    }
    last = i;
  }
  if (static_cast<double>(shown_again.size()) < kSome * static_cast<double>(steps.size() + 1))
    return out;
  const double usual = upper_median(steps);
  const auto alike = std::count(steps.begin(), steps.end(), usual);
  const bool regular =
      usual >= 2 && static_cast<double>(alike) >= kMostly * static_cast<double>(steps.size());
  constexpr std::size_t kFew = 8;
  if (!regular && (doubled.size() < kFew || upper_median(doubled) < kDouble)) return out;
  for (const std::size_t i : shown_again) out[i] = true;
  return out;
}

}  // namespace reelcell::pipeline
