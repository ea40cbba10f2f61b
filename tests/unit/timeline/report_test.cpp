#include "reelcell/timeline/report.hpp"

#include <gtest/gtest.h>

#include <random>

namespace reelcell::timeline {
namespace {
constexpr std::int64_t kUnix = 1'769'850'000'000'000'000;

TEST(StreamTimeStats, FindsTheRateOfASteadyStreamExactly) {
  StreamTimeStats stats;
  for (int i = 0; i < 1000; ++i) stats.add(session_time(kUnix + i * 2'000'000));
  EXPECT_DOUBLE_EQ(*stats.median_rate_hz(), 500.0);
  const Json json = stats.to_json();
  EXPECT_EQ(json["samples"], 1000);
  EXPECT_EQ(json["first_ns"], kUnix);
  EXPECT_EQ(json["jitter_ms"]["max"], 0.0);
  EXPECT_EQ(json["gaps"]["count"], 0);
}

TEST(StreamTimeStats, FindsGapsAsMultiplesOfTheMedianPeriod) {
  StreamTimeStats stats;
  std::int64_t t = 0;
  for (int i = 0; i < 100; ++i) {
    stats.add(session_time(t));
    t += i == 40 ? 35'000'000 : i == 70 ? 200'000'000 : 10'000'000;
  }
  const auto gaps = stats.gaps();
  ASSERT_EQ(gaps.size(), 2u);
  EXPECT_EQ(gaps[0].start, session_time(400'000'000));
  EXPECT_EQ(gaps[0].end, session_time(435'000'000));
  EXPECT_EQ(stats.longest_gap(), Nanos(200'000'000));
  EXPECT_EQ(stats.to_json()["gaps"]["total_ms"], 235.0);
  EXPECT_EQ(stats.to_json()["jitter_ms"]["max"], 0.0);
}

TEST(StreamTimeStats, RespectsTheSmallestGap) {
  StreamTimeStats stats(3.0, Nanos(500'000'000));
  for (const std::int64_t t : {0, 10, 20, 220, 230, 900}) stats.add(session_time(t * 1'000'000));
  EXPECT_EQ(stats.gap_count(), 1u);
}

TEST(StreamTimeStats, CountsBackwardAndDuplicateTimes) {
  StreamTimeStats stats;
  for (const std::int64_t t : {10, 20, 15, 20, 30}) stats.add(session_time(t));
  EXPECT_EQ(stats.to_json()["backward"], 1);
  EXPECT_EQ(stats.to_json()["duplicates"], 1);
  EXPECT_EQ(stats.to_json()["last_ns"], 30);
}

TEST(StreamTimeStats, KeepsTheLongestGapsWhenThereAreTooMany) {
  StreamTimeStats stats;
  std::int64_t t = 0;
  for (int i = 0; i < 10'000; ++i) {
    stats.add(session_time(t));
    t += i % 4 == 3 ? 100'000 + i : 1'000;
  }
  EXPECT_EQ(stats.gaps().size(), 1000u);
  EXPECT_EQ(stats.gap_count(), 2499u);
  EXPECT_EQ(stats.longest_gap(), Nanos(100'000 + 9'995));
}

TEST(StreamTimeStats, IsUnknownForLessThanTwoSamples) {
  StreamTimeStats stats;
  EXPECT_TRUE(stats.to_json()["rate_hz"].is_null());
  EXPECT_TRUE(stats.to_json()["first_ns"].is_null());
  stats.add(session_time(5));
  EXPECT_TRUE(stats.to_json()["jitter_ms"].is_null());
  EXPECT_TRUE(stats.gaps().empty());
}

TEST(StreamTimeStats, QuantilesAreCloseToTheExactOnes) {
  std::mt19937_64 random(2);
  StreamTimeStats stats;
  std::vector<std::int64_t> intervals;
  std::int64_t t = kUnix;
  stats.add(session_time(t));
  for (int i = 0; i < 50'001; ++i) {
    intervals.push_back(33'000'000 + static_cast<std::int64_t>(random() % 2'000'000));
    t += intervals.back();
    stats.add(session_time(t));
  }
  std::sort(intervals.begin(), intervals.end());
  const double exact = 1e9 / static_cast<double>(intervals[25'000]);
  EXPECT_NEAR(*stats.median_rate_hz(), exact, exact / 2048);
}

RowTimes rows(std::vector<std::int64_t> source, std::vector<std::int64_t> skew,
              std::vector<JoinFlag> flag) {
  RowTimes times;
  for (const std::int64_t t : source) times.source.push_back(session_time(t));
  times.skew_ns = std::move(skew);
  times.flag = std::move(flag);
  return times;
}

TEST(SkewStats, CountsRowsByFlagAndMeasuresSkewWithoutGaps) {
  SkewStats stats;
  stats.add(rows({10, 10, 30, 90}, {0, -150'000, 3'000'000, 900'000'000},
                 {JoinFlag::kExact, JoinFlag::kNearest, JoinFlag::kInterpolated, JoinFlag::kGap}),
            Nanos(2'000'000));
  StreamAlignment line;
  stats.fill(line);
  EXPECT_EQ(line.rows, 4u);
  EXPECT_EQ(line.exact, 1u);
  EXPECT_EQ(line.nearest, 1u);
  EXPECT_EQ(line.interpolated, 1u);
  EXPECT_EQ(line.gap_rows, 1u);
  EXPECT_EQ(line.over_tolerance, 2u);
  EXPECT_EQ(line.reused, 1u);
  EXPECT_EQ(stats.used(), 2u);
  EXPECT_DOUBLE_EQ(line.skew_max_ms, 3.0);
  EXPECT_DOUBLE_EQ(line.skew_p50_ms, 0.15);
  EXPECT_EQ(line.histogram[0], 1u);
  EXPECT_EQ(line.histogram[1], 1u);
  EXPECT_EQ(line.histogram[5], 1u);
}

TEST(SkewStats, SeesASampleThatIsUsedAgainInTheNextBlockOfRows) {
  SkewStats stats;
  const auto add = [&](std::int64_t source) {
    stats.add(rows({source}, {0}, {JoinFlag::kNearest}), Nanos(0));
  };
  add(10);
  add(10);
  stats.begin_segment();
  add(10);
  StreamAlignment line;
  stats.fill(line);
  EXPECT_EQ(line.reused, 1u);
  EXPECT_EQ(stats.used(), 2u);
}

TEST(SkewStats, CountsARowInAGapAsNeitherUsedNorReused) {
  SkewStats stats;
  stats.add(rows({10, 10, 10}, {0, 50, 90}, {JoinFlag::kExact, JoinFlag::kGap, JoinFlag::kGap}),
            Nanos(20));
  StreamAlignment line;
  stats.fill(line);
  EXPECT_EQ(line.gap_rows, 2u);
  EXPECT_EQ(line.reused, 0u);
  EXPECT_EQ(stats.used(), 1u);
}

TEST(AlignmentReport, SaysWhatIsNotKnown) {
  StreamAlignment line;
  line.stream = "front";
  line.kind = "video";
  line.method = "assumed";
  line.times = StreamTimeStats().to_json();
  const Json json = to_json(AlignmentReport{"seat-1", {session_time(1), session_time(9)}, {line}});
  EXPECT_EQ(json["session"], "seat-1");
  EXPECT_EQ(json["extent"]["end_ns"], 9);
  EXPECT_TRUE(json["streams"][0]["join"].is_null());
  EXPECT_TRUE(json["streams"][0]["clock"]["offset_interval_ms"].is_null());
  EXPECT_EQ(json["streams"][0]["clock"]["method"], "assumed");
}
}  // namespace
}  // namespace reelcell::timeline
