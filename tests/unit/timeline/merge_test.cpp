#include "reelcell/timeline/merge.hpp"

#include <gtest/gtest.h>

#include "reelcell/base/error.hpp"

namespace reelcell::timeline {
namespace {
MergeQueue::Source from(std::vector<std::int64_t> times) {
  return [times = std::move(times), i = std::size_t{0}]() mutable -> std::optional<StreamTime> {
    if (i == times.size()) return std::nullopt;
    return stream_time(times[i++]);
  };
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
  queue.add("endless", [&pulled]() -> std::optional<StreamTime> { return stream_time(pulled++); });
  MergedSample sample;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(queue.next(sample));
  EXPECT_EQ(ns_of(sample.time), 99);
  EXPECT_EQ(pulled, 101);
}

}  // namespace
}  // namespace reelcell::timeline
