#include "reelcell/base/time.hpp"

#include <gtest/gtest.h>

#include "reelcell/base/error.hpp"

namespace reelcell {
namespace {

TEST(Time, PtsBecomeNanosecondsRoundedToNearest) {
  EXPECT_EQ(pts_to_ns(1, {1, 30}).count(), 33'333'333);
  EXPECT_EQ(pts_to_ns(2, {1, 30}).count(), 66'666'667);
  EXPECT_EQ(pts_to_ns(-2, {1, 30}).count(), -66'666'667);
  EXPECT_EQ(ns_to_pts(Nanos(66'666'667), {1, 15360}, Rounding::kNearest), 1024);
}

TEST(Time, RatesKeepNtscExact) {
  EXPECT_EQ(rate_from_number(30), (Rational{30, 1}));
  EXPECT_EQ(rate_from_number(29.97), (Rational{30000, 1001}));
  EXPECT_EQ(rate_from_number(23.976), (Rational{24000, 1001}));
  EXPECT_EQ(rate_from_number(12.5), (Rational{25, 2}));
  EXPECT_THROW(rate_from_number(0), InputError);
}

TEST(Time, DurationsRoundTripAndUnitsAreDemanded) {
  for (const char* text :
       {"500ms", "1.5s", "2min", "1h", "20us", "-3ms", "7ns", "90s", "1.000001ms"})
    EXPECT_EQ(parse_duration(format_duration(parse_duration(text))), parse_duration(text)) << text;
  EXPECT_EQ(parse_duration("1.5h").count(), 5'400'000'000'000);
  EXPECT_EQ(format_duration(parse_duration("500ms")), "500ms");
  EXPECT_THROW(parse_duration("500"), InputError);
  EXPECT_THROW(parse_duration("ms"), InputError);
  EXPECT_THROW(parse_duration("1e30h"), InputError);
}

TEST(Time, TimesInTextKeepEveryDigit) {
  std::int64_t ns = 0;
  ASSERT_TRUE(parse_time("1712345678.123456789", TimeUnit::kSeconds, &ns));
  EXPECT_EQ(ns, 1712345678123456789);
  ASSERT_TRUE(parse_time("1.5e3", TimeUnit::kMicroseconds, &ns));
  EXPECT_EQ(ns, 1'500'000);
  ASSERT_TRUE(parse_time("-0.5", TimeUnit::kMilliseconds, &ns));
  EXPECT_EQ(ns, -500'000);
  for (const char* bad : {"nan", "", "12a", "1e99", "99999999999999999999"})
    EXPECT_FALSE(parse_time(bad, TimeUnit::kSeconds, &ns)) << bad;
}

TEST(Time, Rfc3339RoundTrips) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01.5Z"), 1'500'000'000);
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00+02:00"), parse_rfc3339("2026-01-31T10:00:00Z"));
  EXPECT_EQ(format_rfc3339(parse_rfc3339("2026-01-31T10:00:00.123456789Z")),
            "2026-01-31T10:00:00.123456789Z");
  EXPECT_THROW(parse_rfc3339("2026-02-30T10:00:00Z"), InputError);
  EXPECT_THROW(parse_rfc3339("2026-01-31 10:00"), InputError);
}

}  // namespace
}  // namespace reelcell
