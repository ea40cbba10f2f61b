#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "reelcell/base/error.hpp"
#include "visits_support.hpp"

namespace reelcell::segment {
namespace {
using test::at_ms;
using test::event_ms;
using test::MemorySignals;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(VisitsSegmenter, TiesVerdictsByPointAndTimeAndReportsTheRest) {
  Cell cell("ABCB", "ABC");
  cell.signals.add_events("station",
                          {verdict(250, "A", "NG"), verdict(500, "B"), verdict(580, "X"),
                           verdict(700, "C"), verdict(720, "C"), verdict(900, "B", "NG")},
                          "verdicts");
  const StageResult result = cell.run({{"verdict_within", "150ms"}});
  ASSERT_EQ(route_of(result), "ABCB");
  EXPECT_EQ(text_of(result.segments[0], "verdict.result"), "NG");
  EXPECT_EQ(text_of(result.segments[1], "verdict.result"), "OK");
  EXPECT_EQ(text_of(result.segments[2], "verdict.result"), "-");
  EXPECT_EQ(text_of(result.segments[3], "verdict.result"), "NG");
  const Json& verdicts = result.report["verdicts"];
  EXPECT_EQ(verdicts["given"], 6);
  EXPECT_EQ(verdicts["tied"], 3);
  ASSERT_EQ(verdicts["untied"].size(), 3u);
  EXPECT_THAT(verdicts["untied"][0]["reason"].get<std::string>(), HasSubstr("no visit to 'X'"));
  EXPECT_THAT(verdicts["untied"][0]["candidates"], IsEmpty());
  // Two verdicts for the one visit to C: neither is more its own than the other.
  EXPECT_THAT(verdicts["untied"][1]["reason"].get<std::string>(),
              HasSubstr("so does the verdict of 0.720"));
  EXPECT_EQ(verdicts["untied"][1]["candidates"], Json({"visit-C"}));
  EXPECT_THAT(verdicts["untied"][2]["reason"].get<std::string>(),
              HasSubstr("so does the verdict of 0.700"));
  EXPECT_EQ(text_of(result.segments[2], "ambiguous_verdicts_ns"), "[700000000,720000000]");
  EXPECT_EQ(cell.diagnostics.count("verdict-untied"), 3u);
}

TEST(VisitsSegmenter, TiesNothingByTimeAloneWhereTwoVisitsFit) {
  Cell cell("AB", "AB");
  cell.signals.add_events("station", {event_ms(590, 590, "verdict", {{"result", "OK"}})},
                          "verdicts");
  const StageResult wide = cell.run({{"verdict_within", "500ms"}});
  EXPECT_EQ(wide.report["verdicts"]["tied"], 0);
  EXPECT_THAT(wide.report["verdicts"]["untied"][0]["reason"].get<std::string>(),
              HasSubstr("2 visits fit"));
  const StageResult narrow = cell.run({{"verdict_within", "50ms"}});
  EXPECT_EQ(narrow.report["verdicts"]["tied"], 1);
}

TEST(VisitsSegmenter, NamesBothVerdictsOfAStopThatHoldsTwoVisits) {
  // B is visited twice without motion in between, and no controller tells them apart: one stop,
  // the first verdict during it.
  Cell cell("ABBC", "ABC");
  cell.signals.add_events(
      "station", {verdict(250, "A"), verdict(450, "B", "NG"), verdict(650, "B"), verdict(850, "C")},
      "verdicts");
  const StageResult result = cell.run();
  ASSERT_EQ(route_of(result), "ABC");
  EXPECT_EQ(text_of(result.segments[1], "verdict.result"), "-");
  EXPECT_EQ(text_of(result.segments[1], "ambiguous_verdicts_ns"), "[450000000,650000000]");
  const Json& verdicts = result.report["verdicts"];
  EXPECT_EQ(verdicts["given"], 4);
  EXPECT_EQ(verdicts["tied"], 2);
  ASSERT_EQ(verdicts["untied"].size(), 2u);
  for (const Json& untied : verdicts["untied"]) {
    EXPECT_THAT(untied["reason"].get<std::string>(), HasSubstr("ambiguous: it fits the visit"));
    EXPECT_EQ(untied["candidates"], Json({"visit-B"}));
  }
}

TEST(VisitsSegmenter, TiesOneVerdictOfARepeatedPointOnlyWhereTheUsualDelaySaysWhich) {
  const auto stations = [](const std::string& before) {
    Cell cell(before + "XYXZ", before + "XYZ");
    std::vector<Event> verdicts;
    for (std::size_t i = 0; i < before.size(); ++i)
      verdicts.push_back(verdict(static_cast<std::int64_t>(200 * (i + 1) + 60 + 5 * (i % 4)),
                                 before.substr(i, 1)));
    // The verdict of the first visit to X was lost; the second ended at 200 (n + 3).
    verdicts.push_back(
        verdict(static_cast<std::int64_t>(200 * (before.size() + 3) + 70), "X", "NG"));
    cell.signals.add_events("station", verdicts, "verdicts");
    return cell.run();
  };
  const StageResult few = stations("AB");
  EXPECT_EQ(few.report["verdicts"]["tied"], 2);
  EXPECT_EQ(few.report["verdicts"]["untied"][0]["candidates"], Json({"visit-X", "visit-X-2"}));
  const StageResult many = stations("ABCDEFGH");
  EXPECT_EQ(many.report["verdicts"]["tied"], 9);
  const Segment& second = many.segments.at(10);
  EXPECT_EQ(second.name, "visit-X-2");
  EXPECT_EQ(text_of(second, "verdict.result"), "NG");
  // At the other visit its delay would have been 400 ms longer, 395 beyond the longest of 75.
  EXPECT_NEAR(std::get<double>(*second.attribute("verdict.other_visit_margin_ms")), 395, 10);
}

TEST(VisitsSegmenter, TiesNoVerdictToAVisitBeforeTheOneThatTheMotionLost) {
  // The controller is at B once more from 702 ms on, but there is a hole in the robot's log.
  Cell cell("ABCB", "ABC");
  Cell with_hole("ABC", "ABC");
  with_hole.signals.set_extent({test::at_ms(0), test::at_ms(1000)});
  for (Cell* one : {&cell, &with_hole}) {
    one->signals.add_events(
        "plc",
        {step(102, "go", "A"), step(302, "go", "B"), step(502, "go", "C"), step(702, "go", "B")},
        "plc");
    one->signals.add_events("station", {verdict(850, "B", "NG")}, "verdicts");
  }
  const StageResult seen = cell.run({{"step", "kind=go"}});
  EXPECT_THAT(seen.report["unseen"], IsEmpty());
  const StageResult lost = with_hole.run({{"step", "kind=go"}});
  ASSERT_EQ(lost.report["unseen"].size(), 1u);
  EXPECT_THAT(lost.report["unseen"][0]["reason"].get<std::string>(), HasSubstr("'B'"));
  EXPECT_EQ(lost.report["verdicts"]["tied"], 0);
  EXPECT_THAT(lost.report["verdicts"]["untied"][0]["reason"].get<std::string>(),
              HasSubstr("by the controller, without a stop"));
}

/// Frames every 33 ms from 5 ms on; those with a number in `blurred` are half as sharp.
void add_camera(Cell& cell, std::initializer_list<std::size_t> blurred,
                std::initializer_list<std::size_t> lost) {
  std::vector<SessionTime> times;
  std::vector<std::optional<FrameFigures>> figures;
  for (std::size_t i = 0; 5 + 33 * i < 1200; ++i) {
    if (std::find(lost.begin(), lost.end(), i) != lost.end()) continue;
    times.push_back(at_ms(static_cast<std::int64_t>(5 + 33 * i)));
    FrameFigures figure;
    figure.sharpness = std::find(blurred.begin(), blurred.end(), i) != blurred.end() ? 50 : 100;
    figures.push_back(figure);
  }
  cell.signals.add_video("front", times, figures);
  cell.signals.description().streams.back().exposure = Nanos(8'000'000);
}

TEST(VisitsSegmenter, ChoosesTheSettledSharpFrameFurthestFromTheEnds) {
  // A stands from 100 to 200 ms: frames at 104, 137, 170 (numbers 3, 4, 5); 104 - 4 ms is too early
  // when the robot settles for 10 ms.
  Cell sharp("AB", "AB");
  add_camera(sharp, {}, {});
  const Segment first = sharp.run({{"settle", "10ms"}}).segments.at(0);
  EXPECT_EQ(text_of(first, "evidence.front.time_ns"), "170000000");
  EXPECT_EQ(text_of(first, "evidence.front.ordinal"), "5");
  EXPECT_EQ(text_of(first, "evidence.front.candidates"), "2");
  EXPECT_NEAR(std::get<double>(*first.attribute("evidence.front.margin_ms")), 28, 3);
  Cell blurred("AB", "AB");
  add_camera(blurred, {5}, {});
  EXPECT_EQ(text_of(blurred.run({{"settle", "10ms"}}).segments.at(0), "evidence.front.time_ns"),
            "137000000");
  // Nothing is decoded when sharpness is not asked for.
  EXPECT_EQ(text_of(blurred.run({{"settle", "10ms"}, {"sharpness", 0}}).segments.at(0),
                    "evidence.front.time_ns"),
            "170000000");
}

TEST(VisitsSegmenter, GivesNoEvidenceAndNoTieByTimeOnAnAssumedClock) {
  Cell cell("ABCB", "ABC");
  add_camera(cell, {}, {});
  cell.signals.add_events("plc", {step(102, "go", "A"), step(150, "go", "A")}, "plc");
  cell.signals.add_events("station",
                          {verdict(250, "A", "NG"), verdict(500, "B"),
                           event_ms(700, 700, "verdict", {{"result", "OK"}})},
                          "verdicts");
  for (const char* stream : {"front", "plc", "station"}) cell.signals.set_clock_assumed(stream);
  const StageResult result = cell.run({{"step", "kind=go"}});
  EXPECT_EQ(route_of(result), "ABCB");  // the stop is not cut
  for (const Segment& segment : result.segments)
    EXPECT_THAT(text_of(segment, "evidence.front.missing"), HasSubstr("assumed"));
  // By its name alone, for A was visited once; B was visited twice, and the last names none.
  EXPECT_EQ(text_of(result.segments[0], "verdict.result"), "NG");
  EXPECT_EQ(text_of(result.segments[0], "verdict.delay_ms"), "-");
  EXPECT_EQ(result.report["verdicts"]["tied"], 1);
  EXPECT_EQ(result.report["verdicts"]["untied"].size(), 2u);
  // Once a stream, not once a visit.
  EXPECT_EQ(cell.diagnostics.count("visit-clock-assumed"), 3u);
  EXPECT_EQ(cell.diagnostics.count("visit-without-evidence"), 0u);
  EXPECT_EQ(result.report["assumed_clocks"].size(), 3u);
}

TEST(VisitsSegmenter, TakesWhatAMeasuredClockMayBeOffFromTheMargins) {
  const auto first = [](std::int64_t ms) {
    Cell cell("AB", "AB");
    add_camera(cell, {}, {});
    cell.signals.set_uncertainty("front", std::chrono::milliseconds(ms));
    return cell.run().segments.at(0);
  };
  const double exact = std::get<double>(*first(0).attribute("evidence.front.margin_ms"));
  EXPECT_NEAR(std::get<double>(*first(20).attribute("evidence.front.margin_ms")), exact - 20, 1e-6);
  EXPECT_EQ(text_of(first(20), "evidence.front.clock_interval_ms"), "20");
  EXPECT_EQ(text_of(first(20), "evidence.front.ordinal"),
            text_of(first(0), "evidence.front.ordinal"));
  EXPECT_THAT(text_of(first(60), "evidence.front.missing"), HasSubstr("whatever its clock is off"));
}

TEST(VisitsSegmenter, LooksForTheEvidenceOfALongStopBeforeItsEarlyVerdict) {
  // At A for 20 s; the verdict comes 1.5 s after the robot has stopped.
  MemorySignals signals("parked");
  SeriesSlice slice;
  std::vector<double> x, v;
  for (std::int64_t ms = 0; ms < 21'000; ms += 5) {
    const bool moving = ms < 500 || ms >= 20'500;
    slice.times.push_back(at_ms(ms));
    x.push_back(1);
    v.push_back(moving ? 1 : 0);
  }
  slice.columns = {test::float_column("x", x, 1, "m"), test::float_column("v", v, 1, "m/s")};
  signals.add_series("robot", slice);
  std::vector<SessionTime> times;
  for (std::int64_t i = 0; i < 210; ++i) times.push_back(at_ms(7 + 100 * i));
  signals.add_video("front", times);
  signals.add_events("station", {verdict(2000, "A")}, "verdicts");
  signals.description().plan = {
      {"stream", "robot"}, {"column", "x"}, {"points", {{{"id", "A"}, {"target", {1.0}}}}}};
  Diagnostics diagnostics;
  const Json options{{"signal", "robot.v"}, {"v_in", 0.05}, {"v_out", 0.1}, {"sharpness", 0}};
  const StageResult result = run_stage("visits", options, signals, diagnostics);
  ASSERT_EQ(result.segments.size(), 1u);
  EXPECT_EQ(text_of(result.segments[0], "evidence.front.time_ns"), "1907000000");
  // To the start of the visit, not to that of what was looked at.
  EXPECT_NEAR(std::get<double>(*result.segments[0].attribute("evidence.front.margin_ms")), 1410,
              10);
  EXPECT_LE(signals.longest_read(), std::chrono::seconds(10));
}

TEST(VisitsSegmenter, TakesAFrameInDimLightForNoLessSharp) {
  Cell cell("AB", "AB");
  std::vector<SessionTime> times;
  std::vector<std::optional<FrameFigures>> figures;
  for (std::int64_t i = 0; i < 35; ++i) {
    times.push_back(at_ms(5 + 33 * i));
    // Sharpness and contrast both follow the square of a light that is half as strong at 137 ms.
    const double light = i == 4 ? 0.25 : 1;
    FrameFigures figure;
    figure.sharpness = 100 * light;
    figure.luma_std = 40 * std::sqrt(light);
    figures.push_back(figure);
  }
  cell.signals.add_video("front", times, figures);
  const Segment first = cell.run().segments.at(0);
  EXPECT_EQ(text_of(first, "evidence.front.ordinal"), "4");
  EXPECT_EQ(text_of(first, "evidence.front.sharpness_share"), "1");
  figures[4]->luma_std = 40;  // as much contrast, but only a quarter as sharp: blurred
  Cell blurred("AB", "AB");
  blurred.signals.add_video("front", times, figures);
  EXPECT_NE(text_of(blurred.run().segments.at(0), "evidence.front.ordinal"), "4");
}

TEST(VisitsSegmenter, SaysWhyAVisitHasNoEvidence) {
  Cell cell("AB", "AB");
  add_camera(cell, {}, {3, 4, 5, 6});
  const StageResult result = cell.run();
  EXPECT_THAT(text_of(result.segments[0], "evidence.front.missing"), HasSubstr("no frame"));
  EXPECT_EQ(result.report["evidence"]["front"]["missing"]["no frame was taken during the visit"],
            1);
  EXPECT_EQ(cell.diagnostics.count("visit-without-evidence"), 1u);
  // What is taken after the verdict was not what it was given on.
  Cell late("AB", "AB");
  add_camera(late, {}, {});
  late.signals.add_events("station", {verdict(112, "A")}, "verdicts");
  EXPECT_THAT(text_of(late.run({{"settle", "10ms"}}).segments[0], "evidence.front.missing"),
              HasSubstr("before the verdict"));
}

}  // namespace
}  // namespace reelcell::segment
