#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "reelcell/base/error.hpp"
#include "visits_support.hpp"

namespace reelcell::segment {
namespace {
using test::at_ms;
using test::event_ms;
using test::MemorySignals;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(VisitsSegmenter, GivesEachStopItsPlannedPoint) {
  Cell cell("ABCDE", "ABCDE");
  const StageResult result = cell.run();
  EXPECT_EQ(route_of(result), "ABCDE");
  EXPECT_EQ(result.segments[2].name, "visit-C");
  EXPECT_NEAR(static_cast<double>(ns_of(result.segments[2].range.start)), 5e8, 3e6);
  EXPECT_NEAR(static_cast<double>(ns_of(result.segments[2].range.end)), 6e8, 3e6);
  EXPECT_EQ(result.segments[2].begin.uncertainty, Nanos(1'000'000));
  EXPECT_THAT(result.report["skipped"], IsEmpty());
  EXPECT_EQ(result.report["unplanned_stops"], 0);
  EXPECT_EQ(result.report["visited"], 5);
}

TEST(VisitsSegmenter, ReportsSkippedRepeatedAndDisorderedPoints) {
  Cell skipped("ABDE", "ABCDE");
  const StageResult without_c = skipped.run();
  EXPECT_EQ(route_of(without_c), "ABDE");
  EXPECT_EQ(without_c.report["skipped"], Json({"C"}));
  EXPECT_EQ(skipped.diagnostics.count("visit-skipped"), 1u);

  const StageResult repeated = Cell("ABCBDE", "ABCDE").run();
  EXPECT_EQ(route_of(repeated), "ABCBDE");
  ASSERT_EQ(repeated.report["repeated"].size(), 1u);
  EXPECT_EQ(repeated.report["repeated"][0]["point"], "B");
  EXPECT_EQ(repeated.report["repeated"][0]["segment"], "visit-B-2");
  EXPECT_EQ(repeated.segments[3].name, "visit-B-2");
  EXPECT_THAT(repeated.report["skipped"], IsEmpty());

  const StageResult swapped = Cell("ABDCE", "ABCDE").run();
  EXPECT_EQ(route_of(swapped), "ABDCE");
  EXPECT_EQ(swapped.report["out_of_order"].size(), 1u);
  EXPECT_THAT(swapped.report["repeated"], IsEmpty());
}

TEST(VisitsSegmenter, LeavesAStopThatIsNearNoPointOut) {
  Cell cell("ABZC", "ABC");
  const StageResult result = cell.run();
  EXPECT_EQ(route_of(result), "ABC");
  EXPECT_EQ(result.report["unplanned_stops"], 1);
  EXPECT_THAT(cell.diagnostics.summary().at(0).message, HasSubstr("'C' is the nearest"));
}

TEST(VisitsSegmenter, CutsAStopWhereTheControllerStartsAgain) {
  Cell cell("ABBC", "ABC");
  // To the motion B is one stop from 300 to 600 ms.
  EXPECT_EQ(route_of(cell.run()), "ABC");
  cell.signals.add_events("plc",
                          {event_ms(102, 102, "go"), event_ms(302, 302, "go"),
                           event_ms(502, 502, "go"), event_ms(702, 702, "go")},
                          "plc");
  const StageResult result = cell.run({{"step", "kind=go"}});
  EXPECT_EQ(route_of(result), "ABBC");
  EXPECT_EQ(ns_of(result.segments[2].range.start), 502'000'000);
  EXPECT_EQ(result.segments[2].begin.source, "plc where kind=go");
  EXPECT_EQ(text_of(result.segments[2], "order"), "repeated");
}

TEST(VisitsSegmenter, CutsAStopWhoseFirstStepCameBeforeTheMotionDiedDown) {
  // The motion shows the stop from 295 ms on.
  Cell cell("ABBC", "ABC");
  cell.signals.add_events(
      "plc",
      {step(102, "go", "A"), step(280, "go", "B"), step(502, "go", "B"), step(702, "go", "C")},
      "plc");
  const StageResult result = cell.run({{"step", "kind=go"}});
  EXPECT_EQ(route_of(result), "ABBC");
  EXPECT_EQ(result.report["repeated"].size(), 1u);
  EXPECT_THAT(result.report["unseen"], IsEmpty());
}

TEST(VisitsSegmenter, LeavesWhatLiesBetweenTwoVisitsToAPointOutOfBoth) {
  Cell cell("ABBC", "ABC");
  cell.signals.add_events(
      "plc",
      {step(2, "move", "A"), step(102, "go", "A"), step(202, "move", "B"), step(302, "go", "B"),
       step(402, "move", "B"), step(502, "go", "B"), step(602, "move", "C"), step(702, "go", "C")},
      "plc");
  const StageResult result = cell.run({{"step", "kind=go"}, {"step_end", "kind=move"}});
  ASSERT_EQ(route_of(result), "ABBC");
  EXPECT_EQ(ns_of(result.segments[1].range.end), 402'000'000);
  EXPECT_EQ(result.segments[1].finish.source, "plc where kind=move");
  EXPECT_EQ(ns_of(result.segments[2].range.start), 502'000'000);
  // Where the motion shows the border it is better than the controller.
  EXPECT_THAT(result.segments[2].finish.source, HasSubstr("robot.v speed"));
  // Steps and motion are a few ms apart at every stop: that is what a cut is uncertain by.
  EXPECT_GE(result.segments[2].begin.uncertainty, Nanos(1'000'000));
  EXPECT_LE(result.segments[2].begin.uncertainty, Nanos(10'000'000));
}

TEST(VisitsSegmenter, CutsNothingWhereTheControllerNamesAPointElsewhere) {
  Cell cell("ABC", "ABC");
  // C is announced while the robot still stands at B.
  cell.signals.add_events("plc", {step(102, "go", "A"), step(302, "go", "B"), step(350, "go", "C")},
                          "plc");
  const StageResult result = cell.run({{"step", "kind=go"}});
  EXPECT_EQ(route_of(result), "ABC");
  EXPECT_THAT(result.report["unseen"], IsEmpty());
  // And where names say nothing, a piece shorter than a visit is none.
  Cell silent("ABC", "ABC");
  silent.signals.add_events("plc",
                            {event_ms(102, 102, "go"), event_ms(302, 302, "go"),
                             event_ms(385, 385, "go"), event_ms(502, 502, "go")},
                            "plc");
  const StageResult cut = silent.run({{"step", "kind=go"}});
  EXPECT_EQ(route_of(cut), "ABC");
  ASSERT_EQ(cut.report["unseen"].size(), 1u);
  EXPECT_EQ(cut.report["unseen"][0]["time_ns"], 385'000'000);
  EXPECT_EQ(silent.diagnostics.count("visit-unseen"), 1u);
}

TEST(VisitsSegmenter, TellsPointsOfOnePoseApartByTheirTime) {
  // C2 is planned at the pose of C, five points later.
  Cell cell("ABDEFC", "ABCDEF");
  cell.signals.description().plan["points"].push_back({{"id", "C2"}, {"target", {3.0}}});
  const StageResult result = cell.run();
  EXPECT_EQ(text_of(result.segments.back(), "point"), "C2");
  EXPECT_EQ(text_of(result.segments.back(), "pose_margin"), "0");
  EXPECT_EQ(result.report["skipped"], Json({"C"}));
}

/// B1 and B2 are planned at one pose, between A and C, and that pose is visited once.
struct Twins : Cell {
  Twins() : Cell("ABC", "AB") {
    signals.description().plan["points"] = {{{"id", "A"}, {"target", {1.0}}},
                                            {{"id", "B1"}, {"target", {2.0}}},
                                            {{"id", "B2"}, {"target", {2.0}}},
                                            {{"id", "C"}, {"target", {3.0}}}};
  }
};

TEST(VisitsSegmenter, SaysWhereNothingTellsTwoPointsOfOnePoseApart) {
  Twins cell;
  const StageResult result = cell.run();
  ASSERT_EQ(result.segments.size(), 3u);
  EXPECT_EQ(result.segments[1].name, "visit-B1_or_B2");
  EXPECT_EQ(text_of(result.segments[1], "point"), to_text(Value()));
  EXPECT_EQ(text_of(result.segments[1], "ambiguous_points"), R"(["B1","B2"])");
  EXPECT_THAT(result.report["skipped"], IsEmpty());
  ASSERT_EQ(result.report["ambiguous"].size(), 1u);
  EXPECT_EQ(result.report["ambiguous"][0]["points"], Json({"B1", "B2"}));
  EXPECT_EQ(cell.diagnostics.count("visit-ambiguous"), 1u);
}

TEST(VisitsSegmenter, TakesTheWordOfAVerdictOrAStepForOneOfTwoPointsOfOnePose) {
  for (const char* named : {"B1", "B2"}) {
    Twins told;
    told.signals.add_events("station", {event_ms(450, 450, "verdict", {{"point", named}})},
                            "verdicts");
    const StageResult by_verdict = told.run();
    EXPECT_EQ(text_of(by_verdict.segments[1], "point"), named);
    EXPECT_EQ(text_of(by_verdict.segments[1], "point_by"), "verdict");
    EXPECT_EQ(text_of(by_verdict.segments[1], "verdict.point"), named);
    EXPECT_EQ(by_verdict.report["skipped"].size(), 1u);
    Twins stepped;
    stepped.signals.add_events("plc", {event_ms(302, 302, "go", {{"point", named}})}, "plc");
    const StageResult by_step = stepped.run({{"step", "kind=go"}});
    EXPECT_EQ(text_of(by_step.segments[1], "point"), named);
    EXPECT_EQ(text_of(by_step.segments[1], "point_by"), "step");
    EXPECT_EQ(told.diagnostics.count("visit-ambiguous"), 0u);
  }
}

TEST(VisitsSegmenter, NeverLetsTheTimeOverrideAnExactPose) {
  // C is planned 5 cm from B, and only C is visited, when B would have been due.
  Cell cell("ABDE", "ABDE");
  Json& points = cell.signals.description().plan["points"];
  points = {{{"id", "A"}, {"target", {1.0}}, {"at_ms", 150}},
            {{"id", "B"}, {"target", {1.95}}, {"at_ms", 350}},
            {{"id", "C"}, {"target", {2.0}}, {"at_ms", 9000}},
            {{"id", "D"}, {"target", {4.0}}, {"at_ms", 550}},
            {{"id", "E"}, {"target", {5.0}}, {"at_ms", 750}}};
  const StageResult result = cell.run({{"time_weight", 1.0}});
  EXPECT_EQ(route_of(result), "ACDE");
  for (const Segment& segment : result.segments)
    EXPECT_GT(std::get<double>(*segment.attribute("pose_margin")), 0);
  EXPECT_EQ(result.report["skipped"], Json({"B"}));
}

TEST(VisitsSegmenter, FindsPointsThatABlendedPathPasses) {
  MemorySignals signals("blended");
  // x runs from 0 to 4 and is slow, but never still, around 1, 2 and 3.
  std::vector<double> x, v;
  SeriesSlice slice;
  double at = 0;
  for (std::int64_t ms = 0; ms < 2000; ms += 2) {
    const double speed = 2 - 1.6 * std::exp(-std::pow((at - std::round(at)) / 0.15, 2.0));
    slice.times.push_back(at_ms(ms));
    x.push_back(at);
    v.push_back(speed);
    at += speed * 0.002;
  }
  slice.columns = {test::float_column("x", x), test::float_column("v", v)};
  signals.add_series("robot", slice);
  signals.description().plan = {
      {"stream", "robot"},
      {"column", "x"},
      {"points", {{{"id", "A"}, {"target", {1.0}}}, {{"id", "C"}, {"target", {2.6}}}}}};
  Json options{
      {"signal", "robot.v"}, {"v_in", 0.1}, {"v_out", 0.2}, {"passes", true}, {"tolerance", 0.1}};
  const StageResult result = run_stage("visits", options, signals);
  EXPECT_EQ(route_of(result), "A");  // minima at 2 and 3 are at no planned point
  EXPECT_EQ(text_of(result.segments.at(0), "stopped"), "false");
  EXPECT_THAT(result.segments[0].begin.source, HasSubstr("local minimum"));
  EXPECT_EQ(result.report["skipped"], Json({"C"}));
  options["passes"] = false;
  EXPECT_THAT(run_stage("visits", options, signals).segments, IsEmpty());
}

TEST(VisitsSegmenter, RefusesWhatItCannotMatch) {
  const auto message = [](Cell& cell, Json options) -> std::string {
    try {
      cell.run(std::move(options));
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  Cell none("AB", "AB");
  none.signals.description().plan = Json();
  EXPECT_THAT(message(none, Json::object()), HasSubstr("no plan"));
  Cell twice("AB", "ABA");
  EXPECT_THAT(message(twice, Json::object()), HasSubstr("planned twice"));
  Cell wide("AB", "AB");
  wide.signals.description().plan["points"][1]["target"] = {1.0, 2.0};
  EXPECT_THAT(message(wide, Json::object()), HasSubstr("'B' has 2 values"));
  Cell wrong("AB", "AB");
  EXPECT_THAT(message(wrong, {{"verdicts", "stationn"}}), HasSubstr("stationn"));
}

TEST(VisitsSegmenter, VisitsEveryPointOnRandomRoutesWithNoise) {
  std::mt19937 random(4);
  for (int round = 0; round < 20; ++round) {
    std::string plan = "ABCDEFGHIJKLMNOPQRST", route;
    for (const char point : plan)
      if (random() % 10) route += point;
    Cell cell(route, plan);
    EXPECT_EQ(route_of(cell.run({{"evidence", false}})), route) << route;
  }
}

}  // namespace
}  // namespace reelcell::segment
