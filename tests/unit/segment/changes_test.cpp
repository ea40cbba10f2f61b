#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "../../../lib/src/segment/changes/pelt.hpp"
#include "reelcell/base/error.hpp"
#include "stage.hpp"

namespace reelcell::segment {
namespace {
using test::at_ms;
using test::event_ms;
using test::MemorySignals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::vector<double> ends_of(const std::vector<Segment>& segments) {
  std::vector<double> ends;
  for (const Segment& segment : segments)
    ends.push_back(static_cast<double>(ns_of(segment.range.end)) / 1e9);
  return ends;
}

/// The same by trying every set of change points there is.
double best_by_dynamic_programming(const changes::Sums& sums, changes::Model model, double penalty,
                                   std::size_t least) {
  std::vector<double> best(sums.size() + 1, INFINITY);
  best[0] = -penalty;
  for (std::size_t end = 1; end <= sums.size(); ++end)
    for (std::size_t start = 0; start + least <= end; ++start)
      best[end] = std::min(best[end], best[start] + sums.cost(start, end, model) + penalty);
  return best.back();
}

TEST(Pelt, GivesTheOptimumOfEverySequence) {
  std::mt19937 random(3);
  std::normal_distribution<double> noise;
  for (int round = 0; round < 200; ++round) {
    const std::size_t width = 1 + random() % 2, least = 1 + random() % 6;
    const auto model = round % 2 ? changes::Model::kMean : changes::Model::kMeanVariance;
    changes::Sums sums(width);
    double level = 0, spread = 1;
    for (int i = 0; i < 80; ++i) {
      if (random() % 15 == 0) level = noise(random) * 4, spread = 0.3 + std::abs(noise(random));
      const double values[2] = {level + spread * noise(random), spread * noise(random)};
      sums.add(values);
    }
    const double penalty = 1 + static_cast<double>(random() % 20);
    const auto points = changes::pelt(sums, model, penalty, least);
    double total = -penalty;
    std::size_t start = 0;
    for (std::size_t i = 0; i <= points.size(); ++i) {
      const std::size_t end = i < points.size() ? points[i] : sums.size();
      EXPECT_GE(end - start, least);
      total += sums.cost(start, end, model) + penalty;
      start = end;
    }
    EXPECT_NEAR(total, best_by_dynamic_programming(sums, model, penalty, least), 1e-6) << round;
  }
}

/// Steps at 10 s, 10.5 s and 40 s under noise.
SeriesSlice stepped(double noise_size) {
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0, noise_size);
  return test::sampled(
      "f", 0, 60'000, 200,
      [&](double t) {
        const double level = t < 10 ? 0 : t < 10.5 ? 5 : t < 40 ? 2 : -1;
        return level + noise(random);
      },
      "N");
}

TEST(ChangesSegmenter, PlacesChangesBetweenSamplesWithTheirUncertainty) {
  MemorySignals signals;
  signals.add_series("force", stepped(0.3));
  const auto segments = run_stage("changes", {{"signal", "force.f"}}, signals).segments;
  ASSERT_THAT(segments, SizeIs(4));
  const std::vector<double> ends = ends_of(segments);
  for (const auto& [i, expected] : {std::pair{0u, 10.0}, {1u, 10.5}, {2u, 40.0}}) {
    EXPECT_NEAR(ends[i], expected - 0.0025, 0.0026) << i;  // between the samples before and at it
    EXPECT_GE(segments[i].finish.uncertainty, Nanos(2'500'000));
    EXPECT_LE(segments[i].finish.uncertainty, Nanos(30'000'000));
  }
  EXPECT_NEAR(std::get<double>(*segments[1].attribute("mean")), 5, 0.1);
  EXPECT_EQ(segments[1].begin.source, "change of force.f (mean)");
  EXPECT_EQ(segments[1].name, "change-0001");
}

TEST(ChangesSegmenter, IsLessSureWhereTheStepIsSmall) {
  MemorySignals clear, faint;
  clear.add_series("force", stepped(0.1));
  faint.add_series("force", stepped(2.0));
  const auto sure = run_stage("changes", {{"signal", "force.f"}}, clear).segments;
  const auto unsure = run_stage("changes", {{"signal", "force.f"}}, faint).segments;
  ASSERT_THAT(sure, SizeIs(4));
  ASSERT_GE(unsure.size(), 2u);
  EXPECT_GT(unsure.back().begin.uncertainty, sure.back().begin.uncertainty);
}

TEST(ChangesSegmenter, GivesTheSameChangesInShortWindows) {
  MemorySignals signals;
  signals.add_series("force", stepped(0.3));
  const auto whole = run_stage("changes", {{"signal", "force.f"}, {"window", "60s"}}, signals);
  const auto short_windows =
      run_stage("changes", {{"signal", "force.f"}, {"window", "8s"}}, signals);
  EXPECT_EQ(ends_of(whole.segments), ends_of(short_windows.segments));
}

TEST(ChangesSegmenter, FindsNothingInNoiseAndEveryStepOfAState) {
  MemorySignals signals;
  std::mt19937 random(1);
  std::normal_distribution<double> noise;
  signals.add_series("a",
                     test::sampled("n", 0, 40'000, 100, [&](double) { return noise(random); }));
  signals.add_series("b", test::sampled("s", 0, 20'000, 100, [](double t) {
                       return t < 3 ? 1.0 : t < 3.3 ? 2.0 : t < 9 ? 7.0 : 1.0;
                     }));
  EXPECT_THAT(run_stage("changes", {{"signal", "a.n"}}, signals).segments, SizeIs(1));
  const auto state = run_stage("changes", {{"signal", "b.s"}}, signals).segments;
  ASSERT_THAT(state, SizeIs(4));
  EXPECT_EQ(text_of(state[2], "mean"), "7");
}

TEST(ChangesSegmenter, FindsNoChangesInNoiseThatPersists) {
  // Each value keeps 0.98 of the one before: at 10 ms steps neighbours are nearly the same.
  std::mt19937 random(5);
  std::normal_distribution<double> noise;
  const auto signal = [&](double step) {
    double state = 0;
    MemorySignals signals;
    signals.add_series("force", test::sampled("z", 0, 60'000, 1000, [&](double t) {
                         state = 0.98 * state + noise(random);
                         return state + (t < 30 ? 0 : step);
                       }));
    return signals;
  };
  MemorySignals quiet = signal(0), changed = signal(60);
  EXPECT_LE(run_stage("changes", {{"signal", "force.z"}}, quiet).segments.size(), 2u);
  const auto segments = run_stage("changes", {{"signal", "force.z"}}, changed).segments;
  ASSERT_LE(segments.size(), 4u);
  const auto ends = ends_of(segments);
  EXPECT_TRUE(
      std::any_of(ends.begin(), ends.end(), [](double end) { return std::abs(end - 30) < 0.05; }));
}

/// Moves for 1 s, stands 1 s, moves 1 s, grips at 3 s standing until 4 s, moves until 5 s.
MemorySignals manipulation() {
  MemorySignals signals;
  signals.add_series("arm", test::sampled("dq", 0, 5000, 100, [](double t) {
                       const bool still = (t >= 1 && t < 2) || (t >= 3 && t < 4);
                       return still ? 0.0 : 1.0;
                     }));
  signals.add_series("gripper", test::sampled("width", 0, 5000, 100,
                                              [](double t) { return t < 3.5 ? 0.08 : 0.0; }));
  return signals;
}

TEST(KeyframesSegmenter, EndsAtStopsGripsAndTheLastInstant) {
  MemorySignals signals = manipulation();
  const auto segments = run_stage("keyframes",
                                  {{"signal", "arm.dq"},
                                   {"v_stop", 0.1},
                                   {"smooth", "0s"},
                                   {"gripper", "gripper.width"},
                                   {"threshold", 0.04}},
                                  signals)
                            .segments;
  ASSERT_THAT(segments, SizeIs(4));
  EXPECT_EQ(text_of(segments[0], "key"), "stop");
  EXPECT_NEAR(ends_of(segments)[0], 1.0, 0.01);
  // It comes to rest at 3 s and grips half a second later: two key frames.
  EXPECT_EQ(text_of(segments[1], "key"), "stop");
  EXPECT_NEAR(ends_of(segments)[1], 3.0, 0.01);
  EXPECT_EQ(text_of(segments[2], "key"), "gripper falls");
  EXPECT_NEAR(ends_of(segments)[2], 3.5, 0.01);
  EXPECT_THAT(segments[2].finish.source, HasSubstr("gripper.width < 0.04"));
  EXPECT_EQ(text_of(segments[3], "key"), "last");
}

TEST(KeyframesSegmenter, TakesAStopAndTheGripThatItIsForAsOne) {
  MemorySignals signals = manipulation();
  const auto segments = run_stage("keyframes",
                                  {{"signal", "arm.dq"},
                                   {"v_stop", 0.1},
                                   {"smooth", "0s"},
                                   {"gripper", "gripper.width"},
                                   {"threshold", 0.04},
                                   {"quiet", "600ms"}},
                                  signals)
                            .segments;
  ASSERT_THAT(segments, SizeIs(3));
  EXPECT_EQ(text_of(segments[1], "key"), "gripper falls");
}

TEST(KeyframesSegmenter, LetsTheLastInstantStandForAStopJustBeforeIt) {
  MemorySignals signals;
  signals.add_series(
      "arm", test::sampled("dq", 0, 2000, 100, [](double t) { return t < 1.95 ? 1.0 : 0.0; }));
  const auto segments =
      run_stage("keyframes", {{"signal", "arm.dq"}, {"v_stop", 0.1}, {"smooth", "0s"}}, signals)
          .segments;
  ASSERT_THAT(segments, SizeIs(1));
  EXPECT_EQ(text_of(segments[0], "key"), "last");
}

TEST(PhasesSegmenter, PrefersTheBetterSourceWithinReach) {
  MemorySignals signals = manipulation();
  signals.add_events("plc", {event_ms(3050, 3050, "step"), event_ms(4500, 4500, "other")});
  const Json sources = {{{"kind", "events"}, {"stream", "plc"}, {"where", "kind=step"}},
                        {{"kind", "gripper"}, {"signal", "gripper.width"}, {"threshold", 0.04}},
                        {{"kind", "stop"}, {"signal", "arm.dq"}, {"v_in", 0.1}, {"v_out", 0.1}}};
  const auto segments = run_stage("phases", {{"sources", sources}}, signals).segments;
  std::vector<std::string> ends;
  for (const Segment& segment : segments) ends.push_back(text_of(segment, "ends_with"));
  // The stop at 3.0 s is the step that the controller tells of at 3.05 s.
  EXPECT_THAT(ends,
              ElementsAre("stop", "plc where kind=step", "gripper.width falls", "session ends"));
  EXPECT_EQ(segments[1].finish.uncertainty, std::nullopt);
  EXPECT_GT(segments[0].finish.uncertainty, Nanos{0});
}

TEST(PhasesSegmenter, RefusesAnUnknownSource) {
  MemorySignals signals = manipulation();
  try {
    run_stage("phases", {{"sources", {{{"kind", "griper"}}}}}, signals);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("Did you mean 'gripper'"));
    EXPECT_THAT(error.what(), HasSubstr("/sources/0"));
  }
}

}  // namespace
}  // namespace reelcell::segment
