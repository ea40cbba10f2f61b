// A rhythm that begins and ends: the offset is one of many, and two edges that agree tell which.
#include <gtest/gtest.h>

#include <cmath>

#include "recorder.hpp"

namespace reelcell::timeline {
namespace {

/// A pulse a period from `on` to `off` [s].
std::function<double(double)> pulses(double period, double on, double off) {
  return [=](double t) {
    if (t < on || t > off) return 0.0;
    const double phase = (std::fmod(t - on, period) - period / 2) / (0.15 * period);
    return std::exp(-phase * phase / 2);
  };
}

struct Seen {
  OffsetMeasurement m;
  double error_ms = 0;
  bool wrong() const { return m.measured() && std::abs(error_ms) > 3 * m.offset_interval_ms; }
};

/// A camera that saw movement from `on` to `off` beside an arm that moved from 10 to 50 s.
Seen seen(double period, double on, double off, unsigned seed, double noise = 0.02) {
  const Recorder camera{30, 410, 0, noise, 0, 60, seed},
      arm{200, 0, 0, noise / 4, 0, 60, seed + 77};
  Seen out;
  out.m = measure_offset(camera.record(pulses(period, on, off)), arm.record(pulses(period, 10, 50)),
                         activity());
  out.error_ms = error_ms(out.m, camera, arm);
  return out;
}

TEST(TieBreaking, TwoEdgesThatAgreeDecide) {
  int measured = 0, cases = 0;
  for (const double period : {0.5, 1.0, 2.0, 2.5})
    for (unsigned seed = 1; seed <= 3; ++seed) {
      const Seen s = seen(period, 10, 50, seed);
      EXPECT_FALSE(s.wrong()) << period << ": " << s.error_ms;
      ++cases;
      measured += s.m.measured();
    }
  EXPECT_EQ(measured, cases);
}

TEST(TieBreaking, ACycleThatOneDidNotSeeDecidesNothing) {
  for (const double period : {0.2, 0.6, 1.0, 1.5, 2.0, 3.0, 4.0})
    for (const int cycles : {1, 2, 3})
      for (const bool at_start : {true, false})
        for (unsigned seed = 1; seed <= 2; ++seed) {
          const double from = at_start ? 10 + cycles * period : 10;
          const double to = at_start ? 50 : 50 - cycles * period;
          const Seen s = seen(period, from, to, seed);
          EXPECT_FALSE(s.m.measured())
              << period << " s, " << cycles << (at_start ? " at the start" : " at the end")
              << ": off by " << s.error_ms << " ms, " << s.m.reason;
        }
}

TEST(TieBreaking, RecordsThatShareOneEdgeOnlyAreAmbiguous) {
  for (const double period : {0.5, 1.0, 2.0})
    for (const double late : {-3.0, 3.0}) {
      const Seen s = seen(period, 10, 50 + late * period, 5);
      EXPECT_FALSE(s.m.measured()) << period << ": off by " << s.error_ms;
    }
}

}  // namespace
}  // namespace reelcell::timeline
