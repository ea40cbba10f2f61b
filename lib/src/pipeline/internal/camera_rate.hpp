// The rate a camera runs at, from its frames.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include "reelcell/base/time.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell::pipeline {

/// The median interval of frames in their order: lost frames lower an average, they do not change
/// the camera's rate. Nothing where it is not above 0. No copy: a day has millions of frames.
inline std::optional<Nanos> median_interval(const std::vector<SessionTime>& times) {
  if (times.size() < 2) return std::nullopt;
  const auto interval = [&](std::size_t i) { return (times[i] - times[i - 1]).count(); };
  std::int64_t least = interval(1), most = least;
  for (std::size_t i = 1; i < times.size(); ++i) {
    least = std::min(least, interval(i));
    most = std::max(most, interval(i));
  }
  const std::size_t middle = (times.size() - 1) / 2;
  while (least < most) {  // the smallest that more than `middle` intervals do not exceed
    const std::int64_t half = std::midpoint(least, most);
    std::size_t within = 0;
    for (std::size_t i = 1; i < times.size(); ++i) within += interval(i) <= half;
    if (within > middle)
      most = half;
    else
      least = half + 1;
  }
  if (least <= 0) return std::nullopt;
  return Nanos(least);
}

/// How frames follow one another.
struct FramePace {
  double median_hz = 0;  ///< of the median interval
  double steady_hz = 0;  ///< of the mean interval where no frame is missing, below two periods
  bool unbroken = true;  ///< none is missing
};

/// `times`: of the frames, in their order. The millisecond beside the half period: at a period of
/// few ticks a rounded stamp is as far off as a lost frame.
inline FramePace pace_of(const std::vector<SessionTime>& times, double median_hz) {
  FramePace pace{median_hz, median_hz};
  const auto longest = static_cast<std::int64_t>(1.5e9 / median_hz + 1e6);
  std::int64_t sum = 0, count = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    const std::int64_t interval = (times[i] - times[i - 1]).count();
    if (interval > longest) pace.unbroken = false;
    if (interval <= 0 || interval > longest) continue;
    sum += interval;
    ++count;
  }
  if (count > 0) pace.steady_hz = 1e9 * static_cast<double>(count) / static_cast<double>(sum);
  return pace;
}

inline double hz_of(Rational rate) {
  return static_cast<double>(rate.num) / static_cast<double>(rate.den);
}

/// Is `hz` the rate of a steady clock whose stamps are rounded (33, 33, 34 ms)? Then the median
/// interval is a tick from its own at most.
inline bool differs_by_rounding(double hz, double median_hz, const VideoFormat& format) {
  if (!format.time_base.valid()) return false;
  const double tick =
      1e9 * static_cast<double>(format.time_base.num) / static_cast<double>(format.time_base.den);
  const double interval = 1e9 / hz;
  return std::abs(1e9 / median_hz - interval) <= std::max(std::min(tick, 1e6), 1e-4 * interval);
}

/// Is the average over all frames the camera's rate? Not where frames are lost: ticks of a
/// millisecond would hide that one in fifty is.
inline bool average_is_steady(const FramePace& pace, const VideoFormat& format) {
  return format.average_rate.valid() && pace.unbroken &&
         differs_by_rounding(hz_of(format.average_rate), pace.median_hz, format);
}

/// What a steady clock behind the stamps says, else the median: frames are early or late.
inline double camera_hz(const FramePace& pace, const VideoFormat& format) {
  if (average_is_steady(pace, format)) return hz_of(format.average_rate);
  return differs_by_rounding(pace.steady_hz, pace.median_hz, format) ? pace.steady_hz
                                                                     : pace.median_hz;
}

}  // namespace reelcell::pipeline
