#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

#include "reelcell/base/error.hpp"
#include "stage.hpp"

namespace reelcell::segment {
namespace {
using test::at_ms;
using test::event_ms;
using test::MemorySignals;
using test::range_ms;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Segment> run(const std::string& name, const Json& options, MemorySignals& signals,
                         Diagnostics& diagnostics) {
  return run_stage(name, options, signals, diagnostics).segments;
}
std::vector<Segment> run(const std::string& name, const Json& options, MemorySignals& signals) {
  return run_stage(name, options, signals).segments;
}
std::vector<std::pair<std::int64_t, std::int64_t>> ms_of(const std::vector<Segment>& segments) {
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges;
  for (const Segment& segment : segments)
    ranges.emplace_back(ns_of(segment.range.start) / 1'000'000,
                        ns_of(segment.range.end) / 1'000'000);
  return ranges;
}
std::vector<std::string> names_of(const std::vector<Segment>& segments) {
  std::vector<std::string> names;
  for (const Segment& segment : segments) names.push_back(segment.name);
  return names;
}
using Range = std::pair<std::int64_t, std::int64_t>;

TEST(SessionSegmenter, IsTheWholeExtent) {
  MemorySignals signals;
  signals.set_extent(range_ms(5, 900));
  const auto segments = run("session", Json::object(), signals);
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(segments[0].range, range_ms(5, 900));
  EXPECT_EQ(segments[0].name, "session");
}

TEST(WindowSegmenter, CutsWholeWindowsAndKeepsTheLastWhenAsked) {
  MemorySignals signals;
  signals.set_extent(range_ms(0, 1050));
  EXPECT_THAT(ms_of(run("window", {{"length", "400ms"}}, signals)),
              ElementsAre(Range{0, 400}, Range{400, 800}));
  const auto kept = run("window", {{"length", "400ms"}, {"keep_last", true}}, signals);
  EXPECT_THAT(ms_of(kept), ElementsAre(Range{0, 400}, Range{400, 800}, Range{800, 1050}));
  EXPECT_EQ(kept.back().name, "window-0002");
  EXPECT_EQ(kept.back().finish.source, "session");
  EXPECT_THAT(ms_of(run("window", {{"length", "500ms"}, {"stride", "250ms"}}, signals)),
              ElementsAre(Range{0, 500}, Range{250, 750}, Range{500, 1000}));
  EXPECT_THROW(run("window", {{"length", "0s"}}, signals), InputError);
  EXPECT_THROW(run("window", {{"length", "1s"}, {"stride", "1ns"}}, signals), PlanError);
}

MemorySignals plc() {
  MemorySignals signals;
  signals.add_events(
      "plc",
      {event_ms(100, 100, "step", {{"step", std::string("VISIT")}, {"point", std::string("P1")}}),
       event_ms(300, 300, "step", {{"step", std::string("MOVE")}}),
       event_ms(500, 500, "step", {{"step", std::string("VISIT")}, {"point", std::string("P2")}}),
       event_ms(650, 650, "mark"), event_ms(700, 700, "step", {{"step", std::string("MOVE")}}),
       event_ms(900, 960, "step", {{"step", std::string("VISIT")}, {"point", std::string("P1")}})});
  signals.set_extent(range_ms(0, 1000));
  return signals;
}

TEST(EventSegmenter, RunsUntilTheNextEventAndCopiesItsFields) {
  MemorySignals signals = plc();
  const auto segments = run("events", {{"stream", "plc"}, {"start", "step=VISIT"}}, signals);
  EXPECT_THAT(ms_of(segments), ElementsAre(Range{100, 300}, Range{500, 650}, Range{900, 1000}));
  EXPECT_THAT(names_of(segments), ElementsAre("visit-0000", "visit-0001", "visit-0002"));
  EXPECT_EQ(*segments[0].attribute("point"), Value(std::string("P1")));
  EXPECT_EQ(*segments[0].attribute("event"), Value(std::string("step")));
  EXPECT_EQ(segments[0].begin.source, "plc where step=VISIT");
  EXPECT_EQ(segments[2].finish.source, "session");
  EXPECT_EQ(
      run("events", {{"stream", "plc"}, {"start", "step=VISIT"}, {"keep_last", false}}, signals)
          .size(),
      2u);
}

TEST(EventSegmenter, RunsUntilTheEndExpression) {
  MemorySignals signals = plc();
  const auto segments =
      run("events",
          {{"stream", "plc"}, {"start", "step=VISIT"}, {"end", "step=MOVE"}, {"keep_last", false}},
          signals);
  EXPECT_THAT(ms_of(segments), ElementsAre(Range{100, 300}, Range{500, 700}));
  EXPECT_EQ(segments[1].finish.source, "plc where step=MOVE");
}

TEST(EventSegmenter, RunsUntilTheNextStartADurationOrItsOwnEnd) {
  MemorySignals signals = plc();
  EXPECT_THAT(
      ms_of(run("events", {{"stream", "plc"}, {"start", "step=VISIT"}, {"until", "same-kind"}},
                signals)),
      ElementsAre(Range{100, 500}, Range{500, 900}, Range{900, 1000}));
  EXPECT_THAT(ms_of(run("events",
                        {{"stream", "plc"},
                         {"start", "step=VISIT"},
                         {"until", "duration"},
                         {"duration", "120ms"},
                         {"before", "50ms"}},
                        signals)),
              ElementsAre(Range{50, 220}, Range{450, 620}, Range{850, 1000}));
  Diagnostics diagnostics;
  EXPECT_THAT(
      ms_of(run("events", {{"stream", "plc"}, {"start", "step=VISIT"}, {"until", "own-end"}},
                signals, diagnostics)),
      ElementsAre(Range{900, 960}));
  EXPECT_EQ(diagnostics.count("segment-empty"), 2u);
}

TEST(EventSegmenter, NamesVisitsByAFieldStably) {
  MemorySignals signals = plc();
  EXPECT_THAT(
      names_of(run("events", {{"stream", "plc"}, {"start", "step=VISIT"}, {"name_from", "point"}},
                   signals)),
      ElementsAre("visit-P1", "visit-P2", "visit-P1-2"));
}

TEST(EventSegmenter, ReportsAStartWithoutAnEnd) {
  MemorySignals signals;
  signals.add_events(
      "plc", {event_ms(10, 10, "start"), event_ms(20, 20, "start"), event_ms(30, 30, "end")});
  Diagnostics diagnostics;
  const auto segments =
      run("events", {{"stream", "plc"}, {"start", "kind=start"}, {"end", "kind=end"}}, signals,
          diagnostics);
  EXPECT_THAT(ms_of(segments), ElementsAre(Range{20, 30}));
  EXPECT_EQ(diagnostics.count("segment-without-end"), 1u);
}

TEST(EventSegmenter, NamesTheEventStreams) {
  MemorySignals signals = plc();
  try {
    run("events", {{"stream", "pcl"}}, signals);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("allowed: 'plc'"));
  }
  EXPECT_THROW(run("events", {{"stream", "plc"}, {"until", "duration"}}, signals), InputError);
}

TEST(GapSegmenter, CutsOnlyWhereEveryStreamIsSilent) {
  MemorySignals signals;
  std::vector<SessionTime> front, wrist;
  for (std::int64_t t = 0; t <= 3000; t += 100) {
    if (t < 500 || t > 1200) front.push_back(at_ms(t));
    if (t < 600 || t > 1600) wrist.push_back(at_ms(t));
  }
  signals.add_video("front", front);
  signals.add_video("wrist", wrist);
  signals.add_series("joints", test::sampled("q", 0, 3000, 100, [](double) { return 0; }));
  const auto segments = run("gap", Json::object(), signals);
  EXPECT_THAT(ms_of(segments), ElementsAre(Range{0, 500}, Range{1300, 3000}));
  EXPECT_EQ(segments[0].range.end, at_ms(500) + Nanos{1});
  EXPECT_THAT(segments[1].begin.source, HasSubstr("gap of 800ms: front, wrist"));
  EXPECT_EQ(run("gap", {{"streams", {"wrist"}}}, signals).size(), 2u);
  EXPECT_EQ(run("gap", {{"max_gap", "0s"}}, signals).size(), 1u);
  EXPECT_EQ(run("gap", {{"streams", {"joints"}}}, signals).size(), 1u);
  EXPECT_THAT(names_of(run("gap", {{"min_length", "1s"}}, signals)), ElementsAre("active-0000"));
}

TEST(GripperSegmenter, InterpolatesTheCrossingOfAMeasuredSignal) {
  MemorySignals signals;
  // Opens from 0 to 1 between 1.0 s and 1.2 s, closes between 2.0 s and 2.2 s.
  signals.add_series("gripper", test::sampled("position", 0, 3000, 10, [](double t) {
                       return std::clamp(std::min((t - 1.0) / 0.2, (2.2 - t) / 0.2), 0.0, 1.0);
                     }));
  const auto segments =
      run("gripper", {{"signal", "gripper.position"}, {"threshold", 0.25}}, signals);
  EXPECT_THAT(ms_of(segments), ElementsAre(Range{0, 1050}, Range{1050, 2150}, Range{2150, 2900}));
  EXPECT_EQ(segments[1].begin.uncertainty, Nanos(50'000'000));
  EXPECT_EQ(*segments[1].attribute("state"), Value(std::string("high")));
  EXPECT_EQ(segments[1].begin.source, "gripper.position > 0.25");
  EXPECT_THAT(ms_of(run("gripper", {{"signal", "gripper"}, {"threshold", 0.25}, {"state", "high"}},
                        signals)),
              ElementsAre(Range{1050, 2150}));
}

TEST(GripperSegmenter, HysteresisAndMinimumLengthRemoveChatter) {
  MemorySignals signals;
  signals.add_series("g", test::sampled("x", 0, 2000, 100, [](double t) {
                       return t < 1 ? 0.5 + 0.05 * std::sin(400 * t) : 1.0;
                     }));
  EXPECT_GT(
      run("gripper", {{"signal", "g.x"}, {"threshold", 0.5}, {"min_length", "0s"}}, signals).size(),
      10u);
  EXPECT_EQ(
      run("gripper", {{"signal", "g.x"}, {"threshold", 0.5}, {"hysteresis", 0.2}}, signals).size(),
      2u);
  EXPECT_LE(
      run("gripper", {{"signal", "g.x"}, {"threshold", 0.5}, {"min_length", "100ms"}}, signals)
          .size(),
      2u);
}

TEST(GripperSegmenter, ASwitchChangesAtTheSampleThatShowsIt) {
  MemorySignals signals;
  signals.add_series(
      "io", {{at_ms(0), at_ms(400), at_ms(1000)}, {test::integer_column("closed", {0, 1, 0})}});
  const auto segments = run("gripper", {{"signal", "io.closed"}, {"threshold", 0.5}}, signals);
  EXPECT_THAT(ms_of(segments), ElementsAre(Range{0, 400}, Range{400, 1000}));
  EXPECT_EQ(segments[0].finish.uncertainty, Nanos(200'000'000));
}

TEST(Signals, AreNamedWithHelp) {
  MemorySignals signals;
  signals.add_series(
      "arm.left",
      {{at_ms(0)}, {test::float_column("dq", {1, 2}, 2), test::text_column("mode", {"a"})}});
  const auto message = [&](const char* signal) -> std::string {
    try {
      run("gripper", {{"signal", signal}, {"threshold", 1}}, signals);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message("arm.left.dq[1]"), "");
  EXPECT_THAT(message("arm.left.dq"), HasSubstr("arm.left.dq[0]"));
  EXPECT_THAT(message("arm.left.dq[2]"), HasSubstr("2 elements"));
  EXPECT_THAT(message("arm.left.qd"), HasSubstr("Did you mean 'arm.left.dq'"));
  EXPECT_THAT(message("arm.left.mode"), HasSubstr("text"));
  EXPECT_THAT(message("leg.dq"), HasSubstr("arm.left"));
}

/// Speed 1 but for dwells of 0.1 s every 0.5 s, with ramps of 20 ms.
double visit_speed(double t) {
  const double phase = std::fmod(t, 0.5);
  const double away = std::max(0.2 - phase, phase - 0.3);
  return std::clamp(away / 0.02, 0.0, 1.0);
}

TEST(DwellSegmenter, FindsVisitsWithinHalfASample) {
  MemorySignals signals;
  signals.add_series("joints", test::sampled("dq", 0, 40'000, 500, visit_speed, "rad/s"));
  Diagnostics diagnostics;
  const auto segments =
      run("dwell", {{"signal", "joints.dq"}, {"v_in", 0.5}, {"v_out", 0.5}, {"smooth", "10ms"}},
          signals, diagnostics);
  ASSERT_EQ(segments.size(), 80u);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const double start = 0.5 * static_cast<double>(i) + 0.19, end = start + 0.12;
    EXPECT_NEAR(static_cast<double>(ns_of(segments[i].range.start)) / 1e9, start, 1e-3) << i;
    EXPECT_NEAR(static_cast<double>(ns_of(segments[i].range.end)) / 1e9, end, 1e-3) << i;
    EXPECT_EQ(segments[i].begin.uncertainty, Nanos(1'000'000));
  }
  EXPECT_EQ(segments[3].name, "dwell-0003");
  EXPECT_EQ(segments[0].begin.source, "joints.dq speed < 0.5 rad/s");
  EXPECT_TRUE(diagnostics.empty());
}

TEST(DwellSegmenter, ReadsTheSessionInBoundedWindows) {
  MemorySignals signals;
  signals.add_series("joints", test::sampled("dq", 0, 65'000, 100, visit_speed));
  const auto segments =
      run("dwell", {{"signal", "joints.dq"}, {"v_in", 0.3}, {"v_out", 0.6}}, signals);
  EXPECT_EQ(segments.size(), 130u);
  EXPECT_LE(signals.longest_read(), Nanos(10'000'000'000));
  EXPECT_GE(signals.reads(), 7u);
}

TEST(DwellSegmenter, DifferentiatesPositionsWithoutDelay) {
  MemorySignals signals;
  // x moves at 1 m/s, stands from 1.0 to 1.5 s, then moves on; y is constant.
  SeriesSlice slice = test::sampled(
      "p", 0, 3000, 200, [](double t) { return t < 1     ? t
                                               : t < 1.5 ? 1.0
                                                         : t - 0.5; }, "m");
  Column& column = slice.columns[0];
  std::vector<double> both;
  for (const double x : std::get<std::vector<double>>(column.data))
    both.insert(both.end(), {x, 7.0});
  column.spec.width = 2;
  column.data = both;
  signals.add_series("tcp", slice);
  const auto segments = run("dwell",
                            {{"signal", "tcp.p"},
                             {"signal_is", "position"},
                             {"v_in", 0.5},
                             {"v_out", 0.5},
                             {"smooth", "0s"}},
                            signals);
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_NEAR(static_cast<double>(ns_of(segments[0].range.start)), 1.0e9, 2.6e6);
  EXPECT_NEAR(static_cast<double>(ns_of(segments[0].range.end)), 1.5e9, 2.6e6);
  EXPECT_THAT(segments[0].begin.source, HasSubstr("m/s"));
}

TEST(DwellSegmenter, MergesShortMovesAndDropsShortDwells) {
  MemorySignals signals;
  signals.add_series("j", test::sampled("v", 0, 2000, 1000, [](double t) {
                       const bool still =
                           (t > 0.5 && t < 0.6) || (t > 0.62 && t < 0.8) || (t > 1.2 && t < 1.23);
                       return still ? 0.0 : 1.0;
                     }));
  const Json base{{"signal", "j.v"}, {"v_in", 0.1}, {"v_out", 0.2}, {"smooth", "0s"}};
  const auto segments = run("dwell", base, signals);
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_NEAR(static_cast<double>(segments[0].range.length().count()), 0.3e9, 3e6);
  Json split = base;
  split["merge_gap"] = "0s";
  split["min_length"] = "0s";
  EXPECT_EQ(run("dwell", split, signals).size(), 3u);
}

TEST(DwellSegmenter, EndsAtAHoleInTheLog) {
  MemorySignals signals;
  SeriesSlice slice = test::sampled("v", 0, 500, 100, [](double) { return 0.0; });
  const SeriesSlice later = test::sampled("v", 1500, 2000, 100, [](double) { return 0.0; });
  slice.times.insert(slice.times.end(), later.times.begin(), later.times.end());
  slice.columns[0].append_rows(later.columns[0], 0, later.size());
  signals.add_series("j", slice);
  const auto segments = run("dwell", {{"signal", "j.v"}, {"v_in", 0.1}, {"v_out", 0.1}}, signals);
  EXPECT_THAT(ms_of(segments), ElementsAre(Range{0, 490}, Range{1500, 1990}));
  EXPECT_THAT(segments[0].finish.source, HasSubstr("hole"));
}

TEST(DwellSegmenter, WarnsWhenSamplesAreTooCoarse) {
  MemorySignals signals;
  signals.add_series("j", test::sampled("v", 0, 5000, 10, visit_speed));
  Diagnostics diagnostics;
  run("dwell", {{"signal", "j.v"}, {"v_in", 0.5}, {"v_out", 0.5}, {"smooth", "0s"}}, signals,
      diagnostics);
  EXPECT_EQ(diagnostics.count("dwell-coarse"), 1u);
  EXPECT_THROW(run("dwell", {{"signal", "j.v"}, {"v_in", 0.5}, {"v_out", 0.1}}, signals),
               InputError);
  EXPECT_THROW(run("dwell", {{"signal", "j.v"}, {"v_in", 0.5}, {"v_out", 0.5}, {"weights", {1, 2}}},
                   signals),
               InputError);
}

TEST(Segmenters, AreInTimeOrderWithUniqueNamesOnRandomSessions) {
  std::mt19937 random(9);
  for (int round = 0; round < 30; ++round) {
    MemorySignals signals;
    std::vector<double> levels(40);
    for (double& level : levels) level = static_cast<double>(random() % 100) / 100;
    signals.add_series("s", test::sampled("v", 0, 4000, 50 + random() % 200, [&](double t) {
                         return levels[static_cast<std::size_t>(t * 10) % levels.size()];
                       }));
    std::vector<Event> events;
    for (std::int64_t t = 0; t < 4000; t += 1 + static_cast<std::int64_t>(random() % 300))
      events.push_back(
          event_ms(t, t + static_cast<std::int64_t>(random() % 50), random() % 2 ? "a" : "b"));
    signals.add_events("e", events);
    const std::vector<std::pair<std::string, Json>> stages{
        {"window", {{"length", "300ms"}, {"keep_last", true}}},
        {"events", {{"stream", "e"}, {"start", "kind=a"}}},
        {"gap", {{"max_gap", "10ms"}, {"streams", {"e"}}}},
        {"gripper", {{"signal", "s.v"}, {"threshold", 0.5}, {"hysteresis", 0.1}}},
        {"dwell", {{"signal", "s.v"}, {"v_in", 0.3}, {"v_out", 0.4}}}};
    for (const auto& [name, options] : stages) {
      std::set<std::string> names;
      SessionTime before = signals.extent().start;
      for (const Segment& segment : run(name, options, signals)) {
        EXPECT_TRUE(names.insert(segment.name).second) << name;
        EXPECT_FALSE(segment.range.empty()) << name;
        EXPECT_GE(segment.range.start, before) << name;
        EXPECT_LE(segment.range.end, signals.extent().end) << name;
        before = segment.range.start;
      }
    }
  }
}
}  // namespace
}  // namespace reelcell::segment
