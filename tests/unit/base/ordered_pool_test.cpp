#include "reelcell/base/ordered_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace reelcell {
namespace {

TEST(OrderedPool, TakesResultsInOrderAtAnyNumberOfThreads) {
  for (const std::size_t threads : {1, 2, 7}) {
    std::vector<std::size_t> taken;
    ordered_pool<std::size_t>(
        100, threads, [](std::size_t i) { return i * i; },
        [&](std::size_t i, std::size_t&& result) {
          EXPECT_EQ(result, i * i);
          taken.push_back(i);
        });
    ASSERT_EQ(taken.size(), 100u);
    EXPECT_TRUE(std::is_sorted(taken.begin(), taken.end()));
  }
}

TEST(OrderedPool, KeepsTheWeightOfWhatIsInWorkWithinTheLimit) {
  std::atomic<std::uint64_t> held{0}, most{0};
  ordered_pool<int>(
      200, 8,
      [&](std::size_t i) {
        const std::uint64_t now = held += 1 + i % 5;
        std::uint64_t seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        return 0;
      },
      [&](std::size_t i, int&&) { held -= 1 + i % 5; }, 16,
      {[](std::size_t i) { return 1 + i % 5; }, 12});
  EXPECT_LE(most.load(), 12u);
  EXPECT_GT(most.load(), 0u);
}

TEST(OrderedPool, RunsAJobThatIsHeavierThanTheLimitAlone) {
  std::atomic<int> in_work{0};
  std::size_t taken = 0;
  ordered_pool<int>(
      20, 4, [&](std::size_t) { return ++in_work; },
      [&](std::size_t, int&& at_once) {
        EXPECT_EQ(at_once, 1);
        --in_work;
        ++taken;
      },
      8, {[](std::size_t) { return std::uint64_t{100}; }, 10});
  EXPECT_EQ(taken, 20u);
}

TEST(OrderedPool, StopsAtTheFirstExceptionInOrder) {
  std::size_t taken = 0;
  EXPECT_THROW(ordered_pool<int>(
                   50, 4,
                   [](std::size_t i) {
                     if (i == 10) throw std::runtime_error("ten");
                     return 0;
                   },
                   [&](std::size_t, int&&) { ++taken; }),
               std::runtime_error);
  EXPECT_EQ(taken, 10u);
}

}  // namespace
}  // namespace reelcell
