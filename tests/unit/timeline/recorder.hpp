// Records of one movement by two clocks, with the truth about them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numbers>
#include <random>
#include <vector>

#include "reelcell/timeline/measure.hpp"

namespace reelcell::timeline {

/// Mean of f (by session ns) over each interval of a clock: session = stream + offset + drift.
struct Recorder {
  double rate_hz = 30, offset_ms = 0, drift_ppm = 0, noise = 0;
  double from_s = 0, to_s = 40;
  unsigned seed = 1;

  IntervalSignal record(const std::function<double(double)>& f) const {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    IntervalSignalBuilder out;
    const double step = 1 / rate_hz;
    for (double t = from_s; t + step <= to_s; t += step) {  // session s
      double sum = 0;
      constexpr int kParts = 16;
      for (int i = 0; i < kParts; ++i) sum += f(t + step * (i + 0.5) / kParts) / kParts;
      out.add(stream(t), stream(t + step), sum + noise * normal(random));
    }
    return out.finish();
  }
  std::int64_t stream(double session_s) const {
    return std::llround((session_s * 1e9 - offset_ms * 1e6) / (1 + drift_ppm * 1e-6));
  }
  /// True offset from this clock to the other at a time of this clock.
  double offset_to(const Recorder& other, std::int64_t t) const {
    const double session = static_cast<double>(t) * (1 + drift_ppm * 1e-6) + offset_ms * 1e6;
    return (session - other.offset_ms * 1e6) / (1 + other.drift_ppm * 1e-6) -
           static_cast<double>(t);
  }
};

/// Moves of random length and speed between rests, as an arm makes them.
inline std::function<double(double)> moves(unsigned seed, double length_s = 700) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  struct Move {
    double start, end, speed;
  };
  std::vector<Move> list;
  for (double t = 0.5; t < length_s;) {
    const double duration = 0.1 + 0.6 * uniform(random), rest = 0.05 + 0.4 * uniform(random);
    list.push_back({t, t + duration, 0.3 + uniform(random)});
    t += duration + rest;
  }
  return [list](double t) {
    auto at = std::upper_bound(list.begin(), list.end(), t,
                               [](double time, const Move& move) { return time < move.start; });
    if (at == list.begin()) return 0.0;
    --at;
    if (t >= at->end) return 0.0;
    const double s = std::sin(std::numbers::pi * (t - at->start) / (at->end - at->start));
    return at->speed * s * s;
  };
}

inline MeasureOptions activity() {
  MeasureOptions options;
  options.activity = true;
  return options;
}

inline double error_ms(const OffsetMeasurement& m, const Recorder& a, const Recorder& b) {
  return (static_cast<double>(m.offset_ns) - a.offset_to(b, m.reference_ns)) * 1e-6;
}

}  // namespace reelcell::timeline
