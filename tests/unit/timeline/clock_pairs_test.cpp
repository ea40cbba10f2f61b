#include "reelcell/timeline/clock_pairs.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "reelcell/base/error.hpp"

namespace reelcell::timeline {
namespace {
constexpr std::int64_t kMs = 1'000'000, kSecond = 1'000'000'000;
constexpr std::int64_t kUnix = 1'769'850'000 * kSecond;

/// host = kUnix + (1 + skew) device + 1 ms + exponential delay of mean 4 ms, 30 a second.
std::vector<ClockPair> arrivals(double seconds, double skew_ppm, unsigned seed,
                                std::int64_t device_start = 5 * kSecond) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> delay(1 / 4e6);
  std::vector<ClockPair> pairs;
  for (int i = 0; i < static_cast<int>(seconds * 30); ++i) {
    const std::int64_t device = device_start + i * kSecond / 30;
    const auto host = kUnix + device + std::llround(static_cast<double>(device) * skew_ppm * 1e-6) +
                      kMs + std::llround(delay(random));
    pairs.push_back({stream_time(device), session_time(static_cast<std::int64_t>(host))});
  }
  return pairs;
}
/// Error of the map in ms at a device time, against the clock without any delay.
double error_ms(const PairFit& fit, double skew_ppm, std::int64_t device) {
  const ClockMap map = map_through(fit.pieces.at(0).points, "measured");
  const auto truth = kUnix + device + std::llround(static_cast<double>(device) * skew_ppm * 1e-6);
  return static_cast<double>(ns_of(map.to_session(stream_time(device))) - truth) * 1e-6;
}

TEST(FitPairs, TheHullFindsTheRateUnderDelaysThatOnlyAdd) {
  for (const double skew : {-60.0, 60.0}) {
    const PairFit fit = fit_pairs(arrivals(40, skew, 1), {});
    ASSERT_EQ(fit.pieces.size(), 1u);
    ASSERT_EQ(fit.pieces[0].windows.size(), 1u);
    EXPECT_NEAR(fit.pieces[0].windows[0].skew_ppm, skew, 2);
    // The smallest delay, 1 ms, cannot be told from the clock.
    EXPECT_NEAR(error_ms(fit, skew, 25 * kSecond), 1.0, 0.1);
  }
}

TEST(FitPairs, LeastSquaresIsBiasedByWhatTheHullIsNot) {
  PairOptions options;
  options.method = PairMethod::kLeastSquares;
  const PairFit squares = fit_pairs(arrivals(40, 60, 1), options);
  EXPECT_GT(error_ms(squares, 60, 25 * kSecond), 4);
  options.method = PairMethod::kTheilSen;
  const PairFit sen = fit_pairs(arrivals(40, 60, 1), options);
  EXPECT_NEAR(error_ms(sen, 60, 25 * kSecond), 1 + 4 * std::log(2.0), 0.6);
}

TEST(FitPairs, OneEarlyOutlierDoesNotTiltTheHull) {
  auto pairs = arrivals(40, 60, 2);
  pairs[300].host -= Nanos(50 * kMs);
  const PairFit fit = fit_pairs(pairs, {});
  EXPECT_GE(fit.early, 1u);
  EXPECT_NEAR(fit.pieces.at(0).windows.at(0).skew_ppm, 60, 2);
}

TEST(FitPairs, FollowsARateThatChangesOverAnHour) {
  auto pairs = arrivals(3600, 0, 3);
  // 0 ppm at the start, 4 ppm at the end: 7.2 ms that a single line would miss.
  for (ClockPair& pair : pairs) {
    const double t = static_cast<double>(ns_of(pair.device)) * 1e-9;
    pair.host += Nanos(std::llround(0.5 * 4e-6 / 3600 * t * t * 1e9));
  }
  const PairFit fit = fit_pairs(pairs, {});
  ASSERT_GT(fit.pieces.at(0).windows.size(), 10u);
  EXPECT_LT(fit.pieces[0].windows.front().skew_ppm, 0.6);
  EXPECT_GT(fit.pieces[0].windows.back().skew_ppm, 3.4);
  const ClockMap map = map_through(fit.pieces[0].points, "measured");
  for (const double t : {100.0, 900.0, 1800.0, 2700.0, 3500.0}) {
    const auto device = static_cast<std::int64_t>(t * 1e9);
    const double truth = static_cast<double>(device) + 0.5 * 4e-6 / 3600 * t * t * 1e9;
    EXPECT_NEAR(
        (static_cast<double>(ns_of(map.to_session(stream_time(device))) - kUnix) - truth) * 1e-6,
        1.0, 0.15)
        << t;
  }
}

TEST(FitPairs, AResetShortBeforeTheEndIsToldToo) {
  auto pairs = arrivals(40, 20, 4);
  const std::size_t after = pairs.size() - 6;
  for (std::size_t i = after; i < pairs.size(); ++i) pairs[i].device -= Nanos(20 * kSecond);
  const PairFit fit = fit_pairs(pairs, {});
  EXPECT_EQ(fit.pieces.size(), 1u);
  EXPECT_EQ(fit.resets, 1u);
  EXPECT_EQ(fit.unplaced, 6u);
  EXPECT_TRUE(fit.points.empty());
  EXPECT_NE(fit.reason.find("too short"), std::string::npos) << fit.reason;
  EXPECT_EQ(fit_pairs(arrivals(40, 20, 4), {}).resets, 0u);
}

TEST(FitPairs, ALateMessageIsNoReset) {
  auto pairs = arrivals(40, 20, 6);
  pairs[500].host += Nanos(2 * kSecond);
  pairs[501].host += Nanos(2 * kSecond - 33 * kMs);
  EXPECT_EQ(fit_pairs(pairs, {}).pieces.size(), 1u);
}

TEST(FitPairs, DuplicatesCountOnceAndTooFewAreSaid) {
  auto pairs = arrivals(2, 0, 7);
  const std::size_t once = pairs.size();
  pairs.insert(pairs.end(), pairs.begin(), pairs.end());
  const PairFit fit = fit_pairs(pairs, {});
  EXPECT_EQ(fit.pairs, once);
  EXPECT_EQ(fit.duplicates, once);
  EXPECT_FALSE(fit_pairs({}, {}).reason.empty());
  EXPECT_TRUE(fit_pairs({}, {}).pieces.empty());
}

TEST(MapThrough, GoesThroughItsPointsAndRefusesToStandStill) {
  const std::vector<ClockPoint> points{{stream_time(0), session_time(1000)},
                                       {stream_time(1'000'000), session_time(1'001'050)},
                                       {stream_time(3'000'000), session_time(3'001'000)}};
  const ClockMap map = map_through(points, "given");
  for (const ClockPoint& point : points) EXPECT_EQ(map.to_session(point.stream), point.session);
  EXPECT_EQ(map.to_session(stream_time(500'000)), session_time(501'025));
  const std::vector<ClockPoint> still{{stream_time(0), session_time(5)},
                                      {stream_time(10), session_time(5)}};
  EXPECT_THROW(map_through(still, "given"), InputError);
}

}  // namespace
}  // namespace reelcell::timeline
