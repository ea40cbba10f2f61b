#include "reelcell/timeline/ordered_series.hpp"

#include <gtest/gtest.h>

#include <random>

namespace reelcell::timeline {
namespace {
/// Rows of one column x = their number, in batches of `batch`.
class ListCursor : public SeriesCursor {
 public:
  ListCursor(std::vector<std::int64_t> times, std::size_t batch)
      : times_(std::move(times)), batch_(batch) {}
  const std::vector<ColumnSpec>& columns() const override { return columns_; }
  bool next(SeriesBatch& batch) override {
    if (at_ == times_.size()) return false;
    batch = {{}, {{columns_[0], std::vector<double>{}}}};
    for (std::size_t i = 0; i < batch_ && at_ < times_.size(); ++i, ++at_) {
      batch.times.push_back(stream_time(times_[at_]));
      std::get<std::vector<double>>(batch.columns[0].data).push_back(static_cast<double>(at_));
    }
    return true;
  }

 private:
  std::vector<ColumnSpec> columns_{{"x", DType::kFloat64, 1, "", {}}};
  std::vector<std::int64_t> times_;
  std::size_t batch_, at_ = 0;
};

using Times = std::vector<std::int64_t>;
struct Read {
  Times times;
  std::vector<double> values;
  std::uint64_t backward = 0, outlier = 0, duplicate = 0;
  friend bool operator==(const Read&, const Read&) = default;
};
Read read_all(Times times, std::int64_t window, std::size_t batch) {
  Diagnostics diagnostics;
  OrderedSeries series(std::make_unique<ListCursor>(std::move(times), batch), Nanos(window),
                       "log.csv", diagnostics);
  Read read;
  SeriesBatch part;
  while (series.next(part)) {
    for (const StreamTime t : part.times) read.times.push_back(ns_of(t));
    const auto& x = std::get<std::vector<double>>(part.columns.at(0).data);
    read.values.insert(read.values.end(), x.begin(), x.end());
  }
  read.backward = diagnostics.count("time-backward");
  read.outlier = diagnostics.count("time-outlier");
  read.duplicate = diagnostics.count("time-duplicate");
  return read;
}
Times steps(std::int64_t first, std::int64_t step, std::size_t count) {
  Times times;
  for (std::size_t i = 0; i < count; ++i)
    times.push_back(first + step * static_cast<std::int64_t>(i));
  return times;
}

TEST(OrderedSeries, DropsLateSamplesAndKeepsTheFirstOfDuplicates) {
  const Read read = read_all({10, 20, 15, 20, 30, 30}, 0, 6);
  EXPECT_EQ(read.times, (Times{10, 20, 30}));
  EXPECT_EQ(read.values, (std::vector<double>{0, 1, 4}));
  EXPECT_EQ(read.backward, 1u);
  EXPECT_EQ(read.duplicate, 2u);
}

TEST(OrderedSeries, SortsWithinTheReorderWindow) {
  const Read read = read_all({10, 20, 15, 40, 29, 28, 50}, 11, 1);
  EXPECT_EQ(read.times, (Times{10, 15, 20, 29, 40, 50}));
  EXPECT_EQ(read.values, (std::vector<double>{0, 2, 1, 4, 3, 6}));
  EXPECT_EQ(read.backward, 1u);
}

TEST(OrderedSeries, LosesOnlyTheSampleWhoseStampIsFarAhead) {
  for (const std::size_t place :
       {std::size_t{0}, std::size_t{1}, std::size_t{50}, std::size_t{97}}) {
    Times times = steps(1'000, 10, 100), expected = times;
    times[place] = 4'000'000'000'000'000'000;
    expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(place));
    for (const std::int64_t window : {0, 35, 100'000}) {
      const Read read = read_all(times, window, 7);
      EXPECT_EQ(read.times, expected) << place << ", window " << window;
      EXPECT_EQ(read.outlier, 1u);
      EXPECT_EQ(read.backward, 0u);
    }
  }
}

TEST(OrderedSeries, LosesOnlySamplesThatAreFarAheadOneAfterAnother) {
  Times times = steps(0, 10, 100), expected = times;
  for (const std::size_t i : {40u, 41u, 43u, 44u}) times[i] += 1'000'000;
  std::erase_if(expected,
                [](std::int64_t t) { return t == 400 || t == 410 || t == 430 || t == 440; });
  const Read read = read_all(times, 35, 13);
  EXPECT_EQ(read.times, expected);
  EXPECT_EQ(read.outlier, 4u);
  EXPECT_EQ(read.backward, 0u);
}

TEST(OrderedSeries, LosesOnlyTheSampleWhoseStampIsFarBehind) {
  Times times = steps(1'000'000, 10, 100), expected = times;
  times[50] = 3;
  expected.erase(expected.begin() + 50);
  const Read read = read_all(times, 35, 7);
  EXPECT_EQ(read.times, expected);
  EXPECT_EQ(read.backward, 1u);
  EXPECT_EQ(read.outlier, 0u);
}

TEST(OrderedSeries, KeepsAJumpThatLasts) {
  Times times = steps(0, 10, 50);
  const Times after = steps(9'000'000, 10, 50);
  times.insert(times.end(), after.begin(), after.end());
  const Read read = read_all(times, 35, 7);
  EXPECT_EQ(read.times, times);
  EXPECT_EQ(read.outlier + read.backward, 0u);
}

TEST(OrderedSeries, LosesTheLastSamplesThatLieDaysAhead) {
  constexpr std::int64_t kDays = 1'000'000'000'000'000;
  Times times = steps(0, 10, 100);
  times.push_back(kDays);
  times.push_back(kDays + 10);
  const Read read = read_all(times, 35, 7);
  EXPECT_EQ(read.times, steps(0, 10, 100));
  EXPECT_EQ(read.outlier, 2u);
}

TEST(OrderedSeries, LosesTheFirstSamplesOfAClockThatWasNotSetYet) {
  constexpr std::int64_t kNow = 1'700'000'000'000'000'000;
  for (const std::size_t count : {std::size_t{4}, std::size_t{100}}) {
    Times times = steps(kNow, 10, count);
    times.insert(times.begin(), {0});
    const Read read = read_all(times, 35, 3);
    EXPECT_EQ(read.times, steps(kNow, 10, count));
    EXPECT_EQ(read.outlier, 1u);
    EXPECT_EQ(read.backward, 0u);
  }
}

TEST(OrderedSeries, KeepsTwoSamplesThatLieFarApart) {
  const Times times{0, 1'000'000'000'000'000};
  EXPECT_EQ(read_all(times, 35, 1).times, times);
}

TEST(OrderedSeries, SaysWhereTheWrongStampLies) {
  Times times = steps(0, 1'000'000'000, 40);
  times[20] = 9'000'000'000'000;
  Diagnostics diagnostics;
  OrderedSeries series(std::make_unique<ListCursor>(times, 8), Nanos(0), "seat-1: force",
                       diagnostics);
  SeriesBatch batch;
  while (series.next(batch)) {
  }
  const auto entries = diagnostics.summary();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].code, "time-outlier");
  EXPECT_EQ(entries[0].severity, Severity::kLoss);
  EXPECT_EQ(entries[0].where, "seat-1: force");
  EXPECT_EQ(entries[0].first_ns, 9'000'000'000'000);
  EXPECT_NE(entries[0].message.find("9000.000000000 s"), std::string::npos) << entries[0].message;
}

TEST(OrderedSeries, DoesNotDependOnTheCursorsBatches) {
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    Times times;
    std::int64_t t = 0;
    for (int i = 0; i < 200; ++i) {
      t += static_cast<std::int64_t>(random() % 5);
      times.push_back(t - static_cast<std::int64_t>(random() % 8 == 0 ? random() % 20 : 0));
      if (random() % 50 == 0) times.back() += 1'000;
    }
    for (const std::int64_t window : {0, 3, 10, 1000}) {
      const Read one = read_all(times, window, 1);
      for (const std::size_t batch : {2u, 7u, 64u, 500u})
        ASSERT_EQ(read_all(times, window, batch), one) << "window " << window;
      ASSERT_TRUE(std::adjacent_find(one.times.begin(), one.times.end(),
                                     [](auto a, auto b) { return a >= b; }) == one.times.end());
      ASSERT_EQ(one.times.size() + one.backward + one.outlier + one.duplicate, times.size());
    }
  }
}
}  // namespace
}  // namespace reelcell::timeline
