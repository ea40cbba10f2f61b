#include "reelcell/timeline/measure.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <random>

#include "recorder.hpp"

namespace reelcell::timeline {
namespace {
constexpr std::int64_t kMs = 1'000'000;

TEST(MeasureOffset, FindsOffsetAndDriftBetweenACameraAndAnArm) {
  const auto f = moves(3);
  const Recorder camera{30, 137.25, 35, 0.03, 0.2, 40, 1}, arm{500, -42.5, 3, 0.001, 0, 40, 2};
  const auto m = measure_offset(camera.record(f), arm.record(f), activity());
  ASSERT_EQ(m.verdict, Verdict::kMeasured) << m.reason;
  EXPECT_NEAR(error_ms(m, camera, arm), 0, 1.0);
  EXPECT_LT(m.offset_interval_ms, 3);
  EXPECT_GT(m.height, 0.9);
  EXPECT_LT(m.ratio, 0.6);
}

TEST(MeasureOffset, FindsTheDriftOfTenMinutesWithinTwoPpm) {
  const auto f = moves(4);
  const Recorder camera{30, 900, -83, 0.05, 0.2, 600, 1}, arm{500, -42.5, 12, 0.001, 0, 600, 2};
  const auto m = measure_offset(camera.record(f), arm.record(f), activity());
  ASSERT_EQ(m.verdict, Verdict::kMeasured) << m.reason;
  EXPECT_NEAR(error_ms(m, camera, arm), 0, 0.5);
  EXPECT_NEAR(m.drift_ppm, -83 - 12, 2);
  EXPECT_LT(m.drift_interval_ppm, 4);
}

TEST(MeasureOffset, GivesTheOppositeWhenTheSidesAreExchanged) {
  const auto f = moves(5);
  const Recorder camera{30, 300, 20, 0.03, 0, 60, 1}, arm{200, 0, 0, 0.001, 0, 60, 2};
  const auto a = camera.record(f), b = arm.record(f);
  const auto there = measure_offset(a, b, activity()), back = measure_offset(b, a, activity());
  ASSERT_TRUE(there.measured() && back.measured());
  EXPECT_NEAR(error_ms(there, camera, arm), 0, 1);
  EXPECT_NEAR(error_ms(back, arm, camera), 0, 1);
  EXPECT_NEAR(static_cast<double>(there.offset_ns + back.offset_ns), 0, 1000);
  EXPECT_NEAR(there.drift_ppm, -back.drift_ppm, 0.1);
}

TEST(MeasureOffset, StrictlyPeriodicMovesGiveNoNumber) {
  const auto f = [](double t) { return std::max(0.0, std::sin(2 * std::numbers::pi * 5 * t)); };
  for (unsigned seed = 1; seed <= 10; ++seed) {
    const Recorder camera{30, 137.25, 0, 0.1, 0.2, 40, seed},
        arm{500, 0, 0, 0.01, 0, 40, seed + 50};
    const auto m = measure_offset(camera.record(f), arm.record(f), activity());
    EXPECT_EQ(m.verdict, Verdict::kAmbiguous);
    EXPECT_GT(m.ratio, 0.9);
    EXPECT_GE(m.candidates.size(), 2u);
  }
}

TEST(MeasureOffset, RestsBreakTheTieOfPeriodicMoves) {
  const auto f = [](double t) {
    const bool rests =
        t < 3 || (t > 9 && t < 11) || (t > 20 && t < 20.8) || (t > 29 && t < 31.4) || t > 36;
    return rests ? 0.0 : std::max(0.0, std::sin(2 * std::numbers::pi * 5 * t));
  };
  const Recorder camera{30, 137.25, 0, 0.02, 0.2, 40, 1}, arm{500, 0, 0, 0.01, 0, 40, 9};
  const auto m = measure_offset(camera.record(f), arm.record(f), activity());
  ASSERT_EQ(m.verdict, Verdict::kMeasured) << m.reason;
  EXPECT_GT(m.ratio, 0.8);
  EXPECT_NEAR(error_ms(m, camera, arm), 0, 1);
}

TEST(MeasureOffset, NoiseAloneIsNoEvidence) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const auto zero = [](double) { return 1.0; };
    const Recorder camera{30, 0, 0, 0.3, 0, 40, seed}, arm{100, 0, 0, 0.3, 0, 40, seed + 100};
    const auto m = measure_offset(camera.record(zero), arm.record(zero), activity());
    EXPECT_NE(m.verdict, Verdict::kMeasured) << m.height << ' ' << m.contrast << ' ' << m.ratio;
  }
}

TEST(MeasureOffset, MovesThatHaveNothingToDoWithOneAnotherGiveNoNumber) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const Recorder camera{30, 0, 0, 0.02, 0, 40, seed}, arm{100, 0, 0, 0.01, 0, 40, seed + 100};
    const auto m =
        measure_offset(camera.record(moves(seed)), arm.record(moves(seed + 1000)), activity());
    EXPECT_NE(m.verdict, Verdict::kMeasured) << m.height << ' ' << m.contrast << ' ' << m.ratio;
  }
}

TEST(MeasureOffset, NoiseOnlyLowersConfidence) {
  const auto f = moves(6);
  double last_height = 1.1;
  bool lost = false;
  for (const double noise : {0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0}) {
    const Recorder camera{30, 137.25, 10, noise, 0.2, 40, 1}, arm{500, 0, 0, 0.001, 0, 40, 2};
    auto options = activity();
    options.activity = false;
    const auto m = measure_offset(camera.record(f), arm.record(f), options);
    EXPECT_LT(m.height, last_height);
    last_height = m.height + 0.05;
    if (m.measured()) {
      EXPECT_FALSE(lost) << "confident again at noise " << noise;
      EXPECT_LT(std::abs(error_ms(m, camera, arm)), 2 * m.offset_interval_ms + 0.2) << noise;
    } else {
      lost = true;
    }
  }
  EXPECT_TRUE(lost);
}

TEST(MeasureOffset, AReversedSignIsFoundWhenAllowed) {
  const auto f = moves(7);
  const auto reversed = [&](double t) { return 5 - f(t); };
  const Recorder camera{30, 137.25, 10, 0.02, 0.2, 40, 1}, arm{500, 0, 0, 0.001, 0, 40, 2};
  MeasureOptions options;
  options.either_sign = true;
  const auto upright = measure_offset(camera.record(f), arm.record(f), options);
  const auto m = measure_offset(camera.record(reversed), arm.record(f), options);
  ASSERT_TRUE(upright.measured()) << upright.reason;
  ASSERT_TRUE(m.measured()) << m.reason;
  EXPECT_LT(m.height, -0.9);
  EXPECT_NEAR(error_ms(m, camera, arm), 0, 1);
  EXPECT_NEAR(static_cast<double>(m.offset_ns - upright.offset_ns), 0, 0.5e6);
  // The curve that a person looks at has the peak that was taken, downwards.
  const auto lowest = std::min_element(m.curve.begin(), m.curve.end());
  EXPECT_LT(*lowest, -0.8);
  const double at =
      static_cast<double>(m.curve_start_ns + (lowest - m.curve.begin()) * m.curve_step_ns);
  EXPECT_NEAR(at, static_cast<double>(m.offset_ns), 2 * static_cast<double>(m.curve_step_ns));
}

TEST(MeasureOffset, AWhiteSignalIsKnownToPartsOfAnIntervalOnly) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> white(33'000);  // at 1 kHz
  for (double& v : white) v = normal(random);
  const auto logger = [&](std::size_t start) {  // means over 10 ms
    IntervalSignal out;
    for (std::size_t i = 0; i < 3'000; ++i) {
      const auto first = white.begin() + static_cast<std::ptrdiff_t>(start + i * 10);
      out.start_ns.push_back(static_cast<std::int64_t>(i) * 10'000'000);
      out.end_ns.push_back(out.start_ns.back() + 10'000'000);
      out.value.push_back(static_cast<float>(std::accumulate(first, first + 10, 0.0)));
    }
    return out;
  };
  for (const std::size_t shift : {500u, 502u, 503u, 507u, 508u}) {
    const auto m = measure_offset(logger(0), logger(shift), {});
    ASSERT_TRUE(m.measured()) << m.reason;
    const double error = static_cast<double>(m.offset_ns) * 1e-6 + static_cast<double>(shift);
    EXPECT_LT(std::abs(error), m.offset_interval_ms) << shift;
    EXPECT_LE(m.height, 1.0);
  }
}

TEST(MeasureOffset, ShiftingBothChangesNothing) {
  const auto f = moves(8);
  const Recorder camera{30, 137.25, 10, 0.05, 0.2, 40, 1}, arm{500, 0, 0, 0.01, 0, 40, 2};
  auto a = camera.record(f), b = arm.record(f);
  const auto before = measure_offset(a, b, activity());
  constexpr std::int64_t kUnix = 1'769'850'000'123'456'789;
  for (auto* signal : {&a, &b})
    for (auto* times : {&signal->start_ns, &signal->end_ns})
      for (auto& t : *times) t += kUnix;
  const auto after = measure_offset(a, b, activity());
  EXPECT_EQ(before.offset_ns, after.offset_ns);
  EXPECT_EQ(before.reference_ns + kUnix, after.reference_ns);
  EXPECT_EQ(before.drift_ppm, after.drift_ppm);
  EXPECT_EQ(before.offset_interval_ms, after.offset_interval_ms);
  EXPECT_EQ(before.curve, after.curve);
}

TEST(MeasureOffset, FindsAnOffsetOfMostOfAnHour) {
  const auto f = moves(9, 7400);
  const Recorder camera{5, 2'345'678.9, 20, 0.05, 3600, 7200, 1}, arm{20, 0, 0, 0.01, 0, 7200, 2};
  auto options = activity();
  const auto m = measure_offset(camera.record(f), arm.record(f), options);
  ASSERT_TRUE(m.measured()) << m.reason;
  EXPECT_NEAR(error_ms(m, camera, arm), 0, 2);
  EXPECT_NEAR(m.drift_ppm, 20, 2);
}

TEST(MeasureOffset, AClockThatJumpedInTheMiddleGivesNoNumber) {
  const auto f = moves(10);
  const Recorder camera{30, 100, 0, 0.02, 0, 40, 1}, arm{500, 0, 0, 0.001, 0, 40, 2};
  auto a = camera.record(f);
  for (std::size_t i = a.size() / 2; i < a.size(); ++i) {
    a.start_ns[i] += 400 * kMs;
    a.end_ns[i] += 400 * kMs;
  }
  const auto m = measure_offset(a, arm.record(f), activity());
  EXPECT_NE(m.verdict, Verdict::kMeasured);
}

TEST(MeasureOffset, AHighestPeakBelowItsOwnHeightIsStillACandidate) {
  const auto f = moves(3);
  const Recorder camera{30, 137.25, 35, 0.03, 0.2, 40, 1}, arm{500, -42.5, 3, 0.001, 0, 40, 2};
  auto options = activity();
  options.max_ratio = 5;
  const auto m = measure_offset(camera.record(f), arm.record(f), options);
  ASSERT_EQ(m.candidates.size(), 1u);
  EXPECT_NEAR(error_ms(m, camera, arm), 0, 1.0);
}

TEST(MeasureOffset, TooLittleDataIsNoEvidence) {
  IntervalSignal few;
  const auto m = measure_offset(few, few, {});
  EXPECT_EQ(m.verdict, Verdict::kNoEvidence);
  EXPECT_FALSE(m.reason.empty());
}

TEST(MeasureOffset, AsksNoMoreOfFastLogsThanAMillisecond) {
  const auto f = moves(21);
  const Recorder a{.rate_hz = 4000, .offset_ms = 12, .noise = 0.1, .to_s = 8, .seed = 3};
  const Recorder b{.rate_hz = 4000, .noise = 0.1, .to_s = 8, .seed = 4};
  const IntervalSignal one = a.record(f), other = b.record(f);
  const OffsetMeasurement fine = measure_offset(one, other, {});
  ASSERT_EQ(fine.verdict, Verdict::kMeasured) << fine.reason;
  EXPECT_GT(fine.offset_interval_ms, 0.125) << "half a sample";
  EXPECT_LE(fine.offset_interval_ms, 1);
  EXPECT_NEAR(static_cast<double>(fine.offset_ns), a.offset_to(b, fine.reference_ns),
              fine.offset_interval_ms * 1e6);
  MeasureOptions strict;
  strict.max_interval = Nanos(20'000);
  EXPECT_EQ(measure_offset(one, other, strict).verdict, Verdict::kAmbiguous);
}

TEST(MeasureOffset, AHoleAfterTheFirstSamplesShiftsNothing) {
  const auto f = moves(22);
  const Recorder a{.rate_hz = 200, .offset_ms = 47, .noise = 0.01, .to_s = 30, .seed = 3};
  const Recorder b{.rate_hz = 500, .noise = 0.01, .to_s = 30, .seed = 4};
  const auto holed = [](IntervalSignal signal, std::size_t first, std::size_t last) {
    for (auto* times : {&signal.start_ns, &signal.end_ns})
      times->erase(times->begin() + static_cast<std::ptrdiff_t>(first),
                   times->begin() + static_cast<std::ptrdiff_t>(last));
    signal.value.erase(signal.value.begin() + static_cast<std::ptrdiff_t>(first),
                       signal.value.begin() + static_cast<std::ptrdiff_t>(last));
    return signal;
  };
  const IntervalSignal one = holed(a.record(f), 2, 300), other = holed(b.record(f), 3, 500);
  for (const bool swapped : {false, true}) {
    const Recorder &from = swapped ? b : a, &to = swapped ? a : b;
    const OffsetMeasurement m =
        swapped ? measure_offset(other, one, {}) : measure_offset(one, other, {});
    ASSERT_TRUE(m.measured()) << m.reason;
    EXPECT_NEAR(error_ms(m, from, to), 0, m.offset_interval_ms);
  }
}

TEST(MeasureOffset, NoiseOfEachSampleNeitherShiftsNorSharpensThePeak) {
  // At equal rates a shift by half a sample averages the noise, and what is shown looks best at
  // whole ones once that is made up for; at high rates noise puts ripples on the top of the peak.
  int measured = 0, inside = 0;
  for (const double rate : {30.0, 100.0, 500.0})
    for (const double noise : {0.0, 0.1, 0.3})
      for (unsigned seed = 0; seed < 4; ++seed) {
        const Recorder a{.rate_hz = rate,
                         .offset_ms = 12.3 + 7.7 * seed,
                         .noise = noise,
                         .from_s = (0.15 + 0.2 * seed) / rate,  // samples at other instants
                         .to_s = 20,
                         .seed = 1000 + seed};
        const Recorder b{.rate_hz = rate, .noise = noise, .to_s = 20, .seed = 2000 + seed};
        MeasureOptions options;
        options.max_offset = Nanos(1'000'000'000);
        options.max_interval = Nanos(50'000'000);
        const auto f = moves(100 + seed, 30);
        const OffsetMeasurement m = measure_offset(a.record(f), b.record(f), options);
        if (!m.measured()) continue;
        const double off_ms = std::abs(error_ms(m, a, b));
        EXPECT_LE(off_ms, 2 * m.offset_interval_ms) << rate << " Hz, " << noise << ", " << seed;
        ++measured;
        inside += off_ms <= m.offset_interval_ms;
      }
  EXPECT_GE(measured, 18);
  EXPECT_GE(inside * 10, measured * 9);
}

}  // namespace
}  // namespace reelcell::timeline
