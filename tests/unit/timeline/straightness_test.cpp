// Clocks that are no straight line, beside one that is right.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>

#include "recorder.hpp"

namespace reelcell::timeline {
namespace {

/// A camera whose clock gained `extra` ms by session second t, beside an arm's that is right.
struct Crooked {
  IntervalSignal camera, arm;
  std::function<double(double)> extra;
  Crooked(unsigned seed, double length_s, double noise, std::function<double(double)> gained)
      : extra(std::move(gained)) {
    const auto f = moves(seed, length_s + 20);
    camera = Recorder{30, 100, 0, noise, 0, length_s, seed}.record(f);
    arm = Recorder{200, 0, 0, 0.002, 0, length_s, seed + 1000}.record(f);
    for (auto* times : {&camera.start_ns, &camera.end_ns})
      for (std::int64_t& t : *times) t += std::llround(1e6 * extra(1e-9 * static_cast<double>(t)));
  }
  /// How far a measured line is from the truth, at most over the session [ms].
  double most_off(const OffsetMeasurement& m) const {
    double most = 0;
    for (std::size_t i = 0; i < camera.size(); i += 10) {
      const auto t = static_cast<double>(camera.start_ns[i]);
      double gained = extra(t * 1e-9);  // a jump is seen at the same place on either clock
      gained = extra(t * 1e-9 - gained * 1e-3);
      const double line = 1e-6 * static_cast<double>(m.offset_ns) +
                          m.drift_ppm * 1e-12 * (t - static_cast<double>(m.reference_ns));
      most = std::max(most, std::abs(line - (100 - gained)));
    }
    return most;
  }
};

TEST(Straightness, AJumpIsSeenByTheWindowsAndSaid) {
  for (const double jump : {-60.0, 35.0, 90.0, 700.0, 5000.0})
    for (const double at : {30.0, 60.0, 97.0}) {
      const Crooked c(11, 120, 0.03, [&](double t) { return t > at ? jump : 0; });
      const auto m = measure_offset(c.camera, c.arm, activity());
      EXPECT_EQ(m.verdict, Verdict::kAmbiguous) << jump << " ms at " << at;
      // Half and half at two far offsets is two candidates.
      const bool two = m.candidates.size() == 2;
      EXPECT_TRUE(two || m.reason.find("jumped") != std::string::npos) << m.reason;
    }
}

TEST(Straightness, ASmallJumpOrBendWidensTheIntervalOrGivesNoNumber) {
  int measured = 0;
  for (unsigned seed = 0; seed < 3; ++seed)
    for (const double size : {4.0, 8.0, 16.0, 40.0}) {
      const std::function<double(double)> shapes[] = {
          [&](double t) { return t > 45 ? size : 0; },
          [&](double t) { return t > 50 && t < 80 ? size : 0; },
          [&](double t) { return size * std::pow((t - 60) / 60, 2); },
          [&](double t) { return t > 70 ? size * (t - 70) / 50 : 0; }};
      for (const auto& shape : shapes) {
        const Crooked c(300 + seed, 120, 0.03, shape);
        const auto m = measure_offset(c.camera, c.arm, activity());
        if (!m.measured()) continue;
        ++measured;
        const double at_ends = m.offset_interval_ms + m.drift_interval_ppm * 60e-3;
        EXPECT_LE(c.most_off(m), 2 * at_ends + 0.5) << seed << ", " << size;
      }
    }
  EXPECT_GE(measured, 12) << "what the interval can cover is a measurement";
}

TEST(Straightness, AStraightClockIsNotCalledCrooked) {
  for (unsigned seed = 0; seed < 12; ++seed)
    for (const double noise : {0.02, 0.2}) {
      const Crooked c(500 + seed, 60, noise, [](double) { return 0.0; });
      const auto m = measure_offset(c.camera, c.arm, activity());
      EXPECT_TRUE(m.measured()) << seed << ", " << noise << ": " << m.reason;
      EXPECT_LT(m.offset_interval_ms, 7) << seed << ", " << noise;
    }
}

TEST(Straightness, ADriftBeyondWhatIsAllowedGivesNoNumber) {
  for (const double drift : {-1500.0, -400.0, 330.0, 600.0, 2500.0}) {
    const auto f = moves(12);
    const Recorder camera{30, 100, drift, 0.03, 0, 120, 1}, arm{500, 0, 0, 0.001, 0, 120, 2};
    auto options = activity();
    const auto m = measure_offset(camera.record(f), arm.record(f), options);
    EXPECT_NE(m.verdict, Verdict::kMeasured) << drift;
    if (std::abs(drift) < 700) {
      EXPECT_NE(m.reason.find("max_drift_ppm"), std::string::npos) << drift << ": " << m.reason;
    }
    options.max_drift_ppm = 3000;
    const auto wide = measure_offset(camera.record(f), arm.record(f), options);
    ASSERT_TRUE(wide.measured()) << drift << ": " << wide.reason;
    EXPECT_NEAR(wide.drift_ppm, drift, wide.drift_interval_ppm + 5);
  }
}

TEST(Straightness, ADriftThatIsNotLookedForIsFound) {
  const auto f = moves(13);
  const Recorder camera{30, 100, 250, 0.03, 0, 120, 1}, arm{500, 0, 0, 0.001, 0, 120, 2};
  auto options = activity();
  options.max_drift_ppm = 0;
  options.max_interval = Nanos(5'000'000);
  const auto m = measure_offset(camera.record(f), arm.record(f), options);
  EXPECT_EQ(m.verdict, Verdict::kAmbiguous);
  EXPECT_NE(m.reason.find("drift apart by 2"), std::string::npos) << m.reason;
}

}  // namespace
}  // namespace reelcell::timeline
