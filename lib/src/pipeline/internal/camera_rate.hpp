// The rate a camera runs at, from its frames.
#pragma once

#include <algorithm>
#include <cmath>

#include "reelcell/model/video.hpp"

namespace reelcell::pipeline {

/// Does the average over all frames agree with the median interval to a tick of the stamps? Then it
/// is the steady rate behind stamps that are rounded (33, 33, 34 ms). If not, frames are lost or
/// early, and the median tells.
inline bool average_is_steady(double median_hz, const VideoFormat& format) {
  const Rational average = format.average_rate;
  if (!average.valid() || !format.time_base.valid()) return false;
  const double interval = 1e9 * static_cast<double>(average.den) / static_cast<double>(average.num);
  const double tick =
      1e9 * static_cast<double>(format.time_base.num) / static_cast<double>(format.time_base.den);
  return std::abs(1e9 / median_hz - interval) <= std::max(std::min(tick, 1e6), 1e-4 * interval);
}

inline double camera_hz(double median_hz, const VideoFormat& format) {
  return average_is_steady(median_hz, format) ? static_cast<double>(format.average_rate.num) /
                                                    static_cast<double>(format.average_rate.den)
                                              : median_hz;
}

}  // namespace reelcell::pipeline
