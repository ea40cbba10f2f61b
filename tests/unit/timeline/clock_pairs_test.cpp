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

TEST(FitPairs, SomePercentOfFastMessagesProveTheSmallestDelay) {
  for (const double share : {0.02, 0.1, 0.25, 0.4})
    for (const double spread_ms : {0.2, 1.0})
      for (unsigned seed = 1; seed <= 3; ++seed) {
        std::mt19937_64 random(seed);
        std::uniform_real_distribution<double> uniform;
        auto pairs = arrivals(600, 60, 1);
        for (ClockPair& pair : pairs) {
          const auto device = ns_of(pair.device);
          const bool fast = uniform(random) < share;
          const double delay_ms =
              fast ? 1 + 0.1 * uniform(random) : 6 + spread_ms * uniform(random);
          const double late = static_cast<double>(device) * 60e-6 + delay_ms * 1e6;
          pair.host = session_time(kUnix + device + static_cast<std::int64_t>(late));
        }
        const PairFit fit = fit_pairs(pairs, {});
        EXPECT_NEAR(error_ms(fit, 60, 300 * kSecond), 1.0, 0.2) << share << ", " << spread_ms;
        EXPECT_GT(fit.pieces.at(0).interval_ms, share < 0.5 ? 4 : 0);
      }
}

TEST(FitPairs, ManyEarlyStampsThatDoNotAgreeEnterTheInterval) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform;
    auto pairs = arrivals(300, 60, seed);
    for (ClockPair& pair : pairs)
      if (uniform(random) < 0.05)
        pair.host -= Nanos(std::llround((30 + 170 * uniform(random)) * kMs));
    const PairFit fit = fit_pairs(pairs, {});
    EXPECT_GT(fit.early, 300u);
    EXPECT_NEAR(error_ms(fit, 60, 150 * kSecond), 1.0, 0.5);
    EXPECT_GT(fit.pieces.at(0).interval_ms, 60);
  }
}

TEST(FitPairs, StampsInStepsWidenTheInterval) {
  constexpr std::int64_t kStep = 15'600'000;
  for (unsigned seed = 1; seed <= 5; ++seed) {
    auto pairs = arrivals(120, 60, seed);
    for (ClockPair& pair : pairs) pair.host = session_time(ns_of(pair.host) / kStep * kStep);
    const PairFit fit = fit_pairs(pairs, {});
    ASSERT_EQ(fit.pieces.size(), 1u);
    EXPECT_GT(fit.pieces[0].interval_ms, 15.6);
    EXPECT_LT(std::abs(error_ms(fit, 60, 60 * kSecond)), fit.pieces[0].interval_ms);
  }
  EXPECT_LT(fit_pairs(arrivals(120, 60, 1), {}).pieces.at(0).interval_ms, 5);
  auto regular = arrivals(3600, 0, 1);  // 0.1 s apart on the device: no coarse clock
  regular.resize(2000);
  for (std::size_t i = 0; i < regular.size(); ++i) {
    const std::int64_t device = static_cast<std::int64_t>(i) * 100 * kMs;
    const Nanos delay = regular[i].host - session_time(kUnix + ns_of(regular[i].device));
    regular[i] = {stream_time(device), session_time(kUnix + device) + delay};
  }
  EXPECT_LT(fit_pairs(regular, {}).pieces.at(0).interval_ms, 5);
}

TEST(FitPairs, WindowsWithTooFewPairsAreSaidAndNoWindowIsEndless) {
  auto sparse = arrivals(40, 20, 1);
  for (std::size_t i = 0; i < sparse.size(); ++i) {
    const std::int64_t device = static_cast<std::int64_t>(i) * 60 * kSecond;
    sparse[i] = {stream_time(device), session_time(kUnix + device + kMs)};
  }
  const PairFit fit = fit_pairs(sparse, {});
  EXPECT_TRUE(fit.pieces.empty());
  EXPECT_NE(fit.reason.find("fewer than 8 pairs"), std::string::npos) << fit.reason;
  EXPECT_NE(fit.reason.find("\"window\" to 192"), std::string::npos) << fit.reason;
  for (const std::int64_t window : {0L, -5L, 1L}) {
    PairOptions options;
    options.window = Nanos(window);
    EXPECT_LE(fit_pairs(arrivals(40, 20, 1), options).pieces.size(), 1u);
  }
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
