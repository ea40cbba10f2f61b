#include "reelcell/timeline/merge.hpp"

#include <gtest/gtest.h>

#include <random>

#include "reelcell/base/error.hpp"

namespace reelcell::timeline {
namespace {
MergeQueue::Source from(std::vector<std::int64_t> times) {
  return [times = std::move(times), i = std::size_t{0}]() mutable -> std::optional<SessionTime> {
    if (i == times.size()) return std::nullopt;
    return session_time(times[i++]);
  };
}

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

struct Read {
  std::vector<std::int64_t> times;
  std::vector<double> values;
  std::uint64_t backward = 0, duplicate = 0;
  friend bool operator==(const Read&, const Read&) = default;
};
Read read_all(std::vector<std::int64_t> times, std::int64_t window, std::size_t batch,
              const ClockMap& map = {}) {
  Diagnostics diagnostics;
  MappedSeries series(std::make_unique<ListCursor>(std::move(times), batch), map, Nanos(window),
                      "log.csv", diagnostics);
  Read read;
  SeriesSlice slice;
  while (series.next(slice)) {
    for (const SessionTime t : slice.times) read.times.push_back(ns_of(t));
    const auto& x = std::get<std::vector<double>>(slice.columns.at(0).data);
    read.values.insert(read.values.end(), x.begin(), x.end());
  }
  read.backward = diagnostics.count("time-backward");
  read.duplicate = diagnostics.count("time-duplicate");
  return read;
}

TEST(MergeQueue, GivesAllSamplesInOrderAndTiesByStream) {
  MergeQueue queue;
  queue.add("a", from({3, 5, 5}));
  queue.add("b", from({}));
  queue.add("c", from({1, 3, 9}));
  std::vector<std::tuple<std::int64_t, std::size_t, std::uint64_t>> got;
  MergedSample sample;
  while (queue.next(sample)) got.emplace_back(ns_of(sample.time), sample.stream, sample.ordinal);
  const decltype(got) expected{{1, 2, 0}, {3, 0, 0}, {3, 2, 1}, {5, 0, 1}, {5, 0, 2}, {9, 2, 2}};
  EXPECT_EQ(got, expected);
}

TEST(MergeQueue, NamesTheStreamThatGoesBackInTime) {
  MergeQueue queue;
  queue.add("joints", from({12'513'000'000, 12'480'000'000}));
  MergedSample sample;
  try {
    while (queue.next(sample)) {
    }
    FAIL() << "expected an InputError";
  } catch (const InputError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("joints"), std::string::npos);
    EXPECT_NE(text.find("12.480000000 s"), std::string::npos);
    EXPECT_NE(text.find("12.513000000 s"), std::string::npos);
  }
}

TEST(MergeQueue, HoldsOnePendingSampleAStream) {
  int pulled = 0;
  MergeQueue queue;
  queue.add("endless",
            [&pulled]() -> std::optional<SessionTime> { return session_time(pulled++); });
  MergedSample sample;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(queue.next(sample));
  EXPECT_EQ(ns_of(sample.time), 99);
  EXPECT_EQ(pulled, 101);
}

TEST(MappedSeries, MapsTimesToTheSessionClock) {
  ClockSpec spec;
  spec.offset = Nanos(100);
  EXPECT_EQ(read_all({1, 2, 5}, 0, 2, ClockMap::from_spec(spec)).times,
            (std::vector<std::int64_t>{101, 102, 105}));
}

TEST(MappedSeries, DropsLateSamplesAndKeepsTheFirstOfDuplicates) {
  const Read read = read_all({10, 20, 15, 20, 30, 30}, 0, 6);
  EXPECT_EQ(read.times, (std::vector<std::int64_t>{10, 20, 30}));
  EXPECT_EQ(read.values, (std::vector<double>{0, 1, 4}));
  EXPECT_EQ(read.backward, 1u);
  EXPECT_EQ(read.duplicate, 2u);
}

TEST(MappedSeries, SortsWithinTheReorderWindow) {
  const Read read = read_all({10, 20, 15, 40, 29, 28, 50}, 11, 1);
  EXPECT_EQ(read.times, (std::vector<std::int64_t>{10, 15, 20, 29, 40, 50}));
  EXPECT_EQ(read.values, (std::vector<double>{0, 2, 1, 4, 3, 6}));
  EXPECT_EQ(read.backward, 1u);
}

TEST(MappedSeries, DoesNotDependOnTheCursorsBatches) {
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    std::vector<std::int64_t> times;
    std::int64_t t = 0;
    for (int i = 0; i < 200; ++i) {
      t += static_cast<std::int64_t>(random() % 5);
      times.push_back(t - static_cast<std::int64_t>(random() % 8 == 0 ? random() % 20 : 0));
    }
    for (const std::int64_t window : {0, 3, 10, 1000}) {
      const Read one = read_all(times, window, 1);
      for (const std::size_t batch : {2u, 7u, 64u, 500u})
        ASSERT_EQ(read_all(times, window, batch), one) << "window " << window;
      ASSERT_TRUE(std::adjacent_find(one.times.begin(), one.times.end(),
                                     [](auto a, auto b) { return a >= b; }) == one.times.end());
      ASSERT_EQ(one.times.size() + one.backward + one.duplicate, times.size());
    }
  }
}
}  // namespace
}  // namespace reelcell::timeline
