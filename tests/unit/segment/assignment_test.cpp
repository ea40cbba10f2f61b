#include "../../../lib/src/segment/visits/assignment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace reelcell::segment::visits {
namespace {
using Maybe = std::optional<std::size_t>;
using Edges = std::vector<std::vector<std::size_t>>;
using testing::ElementsAre;

/// By trying every pairing.
std::vector<Maybe> by_trial(const Edges& edges, std::size_t rights) {
  std::vector<Maybe> now(edges.size()), common;
  std::vector<bool> taken(rights, false);
  std::size_t best = 0;
  const std::function<void(std::size_t, std::size_t)> go = [&](std::size_t left, std::size_t size) {
    if (left == edges.size()) {
      if (size > best || common.empty()) {
        best = size;
        common = now;
      } else if (size == best) {
        for (std::size_t i = 0; i < now.size(); ++i)
          if (common[i] != now[i]) common[i].reset();
      }
      return;
    }
    now[left].reset();
    go(left + 1, size);
    for (const std::size_t right : edges[left]) {
      if (taken[right]) continue;
      taken[right] = true;
      now[left] = right;
      go(left + 1, size + 1);
      taken[right] = false;
    }
    now[left].reset();
  };
  go(0, 0);
  return common;
}

TEST(ForcedPairs, FollowWhereOneChoiceDecidesTheNext) {
  EXPECT_THAT(forced_pairs({{0}, {0, 1}, {1, 2}}, 3), ElementsAre(0u, 1u, 2u));
}

TEST(ForcedPairs, LeaveOpenWhatTwoWantOrWhatHasTwo) {
  EXPECT_THAT(forced_pairs({{0}, {0}}, 1), ElementsAre(std::nullopt, std::nullopt));
  EXPECT_THAT(forced_pairs({{0, 1}}, 2), ElementsAre(std::nullopt));
  EXPECT_THAT(forced_pairs({{0, 1}, {0, 1}}, 2), ElementsAre(std::nullopt, std::nullopt));
  // Three for two: any of them may be the one too many.
  EXPECT_THAT(forced_pairs({{0}, {0, 1}, {1}}, 2),
              ElementsAre(std::nullopt, std::nullopt, std::nullopt));
}

TEST(ForcedPairs, AreInEveryLargestPairingOfRandomGraphs) {
  std::mt19937 random(7);
  std::size_t forced = 0, all = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::size_t rights = 1 + random() % 5;
    Edges edges(1 + random() % 5);
    for (auto& row : edges)
      for (std::size_t right = 0; right < rights; ++right)
        if (random() % 5 < 2) row.push_back(right);
    const auto wanted = by_trial(edges, rights), got = forced_pairs(edges, rights);
    for (std::size_t i = 0; i < edges.size(); ++i) {
      all += wanted[i].has_value();
      forced += got[i].has_value();
      if (got[i]) {
        EXPECT_EQ(got[i], wanted[i]) << "round " << round;
      }
    }
  }
  // Never one that is not; and only what lies between two cycles is given up.
  EXPECT_GT(all, 1000u);
  EXPECT_GE(forced * 100, all * 99);
}

TEST(ForcedPairs, TakeALongChainWithoutDeepRecursion) {
  Edges edges;
  constexpr std::size_t kLong = 200'000;
  for (std::size_t i = 0; i < kLong; ++i)
    edges.push_back(i == 0 ? std::vector<std::size_t>{0} : std::vector<std::size_t>{i - 1, i});
  const auto pairs = forced_pairs(edges, kLong);
  for (std::size_t i = 0; i < kLong; ++i) ASSERT_EQ(pairs[i], i);
}

}  // namespace
}  // namespace reelcell::segment::visits
