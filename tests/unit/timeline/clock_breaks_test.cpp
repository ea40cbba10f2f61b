// Pairs of stamps of a clock that began anew: told apart, joined, or refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "reelcell/timeline/clock_join.hpp"
#include "reelcell/timeline/clock_pairs.hpp"

namespace reelcell::timeline {
namespace {
constexpr std::int64_t kMs = 1'000'000, kSecond = 1'000'000'000;
constexpr std::int64_t kUnix = 1'769'850'000 * kSecond;
constexpr std::int64_t kMicros32 = (std::int64_t{1} << 32) * 1000;
constexpr Nanos kWindow = std::chrono::milliseconds(100);

/// A device's true time and what came of it: never wrapped, and when the host had it.
struct Arrivals {
  std::vector<ClockPair> pairs;
  double skew_ppm = 0;
  std::int64_t truth(std::int64_t device) const {
    return kUnix + device + std::llround(static_cast<double>(device) * skew_ppm * 1e-6);
  }
};

/// 1 ms and an exponential delay of mean 4 ms; stamps in whole microseconds.
Arrivals arrivals(double seconds, double hz, unsigned seed, std::int64_t start,
                  double skew_ppm = 20) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> delay(1 / 4e6);
  Arrivals out;
  out.skew_ppm = skew_ppm;
  for (int i = 0; i < static_cast<int>(seconds * hz); ++i) {
    const std::int64_t device = start + std::llround(i / hz * 1e6) * 1000;
    const std::int64_t host = out.truth(device) + kMs + std::llround(delay(random));
    out.pairs.push_back({stream_time(device), session_time(host)});
  }
  return out;
}

std::vector<ClockPair> wrapped(std::vector<ClockPair> pairs, std::int64_t range) {
  for (ClockPair& pair : pairs) pair.device = stream_time(ns_of(pair.device) % range);
  return pairs;
}

/// Device stamps from the pair on as after a restart or a set.
std::vector<ClockPair> reset_at(std::vector<ClockPair> pairs, std::size_t from, std::int64_t by) {
  for (std::size_t i = from; i < pairs.size(); ++i) pairs[i].device -= Nanos(by);
  return pairs;
}

std::vector<StreamTime> stamps(const std::vector<ClockPair>& pairs) {
  std::vector<StreamTime> out;
  for (const ClockPair& pair : pairs) out.push_back(pair.device);
  return out;
}

std::vector<StreamTime> joined(const std::vector<StreamTime>& raw, const ClockJoin& join) {
  StampJoiner joiner(join, kWindow);
  std::vector<StreamTime> out;
  for (const StreamTime t : raw) out.push_back(joiner(t));
  EXPECT_EQ(joiner.missing(), nullptr);
  return out;
}

void expect_same_clock(const PairFit& fit, const PairFit& plain) {
  ASSERT_EQ(fit.points.size(), plain.points.size()) << fit.reason;
  for (std::size_t i = 0; i < fit.points.size(); ++i) {
    EXPECT_EQ(fit.points[i].stream, plain.points[i].stream) << i;
    EXPECT_EQ(fit.points[i].session, plain.points[i].session) << i;
  }
  EXPECT_EQ(fit.residual_max_ms, plain.residual_max_ms);
  EXPECT_EQ(fit.pairs, plain.pairs);
  EXPECT_EQ(fit.duplicates, plain.duplicates);
}

/// The joined clock is monotone over the stamps in their order, and gives each its true session
/// time within `within`.
void expect_true(const PairFit& fit, const std::vector<ClockPair>& raw, const Arrivals& truth,
                 std::int64_t within) {
  ASSERT_FALSE(fit.points.empty()) << fit.reason;
  const ClockMap map = map_through(fit.points, "measured");
  // The log has them as they arrived, the stream in the device's order.
  BreakFinder finder(fit.breaks, kWindow);
  for (const ClockPair& pair : raw) finder.see(pair.device);
  ASSERT_EQ(finder.problem(), "");
  const auto times = joined(stamps(raw), {finder.breaks(), {}});
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (i > 0) {
      ASSERT_GT(times[i], times[i - 1]) << i;
      ASSERT_GT(map.to_session(times[i]), map.to_session(times[i - 1])) << i;
    }
    const std::int64_t error =
        ns_of(map.to_session(times[i])) - truth.truth(ns_of(truth.pairs[i].device)) - kMs;
    ASSERT_LT(std::abs(error), within) << i;
  }
}

TEST(ClockBreaks, AWrapAfterTwentyMinutesIsAsIfItHadNeverBeen) {
  const Arrivals plain = arrivals(2400, 30, 1, kMicros32 - 1200 * kSecond);
  const auto raw = wrapped(plain.pairs, kMicros32);
  const PairFit fit = fit_pairs(raw, {}), never = fit_pairs(plain.pairs, {});
  ASSERT_EQ(fit.breaks.size(), 1u) << fit.reason;
  EXPECT_EQ(fit.breaks[0].kind, BreakKind::kWrap);
  EXPECT_EQ(fit.breaks[0].add.count(), kMicros32);
  EXPECT_FALSE(fit.breaks[0].interval_ms);
  EXPECT_EQ(fit.breaks[0].before, raw[35'999].device);
  EXPECT_EQ(fit.breaks[0].after, raw[36'000].device);
  EXPECT_EQ(fit.wraps, 1u);
  EXPECT_EQ(fit.resets, 0u);
  expect_same_clock(fit, never);
  EXPECT_EQ(joined(stamps(raw), {fit.breaks, {}}), stamps(plain.pairs));
}

TEST(ClockBreaks, TwoWrapsOfAShortCounter) {
  constexpr std::int64_t kRange = 65'536 * kMs;  // 16 bits of milliseconds
  const Arrivals plain = arrivals(170, 30, 2, 20 * kSecond);
  const auto raw = wrapped(plain.pairs, kRange);
  const PairFit fit = fit_pairs(raw, {});
  ASSERT_EQ(fit.breaks.size(), 2u) << fit.reason;
  EXPECT_EQ(fit.breaks[0].add.count(), kRange);
  EXPECT_EQ(fit.breaks[1].add.count(), 2 * kRange);
  expect_same_clock(fit, fit_pairs(plain.pairs, {}));
  EXPECT_EQ(joined(stamps(raw), {fit.breaks, {}}), stamps(plain.pairs));
}

TEST(ClockBreaks, WrapsAreUndoneWhereFewPairsLieBetweenThem) {
  constexpr std::int64_t kRange = 65'536 * kMs;
  const Arrivals plain = arrivals(600, 0.1, 3, 20 * kSecond);  // six or seven pairs a range
  const PairFit fit = fit_pairs(wrapped(plain.pairs, kRange), {});
  EXPECT_EQ(fit.breaks.size(), 9u) << fit.reason;
  expect_same_clock(fit, fit_pairs(plain.pairs, {}));
}

TEST(ClockBreaks, DuplicatesAndLateMessagesAboutAWrapChangeNothing) {
  Arrivals plain = arrivals(40, 30, 4, kMicros32 - 20 * kSecond - 5 * kMs);
  for (const std::size_t late : {598, 599}) plain.pairs[late].host += Nanos(75 * kMs);
  plain.pairs[597].host += Nanos(900 * kMs);  // later than what counts as a step
  std::vector<ClockPair> sent = plain.pairs;
  sent.insert(sent.begin() + 601, sent[600]);
  sent.insert(sent.begin() + 599, sent[598]);
  const PairFit fit = fit_pairs(wrapped(sent, kMicros32), {}), never = fit_pairs(sent, {});
  ASSERT_EQ(fit.breaks.size(), 1u) << fit.reason;
  EXPECT_EQ(fit.breaks[0].kind, BreakKind::kWrap);
  expect_same_clock(fit, never);
}

TEST(ClockBreaks, ARestartIsPlacedByTheHostsStamps) {
  // 3 s of silence, then from 0 again.
  Arrivals truth = arrivals(300, 30, 5, 500 * kSecond);
  truth.pairs.erase(truth.pairs.begin() + 4000, truth.pairs.begin() + 4090);
  const auto raw = reset_at(truth.pairs, 4000, ns_of(truth.pairs[4000].device));
  const PairFit fit = fit_pairs(raw, {});
  ASSERT_EQ(fit.breaks.size(), 1u) << fit.reason;
  EXPECT_EQ(fit.breaks[0].kind, BreakKind::kReset);
  EXPECT_EQ(fit.breaks[0].before, raw[3999].device);
  EXPECT_EQ(ns_of(fit.breaks[0].after), 0);
  ASSERT_TRUE(fit.breaks[0].interval_ms);
  const double off =
      static_cast<double>(fit.breaks[0].add.count() - ns_of(truth.pairs[4000].device));
  EXPECT_LT(std::abs(off) * 1e-6, *fit.breaks[0].interval_ms);
  EXPECT_LT(*fit.breaks[0].interval_ms, 10);
  EXPECT_EQ(fit.pieces.size(), 2u);
  EXPECT_EQ(fit.resets, 1u);
  expect_true(fit, raw, truth, kMs);
  EXPECT_LT(fit.residual_p50_ms, 4);
}

TEST(ClockBreaks, AClockThatWasSetForwardOrBackIsJoined) {
  for (const std::int64_t by : {-3600 * kSecond, -400 * kMs, 400 * kMs, 7 * kSecond}) {
    const Arrivals truth = arrivals(120, 30, 6, 500 * kSecond);
    const auto raw = reset_at(truth.pairs, 2000, by);
    const PairFit fit = fit_pairs(raw, {});
    ASSERT_EQ(fit.breaks.size(), 1u) << by << ": " << fit.reason;
    EXPECT_EQ(fit.breaks[0].kind, BreakKind::kReset);
    EXPECT_NEAR(static_cast<double>(fit.breaks[0].add.count() - by) * 1e-6, 0,
                *fit.breaks[0].interval_ms);
    expect_true(fit, raw, truth, kMs);
  }
}

TEST(ClockBreaks, AWrapAndAResetInOneSession) {
  const Arrivals truth = arrivals(300, 30, 7, kMicros32 - 100 * kSecond);
  auto raw = wrapped(truth.pairs, kMicros32);
  raw = reset_at(raw, 6000, ns_of(raw[6000].device) - 12 * kMs);
  const PairFit fit = fit_pairs(raw, {});
  ASSERT_EQ(fit.breaks.size(), 2u) << fit.reason;
  EXPECT_EQ(fit.breaks[0].kind, BreakKind::kWrap);
  EXPECT_EQ(fit.breaks[1].kind, BreakKind::kReset);
  EXPECT_EQ(fit.pieces.size(), 2u);
  expect_true(fit, raw, truth, kMs);
}

TEST(ClockBreaks, AStepAsLongAsARangeThatTheStampsDoNotFillIsAReset) {
  // Set back by 2^32 us, but its stamps are beyond what such a counter can show.
  const Arrivals truth = arrivals(60, 30, 8, 3 * kMicros32);
  const PairFit fit = fit_pairs(reset_at(truth.pairs, 900, kMicros32), {});
  ASSERT_EQ(fit.breaks.size(), 1u);
  EXPECT_EQ(fit.breaks[0].kind, BreakKind::kReset);
  EXPECT_TRUE(fit.breaks[0].interval_ms);
}

TEST(ClockBreaks, AShortStretchBetweenTwoResetsGivesNoNumber) {
  const Arrivals truth = arrivals(60, 30, 9, 500 * kSecond);
  auto raw = reset_at(truth.pairs, 900, 490 * kSecond);
  raw = reset_at(raw, 906, 3 * kSecond);
  const PairFit fit = fit_pairs(raw, {});
  EXPECT_TRUE(fit.points.empty());
  EXPECT_EQ(fit.resets, 2u);
  EXPECT_EQ(fit.unplaced, 6u);
  EXPECT_NE(fit.reason.find("6 pairs"), std::string::npos) << fit.reason;
}

TEST(ClockBreaks, APauseInWhichACounterMayHaveRunOverTwiceGivesNoNumber) {
  constexpr std::int64_t kRange = 65'536 * kMs;
  Arrivals plain = arrivals(300, 30, 10, 20 * kSecond);
  plain.pairs.erase(plain.pairs.begin() + 900, plain.pairs.begin() + 900 + 30 * 120);
  const PairFit fit = fit_pairs(wrapped(plain.pairs, kRange), {});
  EXPECT_TRUE(fit.points.empty());
  EXPECT_NE(fit.reason.find("more than once"), std::string::npos) << fit.reason;
}

TEST(ClockBreaks, AStepOfTheHostsClockIsNotOneOfTheDevice) {
  Arrivals truth = arrivals(60, 30, 11, 500 * kSecond);
  for (std::size_t i = 900; i < truth.pairs.size(); ++i)
    truth.pairs[i].host += Nanos(100 * kSecond);
  const PairFit fit = fit_pairs(truth.pairs, {});
  EXPECT_TRUE(fit.points.empty());
  EXPECT_NE(fit.reason.find("clock of the log"), std::string::npos) << fit.reason;
}

TEST(ClockBreaks, AStallOfTheHostIsNoBreak) {
  Arrivals truth = arrivals(60, 30, 12, 500 * kSecond);
  for (std::size_t i = 900; i < 990; ++i)  // 3 s of messages come at once
    truth.pairs[i].host = truth.pairs[990].host - Nanos(static_cast<std::int64_t>(990 - i) * 1000);
  truth.pairs.back().host += Nanos(2 * kSecond);
  const PairFit fit = fit_pairs(truth.pairs, {});
  EXPECT_TRUE(fit.breaks.empty());
  expect_true(fit, truth.pairs, truth, kMs);
}

TEST(ClockBreaks, OneWrongStampIsNoBreak) {
  for (const std::int64_t wrong : {std::int64_t{0}, 10'000 * kSecond}) {
    Arrivals truth = arrivals(60, 30, 13, 500 * kSecond);
    const PairFit good = fit_pairs(truth.pairs, {});
    truth.pairs[700].device = stream_time(wrong);
    const PairFit fit = fit_pairs(truth.pairs, {});
    EXPECT_TRUE(fit.breaks.empty());
    ASSERT_EQ(fit.points.size(), good.points.size()) << fit.reason;
    EXPECT_NEAR(static_cast<double>(ns_of(fit.points[0].session) - ns_of(good.points[0].session)),
                0, 1e5);
  }
}

/// Any number of wraps and resets in any order: monotone, continuous, true.
TEST(ClockBreaks, WhateverHappensTheJoinedClockIsTheTrueOne) {
  std::mt19937_64 random(14);
  std::size_t given = 0, refused = 0;
  for (unsigned round = 0; round < 60; ++round) {
    const auto pick = [&](double from, double to) {
      return std::uniform_real_distribution<double>(from, to)(random);
    };
    const double hz = std::exp(pick(std::log(2.0), std::log(200.0)));
    const Arrivals truth = arrivals(pick(100, 400), hz, 100 + round,
                                    std::llround(pick(0, 4000) * 1e6) * 1000, pick(-80, 80));
    auto raw = truth.pairs;
    const auto resets = static_cast<int>(pick(0, 3.99));
    const std::int64_t range = pick(0, 1) < 0.3 ? 65'536 * kMs : kMicros32;
    for (int i = 0; i < resets; ++i) {
      const auto at = static_cast<std::size_t>(pick(0.02, 0.98) * static_cast<double>(raw.size()));
      // Less than least_jump, modulo the range, would be none.
      const std::int64_t by = ns_of(raw[at].device) - std::llround(pick(0, 3000) * 1e6) * 1000;
      const std::int64_t jump = ((by % range) + range) % range;
      if (jump > kSecond && range - jump > kSecond) raw = reset_at(raw, at, by);
    }
    raw = wrapped(raw, range);
    const PairFit fit = fit_pairs(raw, {});
    if (fit.points.empty()) {
      EXPECT_FALSE(fit.reason.empty());
      ++refused;
      continue;
    }
    ++given;
    SCOPED_TRACE(testing::Message()
                 << "round " << round << ", " << hz << " Hz, " << resets << " resets");
    double interval_ms = 0;
    for (const PairPiece& piece : fit.pieces)
      interval_ms = std::max(interval_ms, piece.interval_ms);
    expect_true(fit, raw, truth, std::llround(interval_ms * 1.5e6));
  }
  EXPECT_GE(given, 45u);
  EXPECT_LE(refused, 15u);
}

}  // namespace
}  // namespace reelcell::timeline
