#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "reelcell/base/error.hpp"
#include "reelcell/curate/registry.hpp"
#include "support/memory_signals.hpp"
#include "support/support.hpp"

namespace reelcell::curate {
namespace {
using test::at_ms;
using test::range_ms;
using testing::HasSubstr;

Segment segment_of(TimeRange range) {
  Segment segment;
  segment.range = range;
  segment.name = "window-0000";
  return segment;
}
GateResult gate(const std::string& name, const char* options, SessionSignals& signals,
                TimeRange range = range_ms(0, 1000)) {
  const GateRow& row = gate_named(name);
  const OptionValues values =
      OptionValues::parse(Json::parse(options), row.options, "recipe.json: /gates/0");
  return row.run(values, segment_of(range), signals);
}
std::vector<SessionTime> frames_at(std::vector<int> ms) {
  std::vector<SessionTime> times;
  for (const int each : ms) times.push_back(at_ms(each));
  return times;
}
std::vector<SessionTime> every(int step_ms, int count, int from_ms = 0) {
  std::vector<SessionTime> times;
  for (int i = 0; i < count; ++i) times.push_back(at_ms(from_ms + step_ms * i));
  return times;
}
std::vector<std::optional<FrameFigures>> figures(std::size_t count, FrameFigures each) {
  return std::vector<std::optional<FrameFigures>>(count, each);
}

TEST(GateTable, HoldsEveryGateWithHelpForEachOption) {
  std::vector<std::string> names;
  for (const GateRow* row : all_gates()) {
    names.push_back(row->name);
    for (const OptionSpec& option : row->options) EXPECT_FALSE(option.help.empty()) << row->name;
  }
  EXPECT_THAT(names, testing::ElementsAre("black", "blur", "clock", "frozen", "gaps", "length",
                                          "range", "skew", "stuck"));
  EXPECT_THROW(gate_named("gap"), InputError);
}

TEST(GateTable, AcceptsTheGatesOfTheSampleRecipe) {
  const Json recipe = read_json_file(test::source_path("samples/recipe.json"));
  ASSERT_FALSE(recipe.at("gates").empty());
  for (Json each : recipe.at("gates")) {
    for (const char* option :
         {"min", "max"}) {  // a parameter, whose value stands there when it is read
      if (!each.contains(option)) continue;
      const std::string name = each[option].get<std::string>();
      each[option] = recipe.at("parameters").at(name.substr(name.starts_with('-'))).at("value");
    }
    OptionValues::parse(each, gate_named(each.at("kind").get<std::string>()).options,
                        "samples/recipe.json: /gates", {"kind", "action"});
  }
}

TEST(GapsGate, FindsTheLongestTimeWithoutASample) {
  test::MemorySignals signals;
  signals.add_video("front", frames_at({0, 100, 200, 700, 800, 900}));
  signals.add_video("side", every(100, 10));
  const GateResult result = gate("gaps", R"({"max_gap": "200ms"})", signals);
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.figure, 500);
  EXPECT_EQ(result.limit, 200);
  EXPECT_EQ(result.unit, "ms");
  EXPECT_EQ(result.reason, "front: longest gap 500 ms in [0.200 s, 0.700 s), allowed 200ms");
  EXPECT_TRUE(gate("gaps", R"({"max_gap": "500ms"})", signals).passed);
  EXPECT_TRUE(gate("gaps", R"({"max_gap": "200ms", "streams": ["side"]})", signals).passed);
  EXPECT_TRUE(gate("gaps", R"({"max_gap": "0s"})", signals).passed) << "0 is not checked";
}

TEST(GapsGate, CountsSilenceAtTheBordersAndWholeSilence) {
  test::MemorySignals signals;
  signals.add_video("front", every(100, 5));
  EXPECT_EQ(gate("gaps", "{}", signals).reason,
            "front: longest gap 600 ms in [0.400 s, 1.000 s), allowed 200ms");
  EXPECT_EQ(gate("gaps", "{}", signals, range_ms(5000, 6000)).figure, 1000);
}

TEST(GapsGate, MeasuresTheShareThatIsMissing) {
  test::MemorySignals signals;
  signals.add_video("front", frames_at({0, 100, 200, 300, 500, 600, 700, 900}));
  const GateResult result = gate("gaps", R"({"max_gap": "0s", "max_missing": 0.1})", signals);
  EXPECT_FALSE(result.passed);
  EXPECT_DOUBLE_EQ(result.figure, 20);
  EXPECT_THAT(result.reason,
              HasSubstr("front: 20 % of the samples missing in [0.000 s, 1.000 s) (8 there)"));
  signals.description().streams[0].rate_hz = 8;
  EXPECT_TRUE(gate("gaps", R"({"max_gap": "0s", "max_missing": 0.1})", signals).passed)
      << "the stated rate says how many there should be";
}

TEST(GapsGate, ReadsLongSegmentsInStretches) {
  test::MemorySignals signals;
  signals.add_series("force", test::sampled("fz", 0, 100'000, 10, [](double) { return 0; }));
  EXPECT_EQ(gate("gaps", "{}", signals, range_ms(0, 100'000)).figure, 100);
  EXPECT_LE(signals.longest_read(), std::chrono::seconds(10));
}

TEST(ClockGate, RefusesWhatNobodyKnowsTheClockOf) {
  test::MemorySignals signals;
  signals.add_video("front", every(100, 10));
  signals.add_video("side", every(100, 10));
  for (StreamSpec& stream : signals.description().streams) stream.clock.stated = true;
  EXPECT_TRUE(gate("clock", "{}", signals).passed);
  signals.description().streams[1].clock.stated = false;
  const GateResult result = gate("clock", "{}", signals);
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.figure, 1);
  EXPECT_THAT(result.reason, HasSubstr("the clock of 'side' is assumed"));
  EXPECT_TRUE(gate("clock", R"({"streams": ["front"]})", signals).passed);
  EXPECT_THROW(gate("clock", R"({"streams": ["frnt"]})", signals), InputError);
}

TEST(SkewGate, HoldsTheStreamsAgainstTheReference) {
  test::MemorySignals signals;
  signals.add_video("front", every(100, 10));
  signals.add_series("joints", test::sampled("q", 15, 1015, 10, [](double) { return 0; }));
  const GateResult result = gate("skew", R"({"max_p95": "10ms"})", signals);
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.figure, 15);
  EXPECT_EQ(result.unit, "ms");
  EXPECT_THAT(
      result.reason,
      HasSubstr("joints: 95 % of the samples of front have one within 15 ms, allowed 10ms"));
  EXPECT_TRUE(gate("skew", R"({"max_p95": "15ms"})", signals).passed);
  EXPECT_TRUE(gate("skew", R"({"max_p95": "10ms", "streams": ["front"]})", signals).passed)
      << "a stream is not compared with itself";
}

TEST(SkewGate, LooksForTheNearestSampleBeyondTheSegment) {
  test::MemorySignals signals;
  signals.add_video("front", frames_at({0, 500, 999}));
  signals.add_video("side", frames_at({-1, 500, 1000}));
  EXPECT_EQ(gate("skew", "{}", signals).figure, 1);
}

TEST(SkewGate, AReferenceWithoutSamplesFails) {
  test::MemorySignals signals;
  signals.add_video("front", frames_at({5000}));
  signals.add_video("side", every(100, 10));
  EXPECT_THAT(gate("skew", "{}", signals).reason, HasSubstr("front: no samples"));
  EXPECT_FALSE(gate("skew", "{}", signals).passed);
  EXPECT_THROW(gate("skew", R"({"reference": "frnt"})", signals), InputError);
}

TEST(FrozenGate, MeasuresTheLongestTimeWithoutAChange) {
  test::MemorySignals signals;
  auto frames = figures(10, {.luma_mean = 100, .luma_std = 10, .sharpness = 100, .difference = 2});
  for (const std::size_t i : {3, 4, 5, 6}) frames[i]->difference = 0;
  signals.add_video("front", every(100, 10), frames);
  const GateResult result = gate("frozen", R"({"max_run": "300ms"})", signals);
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.figure, 400);
  EXPECT_EQ(result.reason,
            "front: the picture stands still for 400 ms in [0.200 s, 0.600 s), allowed 300ms");
  EXPECT_TRUE(gate("frozen", R"({"max_run": "400ms"})", signals).passed);
}

TEST(VideoGates, AVideoThatCannotBeDecodedDoesNotPass) {
  test::MemorySignals signals;
  signals.add_video("front", every(100, 10));
  for (const char* name : {"frozen", "black", "blur"}) {
    const GateResult result = gate(name, "{}", signals);
    EXPECT_FALSE(result.passed) << name;
    EXPECT_THAT(result.reason, HasSubstr("front: no frame of [0.000 s, 1.000 s) could be decoded"));
  }
}

TEST(BlackGate, MeasuresTheShareOfDarkFrames) {
  test::MemorySignals signals;
  auto frames = figures(10, {.luma_mean = 100});
  frames[2]->luma_mean = 3;
  frames[3]->luma_mean = 15.9;
  frames[9].reset();
  signals.add_video("front", every(100, 10), frames);
  const GateResult result = gate("black", "{}", signals);
  EXPECT_FALSE(result.passed);
  EXPECT_NEAR(result.figure, 22.22, 0.01);
  EXPECT_THAT(
      result.reason,
      HasSubstr("front: 2 of 9 frames (22.22 %) are darker than luma 16, the first at 0.200 s"));
  EXPECT_TRUE(gate("black", R"({"max_share": 0.3})", signals).passed);
}

TEST(BlurGate, MeasuresALowQuantileOfTheSharpness) {
  test::MemorySignals signals;
  auto frames = figures(11, {});
  for (std::size_t i = 0; i < 11; ++i) frames[i]->sharpness = static_cast<double>(10 * (11 - i));
  signals.add_video("front", every(90, 11), frames);
  const GateResult result = gate("blur", R"({"min_sharpness": 30})", signals);
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.figure, 20);
  EXPECT_EQ(result.limit, 30);
  EXPECT_THAT(result.reason, HasSubstr("least 10 at 0.900 s"));
  EXPECT_TRUE(gate("blur", R"({"min_sharpness": 30, "share": 0.2})", signals).passed);
}

test::MemorySignals force() {
  test::MemorySignals signals;
  signals.add_series("force", test::sampled(
                                  "fz", 0, 1000, 100, [](double t) { return 100 * t; }, "N"));
  SeriesSlice joints;
  joints.times = every(100, 10);
  std::vector<double> q;
  for (int i = 0; i < 10; ++i) q.insert(q.end(), {i < 5 ? 0.1 * i : 0.5, 1.0});
  joints.columns.push_back(test::float_column("q", q, 2, "rad"));
  signals.add_series("joints", joints);
  return signals;
}

TEST(RangeGate, CountsTheValuesOutsideWithUnits) {
  test::MemorySignals signals = force();
  const GateResult result =
      gate("range", R"({"signal": "force.fz", "min": 0, "max": "0.0895 kN"})", signals);
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.figure, 10);
  EXPECT_EQ(result.reason,
            "force.fz: 10 of 100 values are out of range, farthest 99 N at 0.990 s, allowed from 0 "
            "to 89.5 N");
  EXPECT_TRUE(
      gate("range", R"({"signal": "force.fz", "max": "90 N", "max_share": 0.1})", signals).passed);
  EXPECT_TRUE(gate("range", R"({"signal": "joints.q[1]", "max": "60 deg"})", signals).passed);
  EXPECT_FALSE(
      gate("range", R"({"signal": "force.fz", "max": 1})", signals, range_ms(5000, 6000)).passed)
      << "no values are no proof";
}

TEST(RangeGate, RefusesWhatDoesNotFit) {
  test::MemorySignals signals = force();
  const auto message = [&](const char* options) -> std::string {
    try {
      gate("range", options, signals);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(
      message(R"({"signal": "force.fz", "max": "3 m"})"),
      HasSubstr("recipe.json: /gates/0/max: '3 m' is a length (m); force.fz is a force (N)"));
  EXPECT_THAT(message(R"({"signal": "force.fx", "max": 3})"), HasSubstr("Did you mean 'fz'?"));
  EXPECT_THAT(message(R"({"signal": "forse.fz", "max": 3})"),
              HasSubstr("Did you mean 'force.fz'?"));
  EXPECT_THAT(message(R"({"signal": "joints.q", "max": 3})"), HasSubstr("joints.q[0] to [1]"));
  EXPECT_THAT(message(R"({"signal": "joints.q[2]", "max": 3})"), HasSubstr("joints.q[0] to [1]"));
  EXPECT_THAT(message(R"({"signal": "force.fz"})"), HasSubstr("neither"));
}

/// What check_gate() says of the options; "" when they fit the session.
std::string refusal(const std::string& name, const char* options, SessionSignals& signals) {
  const GateRow& row = gate_named(name);
  try {
    check_gate(row, OptionValues::parse(Json::parse(options), row.options, "recipe.json: /gates/0"),
               signals);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(CheckGate, TellsOfWhatDoesNotFitWithoutReadingASample) {
  test::MemorySignals signals = force();
  signals.add_video("front", frames_at({0, 33, 66}));
  EXPECT_EQ(
      refusal("range", R"({"signal": "force.fz", "max": "60 rad"})", signals),
      "recipe.json: /gates/0/max: '60 rad' is an angle (rad); force.fz is a force (N), in 'N'");
  EXPECT_THAT(refusal("range", R"({"signal": "force.nope", "max": 3})", signals),
              HasSubstr("recipe.json: /gates/0/signal: unknown column of 'force' 'nope'"));
  EXPECT_THAT(refusal("stuck", R"({"signal": "force.fz", "tolerance": "1 s"})", signals),
              HasSubstr("/gates/0/tolerance: '1 s' is a duration"));
  EXPECT_THAT(refusal("stuck", R"({"signal": "force.fz", "while_moving": "joints.qq"})", signals),
              HasSubstr("/gates/0/while_moving: unknown column of 'joints' 'qq'; allowed: 'q'"));
  EXPECT_THAT(
      refusal("stuck",
              R"({"signal": "force.fz", "while_moving": "joints.q[0]", "moving_by": "2 N"})",
              signals),
      HasSubstr("/gates/0/moving_by: '2 N' is a force"));
  EXPECT_THAT(refusal("skew", R"({"reference": "fron"})", signals), HasSubstr("'front'"));
  for (const char* kind : {"black", "blur", "clock", "frozen", "gaps", "skew"})
    EXPECT_THAT(refusal(kind, R"({"streams": ["fron"]})", signals), HasSubstr("'front'")) << kind;
  EXPECT_EQ(signals.reads(), 0u) << "options are checked before anything is read";
}

TEST(CheckGate, AcceptsEveryGateWithItsDefaults) {
  test::MemorySignals signals = force();
  signals.add_video("front", frames_at({0, 33, 66}));
  for (const GateRow* row : all_gates()) {
    const char* options = "{}";
    if (row->name == "range") options = R"({"signal": "force.fz", "max": 1})";
    if (row->name == "stuck") options = R"({"signal": "force.fz"})";
    EXPECT_EQ(refusal(row->name, options, signals), "") << row->name;
  }
  EXPECT_EQ(signals.reads(), 0u);
}

TEST(GateOptions, KnowAQuantityFromOtherText) {
  test::MemorySignals signals = force();
  EXPECT_THAT(refusal("range", R"({"signal": "force.fz", "max": "60 Nn"})", signals),
              HasSubstr("recipe.json: /gates/0/max: unknown unit 'Nn'"));
  EXPECT_THAT(refusal("range", R"({"signal": "force.fz", "max": true})", signals),
              HasSubstr("found true, expected a number or a quantity such as \"2 N\""));
}

TEST(StuckGate, FindsASignalThatKeepsItsValue) {
  test::MemorySignals signals = force();
  const GateResult result =
      gate("stuck", R"({"signal": "joints.q[0]", "max_run": "300ms"})", signals);
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.figure, 400);
  EXPECT_EQ(result.reason,
            "joints.q[0]: stays at 0.5 rad for 400 ms in [0.500 s, 0.900 s), allowed 300ms");
  EXPECT_TRUE(gate("stuck", R"({"signal": "force.fz", "max_run": "10ms"})", signals).passed);
  EXPECT_FALSE(
      gate("stuck", R"({"signal": "force.fz", "max_run": "50ms", "tolerance": "10 N"})", signals)
          .passed);
}

TEST(StuckGate, CountsOnlyWhileTheOtherSignalMoves) {
  test::MemorySignals signals = force();
  const char* moving =
      R"({"signal": "joints.q[0]", "max_run": "300ms", "while_moving": "force.fz", "moving_by": "10 N"})";
  const GateResult stuck = gate("stuck", moving, signals);
  EXPECT_FALSE(stuck.passed);
  EXPECT_THAT(stuck.reason, HasSubstr("while force.fz moves by 40 N"));
  const char* still =
      R"({"signal": "joints.q[0]", "max_run": "300ms", "while_moving": "joints.q[1]"})";
  EXPECT_TRUE(gate("stuck", still, signals).passed);
  EXPECT_EQ(gate("stuck", still, signals).reason,
            "joints.q[0]: constant only while joints.q[1] stands still");
}

TEST(LengthGate, HasTwoLimits) {
  test::MemorySignals signals = force();
  EXPECT_TRUE(gate("length", "{}", signals).passed);
  const GateResult too_short = gate("length", R"({"min": "1500ms"})", signals);
  EXPECT_FALSE(too_short.passed);
  EXPECT_EQ(too_short.figure, 1000);
  EXPECT_EQ(too_short.limit, 1500);
  EXPECT_THAT(too_short.reason, HasSubstr("is 1s long, shorter than the 1.5s it must have"));
  EXPECT_FALSE(gate("length", R"({"max": "999ms"})", signals).passed);
}

TEST(Gates, WrongStreamsAreRefusedWithTheNearest) {
  test::MemorySignals signals = force();
  signals.add_events("marks", {});
  for (const char* streams : {R"({"streams": ["forse"]})", R"({"streams": ["marks"]})"})
    EXPECT_THROW(gate("gaps", streams, signals), InputError) << streams;
}

}  // namespace
}  // namespace reelcell::curate
