#include "reelcell/timeline/clock_map.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "reelcell/base/error.hpp"

namespace reelcell::timeline {
namespace {
constexpr std::int64_t kUnix = 1'769'850'000'000'000'000;  // 2026

ClockSpec spec(std::int64_t offset, double drift, std::int64_t reference) {
  return {Nanos(offset), drift, stream_time(reference), true, "session.json"};
}

TEST(ClockMap, IsTheIdentityWhenNothingIsStated) {
  const ClockMap map;
  EXPECT_EQ(map.to_session(stream_time(kUnix + 7)), session_time(kUnix + 7));
  EXPECT_EQ(map.method(), "assumed");
  EXPECT_EQ(ClockMap::from_spec(ClockSpec{}).method(), "assumed");
}

TEST(ClockMap, AddsOffsetAndDriftFromTheReference) {
  // 50 ppm over an 8 h shift is 1.44 s.
  const ClockMap map = ClockMap::from_spec(spec(1'000, 50.0, kUnix));
  const std::int64_t shift = 8ll * 3600 * 1'000'000'000;
  EXPECT_EQ(map.to_session(stream_time(kUnix)), session_time(kUnix + 1'000));
  EXPECT_EQ(map.to_session(stream_time(kUnix + shift)),
            session_time(kUnix + 1'000 + shift + 1'440'000'000));
  EXPECT_EQ(map.to_session(stream_time(kUnix - shift)),
            session_time(kUnix + 1'000 - shift - 1'440'000'000));
  EXPECT_EQ(map.method(), "given");
}

TEST(ClockMap, KeepsDriftFarBelowOnePartInABillion) {
  const ClockMap map = ClockMap::from_spec(spec(0, 0.000123, 0));  // 0.123 ppb
  EXPECT_EQ(map.to_session(stream_time(1'000'000'000'000)), session_time(1'000'000'000'123));
  EXPECT_EQ(skew_from_ppm(12.345678901), 12'345'678'901);
  EXPECT_EQ(skew_from_ppm(-0.0000000006), -1);
  EXPECT_DOUBLE_EQ(ppm_from_skew(skew_from_ppm(-37.25)), -37.25);
}

TEST(ClockMap, RoundTripsWithinOneNanosecond) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> drift(-kMaxDriftPpm, kMaxDriftPpm);
  std::uniform_int_distribution<std::int64_t> offset(-kUnix, kUnix), time(0, 2 * kUnix);
  for (int i = 0; i < 20'000; ++i) {
    const ClockMap map = ClockMap::from_spec(spec(offset(random), drift(random), time(random)));
    const StreamTime t = stream_time(time(random));
    EXPECT_LE(std::abs((map.to_stream(map.to_session(t)) - t).count()), 1);
  }
}

TEST(ClockMap, IsMonotoneAcrossKnots) {
  // The second stretch begins where the first leads, to the ns; rates 1.1 and 0.9.
  const ClockMap map({{stream_time(0), session_time(0), skew_from_ppm(100'000)},
                      {stream_time(1'005), session_time(1'105), skew_from_ppm(-100'000)},
                      {stream_time(2'005), session_time(2'005), 0}},
                     "measured");
  SessionTime before = map.to_session(stream_time(-50));
  for (std::int64_t t = -49; t < 3'000; ++t) {
    const SessionTime now = map.to_session(stream_time(t));
    EXPECT_GE(now, before);
    EXPECT_LE(std::abs((map.to_stream(now) - stream_time(t)).count()), 1);
    before = now;
  }
  EXPECT_EQ(map.to_session(stream_time(2'505)), session_time(2'505));
}

TEST(ClockMap, SaturatesAtTheEndsOfTime) {
  const std::int64_t max = std::numeric_limits<std::int64_t>::max();
  const std::int64_t min = std::numeric_limits<std::int64_t>::min();
  const ClockMap map = ClockMap::from_spec(spec(kUnix, 100.0, 0));
  EXPECT_EQ(map.to_session(stream_time(max)), session_time(max));
  EXPECT_EQ(map.to_stream(session_time(min)), stream_time(min));
  const ClockMap far = ClockMap::from_spec(spec(0, 100.0, max));
  EXPECT_EQ(far.to_session(stream_time(min)), session_time(min));
  EXPECT_EQ(far.to_session(stream_time(max)), session_time(max));
}

TEST(ClockMap, RefusesStepsDisorderAndAbsurdDrift) {
  EXPECT_THROW(ClockMap({}, "given"), InputError);
  EXPECT_THROW(
      ClockMap({{stream_time(0), session_time(0), 0}, {stream_time(10), session_time(15), 0}}),
      InputError);
  EXPECT_THROW(
      ClockMap({{stream_time(10), session_time(10), 0}, {stream_time(10), session_time(10), 0}}),
      InputError);
  EXPECT_THROW(ClockMap::from_spec(spec(0, 1e6, 0)), InputError);
  EXPECT_THROW(ClockMap::from_spec(spec(0, std::numeric_limits<double>::quiet_NaN(), 0)),
               InputError);
  EXPECT_THROW(ClockMap::from_spec(spec(std::numeric_limits<std::int64_t>::max(), 0, kUnix)),
               InputError);
}

TEST(ClockMap, SaysItsKnotsInJson) {
  EXPECT_EQ(ClockMap::from_spec(spec(5, 2.5, 10)).to_json(), Json::parse(R"({"method": "given",
                            "knots": [{"stream_ns": 10, "session_ns": 15, "skew_ppm": 2.5}]})"));
}
}  // namespace
}  // namespace reelcell::timeline
