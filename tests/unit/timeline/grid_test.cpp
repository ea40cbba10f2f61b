#include "reelcell/timeline/grid.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "reelcell/base/error.hpp"
#include "support/memory_signals.hpp"

namespace reelcell::timeline {
namespace {
using test::at_ms;
using test::range_ms;
constexpr std::int64_t kUnix = 1'769'850'000'000'000'000;

std::vector<SessionTime> times_ms(std::initializer_list<std::int64_t> ms) {
  std::vector<SessionTime> times;
  for (const std::int64_t t : ms) times.push_back(at_ms(t));
  return times;
}
JoinPolicy policy(JoinMethod method, std::int64_t tolerance_ms = 0) {
  return {method, Nanos(tolerance_ms * 1'000'000)};
}
const std::vector<double>& numbers(const JoinedSeries& joined, std::size_t column = 0) {
  return std::get<std::vector<double>>(joined.columns[column].data);
}

TEST(Grid, EndsBeforeTheHalfOpenEnd) {
  EXPECT_EQ(make_grid(range_ms(0, 1000), {30, 1}, {}).rows, 30u);
  EXPECT_EQ(make_grid({at_ms(0), at_ms(1000) + Nanos(1)}, {30, 1}, {}).rows, 31u);
  EXPECT_EQ(make_grid(range_ms(0, 1), {30, 1}, {}).rows, 1u);
  EXPECT_EQ(make_grid(range_ms(5, 5), {30, 1}, {}).rows, 0u);
}

TEST(Grid, StartsAtTheAnchor) {
  const Grid grid = make_grid(range_ms(0, 1000), {10, 1}, at_ms(50));
  EXPECT_EQ(grid.rows, 10u);
  EXPECT_EQ(grid.times().back(), at_ms(950));
  EXPECT_THROW(make_grid(range_ms(0, 1000), {10, 1}, at_ms(1000)), PlanError);
}

TEST(Grid, KeepsNtscRatesExactOverADay) {
  const Grid grid =
      make_grid({session_time(kUnix), session_time(kUnix + 86'400'000'000'000)}, {30000, 1001}, {});
  // 86400 * 30000 / 1001 = 2589410.589..: rows 0..2589410.
  EXPECT_EQ(grid.rows, 2'589'411u);
  EXPECT_EQ(grid.time(30'000) - grid.origin, Nanos(1'001'000'000'000));
}

TEST(Grid, RefusesMoreRowsThanWritersCanNumber) {
  EXPECT_THROW(make_grid({session_time(0), session_time(INT64_MAX)}, {1'000'000, 1}, {}),
               PlanError);
}

TEST(JoinNearest, PrefersTheEarlierOfTwoEquallyNear) {
  const auto source = times_ms({0, 10, 20});
  const auto rows = times_ms({5, 15, 16, 10});
  const NearestJoin join = join_nearest(source, rows, Nanos{0});
  EXPECT_EQ(join.index, (std::vector<std::uint32_t>{0, 1, 2, 1}));
  EXPECT_EQ(join.flag[3], JoinFlag::kExact);
  EXPECT_EQ(join.skew_ns[0], -5'000'000);
}

TEST(JoinNearest, SaysGapBeyondTheToleranceButKeepsTheNearest) {
  const auto source = times_ms({0, 100});
  const NearestJoin join = join_nearest(source, times_ms({30, 80}), Nanos(20'000'000));
  EXPECT_EQ(join.flag, (std::vector<JoinFlag>{JoinFlag::kGap, JoinFlag::kNearest}));
  EXPECT_EQ(join.index, (std::vector<std::uint32_t>{0, 1}));
}

TEST(JoinNearest, OfAnEmptyStreamIsAllGap) {
  const NearestJoin join = join_nearest({}, times_ms({1, 2}), Nanos{0});
  EXPECT_EQ(join.flag, (std::vector<JoinFlag>(2, JoinFlag::kGap)));
}

TEST(JoinNearest, AgreesWithABruteForceSearchOnRandomData) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    std::vector<SessionTime> source, rows;
    SessionTime t = session_time(kUnix);
    for (std::size_t i = 0; i < 1 + random() % 40; ++i)
      source.push_back(t += Nanos(1 + random() % 9));
    t = session_time(kUnix - 20);
    for (std::size_t i = 0; i < 60; ++i) rows.push_back(t += Nanos(random() % 9));
    const Nanos tolerance(random() % 6);
    const NearestJoin join = join_nearest(source, rows, tolerance);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      std::size_t best = 0;
      for (std::size_t i = 1; i < source.size(); ++i)
        if (std::abs((source[i] - rows[row]).count()) <
            std::abs((source[best] - rows[row]).count()))
          best = i;
      const std::int64_t skew = (source[best] - rows[row]).count();
      ASSERT_EQ(join.index[row], best);
      ASSERT_EQ(join.skew_ns[row], skew);
      const JoinFlag flag = tolerance.count() && std::abs(skew) > tolerance.count() ? JoinFlag::kGap
                            : skew == 0 ? JoinFlag::kExact
                                        : JoinFlag::kNearest;
      ASSERT_EQ(join.flag[row], flag);
    }
  }
}

TEST(JoinNearest, DoesNotOverflowAtTheEndsOfTime) {
  const std::vector<SessionTime> source{session_time(INT64_MIN), session_time(INT64_MAX)};
  const std::vector<SessionTime> rows{session_time(INT64_MAX - 1), session_time(INT64_MIN)};
  const NearestJoin join = join_nearest(source, rows, Nanos{0});
  EXPECT_EQ(join.index, (std::vector<std::uint32_t>{1, 0}));
}

TEST(JoinSeries, InterpolatesBetweenNeighboursAndReportsTheNearerOne) {
  SeriesSlice source{times_ms({0, 10}), {test::float_column("q", {1, 3, 2, 7}, 2)}};
  const JoinedSeries joined =
      join_series(source, times_ms({0, 2, 8}), policy(JoinMethod::kLinear), "joints");
  EXPECT_EQ(numbers(joined), (std::vector<double>{1, 3, 1.2, 3.8, 1.8, 6.2}));
  EXPECT_EQ(joined.times.flag, (std::vector<JoinFlag>{JoinFlag::kExact, JoinFlag::kInterpolated,
                                                      JoinFlag::kInterpolated}));
  EXPECT_EQ(joined.times.source, times_ms({0, 0, 10}));
  EXPECT_EQ(joined.times.skew_ns, (std::vector<std::int64_t>{0, -2'000'000, 2'000'000}));
}

TEST(JoinSeries, DoesNotInterpolateAcrossAHole) {
  SeriesSlice source{times_ms({0, 10, 200}), {test::float_column("q", {0, 1, 20})}};
  const JoinedSeries joined =
      join_series(source, times_ms({15, 100, 195, 230}), policy(JoinMethod::kLinear, 20), "joints");
  EXPECT_EQ(joined.times.flag, (std::vector<JoinFlag>{JoinFlag::kNearest, JoinFlag::kGap,
                                                      JoinFlag::kNearest, JoinFlag::kGap}));
  EXPECT_EQ(numbers(joined)[0], 1);
  EXPECT_TRUE(std::isnan(numbers(joined)[1]));
  EXPECT_EQ(numbers(joined)[2], 20);
}

TEST(JoinSeries, HoldsTheLastValueUpToItsAge) {
  SeriesSlice source{times_ms({10, 50}), {test::float_column("grip", {1, 2})}};
  const JoinedSeries joined =
      join_series(source, times_ms({5, 10, 30, 49, 80}), policy(JoinMethod::kHold, 25), "grip");
  EXPECT_EQ(joined.times.flag,
            (std::vector<JoinFlag>{JoinFlag::kGap, JoinFlag::kExact, JoinFlag::kHeld,
                                   JoinFlag::kGap, JoinFlag::kGap}));
  EXPECT_EQ(numbers(joined)[2], 1);
}

TEST(JoinSeries, NeverInterpolatesIntegersAndText) {
  SeriesSlice source{times_ms({0, 10}),
                     {test::integer_column("mode", {1, 5}), test::text_column("step", {"A", "B"})}};
  const JoinedSeries joined =
      join_series(source, times_ms({9, 10}), policy(JoinMethod::kLinear), "plc");
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(joined.columns[0].data),
            (std::vector<std::int64_t>{1, 5}));
  EXPECT_EQ(std::get<std::vector<std::string>>(joined.columns[1].data),
            (std::vector<std::string>{"A", "B"}));
  // The value at 9 ms is that of 0 ms, and the row says so.
  EXPECT_EQ(joined.times.source, times_ms({0, 10}));
  EXPECT_EQ(joined.times.skew_ns, (std::vector<std::int64_t>{-9'000'000, 0}));
  EXPECT_EQ(joined.times.flag, (std::vector<JoinFlag>{JoinFlag::kHeld, JoinFlag::kExact}));
}

TEST(JoinSeries, IntegersBesideFloatsAreOfTheSampleWhoseTimeTheRowKeeps) {
  SeriesSlice source{times_ms({0, 10}),
                     {test::float_column("q", {0, 10}), test::integer_column("stamp", {100, 110})}};
  const JoinedSeries joined =
      join_series(source, times_ms({3, 8}), policy(JoinMethod::kLinear), "joints");
  EXPECT_EQ(numbers(joined), (std::vector<double>{3, 8}));
  EXPECT_EQ(joined.times.source, times_ms({0, 10}));
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(joined.columns[1].data),
            (std::vector<std::int64_t>{100, 110}));
}

TEST(JoinSeries, SlerpsAlongTheShorterArcAndGivesUnitQuaternions) {
  const double half = std::sqrt(0.5);
  // 0 and 90 degrees about z; the second with its sign turned.
  SeriesSlice source{times_ms({0, 10}),
                     {test::float_column("rotation", {0, 0, 0, 1, 0, 0, -half, -half}, 4)}};
  const JoinedSeries joined = join_series(source, times_ms({5}), policy(JoinMethod::kSlerp), "tcp");
  const double angle = std::acos(-1.0) / 8;
  EXPECT_NEAR(numbers(joined)[2], std::sin(angle), 1e-12);
  EXPECT_NEAR(numbers(joined)[3], std::cos(angle), 1e-12);
}

TEST(JoinSeries, SlerpOfNearlyEqualAndOfZeroQuaternionsIsSound) {
  SeriesSlice source{times_ms({0, 10, 20}),
                     {test::float_column("r", {0, 0, 0, 2, 0, 0, 1e-9, 2, 0, 0, 0, 0}, 4)}};
  const JoinedSeries joined =
      join_series(source, times_ms({5, 15}), policy(JoinMethod::kSlerp), "tcp");
  EXPECT_NEAR(numbers(joined)[3], 1.0, 1e-15);
  EXPECT_TRUE(std::isnan(numbers(joined)[7]));
}

TEST(JoinSeries, AgreesWithABruteForceOracleOnRandomData) {
  std::mt19937_64 random(5);
  const JoinMethod methods[] = {JoinMethod::kNearest, JoinMethod::kLinear, JoinMethod::kHold};
  for (int round = 0; round < 300; ++round) {
    SeriesSlice source;
    std::vector<double> values;
    SessionTime t = session_time(kUnix);
    for (std::size_t i = 0; i < random() % 30; ++i) {
      source.times.push_back(t += Nanos(1 + random() % 12));
      values.push_back(static_cast<double>(random() % 1000));
    }
    source.columns.push_back(test::float_column("x", values));
    std::vector<SessionTime> rows;
    t = session_time(kUnix - 10);
    for (std::size_t i = 0; i < 60; ++i) rows.push_back(t += Nanos(random() % 7));
    const JoinPolicy chosen{methods[random() % 3], Nanos(random() % 9)};
    const JoinedSeries joined = join_series(source, rows, chosen, "x");
    const auto near = [&](std::optional<std::size_t> i, SessionTime row) {
      return i && (chosen.tolerance.count() == 0 ||
                   std::abs((source.times[*i] - row).count()) <= chosen.tolerance.count());
    };
    for (std::size_t r = 0; r < rows.size(); ++r) {
      std::optional<std::size_t> before, after;
      for (std::size_t i = 0; i < source.size(); ++i) {
        if (source.times[i] <= rows[r]) before = i;
        if (source.times[i] >= rows[r] && !after) after = i;
      }
      double expected = std::nan("");
      if (before && source.times[*before] == rows[r]) {
        expected = values[*before];
      } else if (chosen.method == JoinMethod::kHold) {
        if (near(before, rows[r])) expected = values[*before];
      } else if (chosen.method == JoinMethod::kLinear && near(before, rows[r]) &&
                 near(after, rows[r])) {
        const double f =
            static_cast<double>((rows[r] - source.times[*before]).count()) /
            static_cast<double>((source.times[*after] - source.times[*before]).count());
        expected = values[*before] * (1 - f) + values[*after] * f;
      } else {
        std::optional<std::size_t> nearest = before;
        if (!before || (after && source.times[*after] - rows[r] < rows[r] - source.times[*before]))
          nearest = after;
        if (near(nearest, rows[r])) expected = values[*nearest];
      }
      const double got = numbers(joined)[r];
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(got));
        ASSERT_EQ(joined.times.flag[r], JoinFlag::kGap);
      } else {
        ASSERT_NEAR(got, expected, 1e-9);
        ASSERT_NE(joined.times.flag[r], JoinFlag::kGap);
      }
    }
  }
}

TEST(JoinSeries, ShiftingAllStreamsByAConstantChangesNothingButTheTimes) {
  std::mt19937_64 random(3);
  SeriesSlice source;
  std::vector<double> values;
  SessionTime t = session_time(0);
  for (int i = 0; i < 500; ++i) {
    source.times.push_back(t += Nanos(1 + random() % 20'000'000));
    values.push_back(static_cast<double>(random() % 1'000'000) / 7);
  }
  source.columns.push_back(test::float_column("x", values));
  for (const std::int64_t shift : {std::int64_t{1}, kUnix, -kUnix}) {
    SeriesSlice moved = source;
    for (SessionTime& time : moved.times) time += Nanos(shift);
    for (const JoinMethod method : {JoinMethod::kNearest, JoinMethod::kLinear, JoinMethod::kHold}) {
      const TimeRange range = range_ms(100, 4000);
      const auto rows = make_grid(range, {30000, 1001}, {}).times();
      const auto rows_moved =
          make_grid({range.start + Nanos(shift), range.end + Nanos(shift)}, {30000, 1001}, {})
              .times();
      const JoinedSeries a = join_series(source, rows, policy(method, 8), "x");
      const JoinedSeries b = join_series(moved, rows_moved, policy(method, 8), "x");
      ASSERT_EQ(a.times.flag, b.times.flag);
      ASSERT_EQ(a.times.skew_ns, b.times.skew_ns);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        ASSERT_EQ(b.times.source[i] - a.times.source[i], Nanos(shift));
        if (a.times.flag[i] != JoinFlag::kGap) {
          ASSERT_EQ(numbers(a)[i], numbers(b)[i]);
        }
      }
    }
  }
}

TEST(AssignNative, GivesEverySampleOfTheRangeToExactlyOneRow) {
  const auto samples = times_ms({0, 5, 10, 11, 19, 20, 29, 30, 31});
  std::vector<std::uint32_t> begin, stop;
  assign_native(samples, times_ms({5, 15, 25}), at_ms(31), begin, stop);
  EXPECT_EQ(begin, (std::vector<std::uint32_t>{1, 4, 6}));
  EXPECT_EQ(stop, (std::vector<std::uint32_t>{4, 6, 8}));
}

TEST(JoinPolicy, IsReadFromTheRecipeWithHelpForSlips) {
  const JoinPolicy read =
      parse_join_policy(Json{{"method", "linear"}, {"tolerance", "20ms"}}, "recipe.json: /grid");
  EXPECT_EQ(read.method, JoinMethod::kLinear);
  EXPECT_EQ(read.tolerance, Nanos(20'000'000));
  EXPECT_THROW(parse_join_policy(Json{{"methd", "linear"}}, "r"), InputError);
  EXPECT_THROW(parse_join_policy(Json{{"tolerance", "-1ms"}}, "r"), InputError);
  try {
    parse_join_policy(Json{{"method", "liner"}}, "recipe.json: /grid/policy/joints");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("Did you mean 'linear'"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("/grid/policy/joints/method"), std::string::npos);
  }
}
}  // namespace
}  // namespace reelcell::timeline
