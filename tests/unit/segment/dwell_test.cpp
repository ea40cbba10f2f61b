// Borders and passes of dwells; what dwells are is in segment_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "reelcell/base/error.hpp"
#include "stage.hpp"

namespace reelcell::segment {
namespace {
using test::MemorySignals;
using testing::HasSubstr;
using testing::SizeIs;

double seconds(SessionTime time) { return static_cast<double>(ns_of(time)) / 1e9; }

TEST(DwellBorders, AreNotMovedByTheLowPass) {
  // The speed falls like a parabola to 0 at 1 s and rises like one from 1.1 s, as at the ends of a
  // smooth move; it is below 0.05 from 1 - 2.4 ms on. The kernel alone would move that by 1 ms.
  const auto speed = [](double t) {
    const double away = std::max({0.0, 1.0 - t, t - 1.1});
    return std::min(2.0, 9000 * away * away);
  };
  const double reach = std::sqrt(0.05 / 9000);
  for (const char* smooth : {"0s", "10ms", "20ms"}) {
    MemorySignals signals;
    signals.add_series("j", test::sampled("v", 0, 2000, 500, speed, "rad/s"));
    const auto segments =
        run_stage("dwell", {{"signal", "j.v"}, {"v_in", 0.05}, {"v_out", 0.05}, {"smooth", smooth}},
                  signals)
            .segments;
    ASSERT_THAT(segments, SizeIs(1)) << smooth;
    EXPECT_NEAR(seconds(segments[0].range.start), 1 - reach, 0.5e-3) << smooth;
    EXPECT_NEAR(seconds(segments[0].range.end), 1.1 + reach, 0.5e-3) << smooth;
  }
}

TEST(DwellBorders, AreAsUncertainAsNoiseMakesThem) {
  std::mt19937 random(5);
  std::normal_distribution<double> noise(0, 0.02);
  MemorySignals signals;
  // A slow ramp through the threshold under noise: several crossings lie close together.
  signals.add_series("j", test::sampled("v", 0, 3000, 500, [&](double t) {
                       return std::clamp(1.0 - t, 0.0, 1.0) + std::clamp(t - 2, 0.0, 1.0) +
                              noise(random);
                     }));
  const auto segments =
      run_stage("dwell", {{"signal", "j.v"}, {"v_in", 0.2}, {"v_out", 0.3}, {"smooth", "60ms"}},
                signals)
          .segments;
  ASSERT_THAT(segments, SizeIs(1));
  EXPECT_GT(segments[0].begin.uncertainty, Nanos(1'000'000));
  EXPECT_NEAR(seconds(segments[0].range.start), 0.8,
              1e-9 * static_cast<double>(segments[0].begin.uncertainty.value().count()) + 0.02);
}

TEST(DwellBorders, SayHowLongTheHoleIsThatEndsThem) {
  MemorySignals signals;
  SeriesSlice slice = test::sampled("v", 0, 500, 100, [](double) { return 0.0; });
  const SeriesSlice later = test::sampled("v", 1500, 2000, 100, [](double) { return 1.0; });
  slice.times.insert(slice.times.end(), later.times.begin(), later.times.end());
  slice.columns[0].append_rows(later.columns[0], 0, later.size());
  signals.add_series("j", slice);
  const auto segments =
      run_stage("dwell", {{"signal", "j.v"}, {"v_in", 0.1}, {"v_out", 0.1}}, signals).segments;
  ASSERT_THAT(segments, SizeIs(1));
  EXPECT_EQ(segments[0].finish.uncertainty, Nanos(1'010'000'000));
}

TEST(Passes, AreLocalMinimaThatAreDeepEnough) {
  // Minima of 0.4 (deep) at 0.5, 1.5, .. s, and of 0.8 (shallow) between them.
  const auto speed = [](double t) {
    const double deep = std::exp(-std::pow((std::fmod(t, 1.0) - 0.5) / 0.05, 2.0));
    const double shallow = std::exp(-std::pow((std::fmod(t + 0.5, 1.0) - 0.5) / 0.05, 2.0));
    return 1 - 0.6 * deep - 0.2 * shallow;
  };
  MemorySignals signals;
  signals.add_series("j", test::sampled("v", 0, 5000, 500, speed));
  Json options{{"signal", "j.v"}, {"v_in", 0.1}, {"v_out", 0.2}, {"passes", true}};
  const auto segments = run_stage("dwell", options, signals).segments;
  ASSERT_THAT(segments, SizeIs(5));
  for (std::size_t i = 0; i < segments.size(); ++i) {
    EXPECT_NEAR(seconds(segments[i].range.start + segments[i].range.length() / 2),
                0.5 + static_cast<double>(i), 2e-3);
    EXPECT_EQ(*segments[i].attribute("stopped"), Value(false));
    EXPECT_THAT(segments[i].begin.source, HasSubstr("local minimum"));
  }
  options["pass_depth"] = 0.1;
  EXPECT_GE(run_stage("dwell", options, signals).segments.size(), 9u);
  options["pass_depth"] = 1.5;
  EXPECT_THROW(run_stage("dwell", options, signals), InputError);
}

TEST(Passes, GiveWayToTheDwellTheyLieIn) {
  MemorySignals signals;
  signals.add_series("j", test::sampled("v", 0, 2000, 500, [](double t) {
                       return std::clamp(std::abs(t - 1) * 5 - 0.5, 0.0, 1.0);
                     }));
  const auto segments =
      run_stage("dwell", {{"signal", "j.v"}, {"v_in", 0.1}, {"v_out", 0.2}, {"passes", true}},
                signals)
          .segments;
  ASSERT_THAT(segments, SizeIs(1));
  EXPECT_EQ(*segments[0].attribute("stopped"), Value(true));
}

}  // namespace
}  // namespace reelcell::segment
