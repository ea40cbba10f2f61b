#include "scene.hpp"

namespace reelcell::label {
namespace {
using testing::HasSubstr;

TEST(SignalFunctions, FiguresOverTheSegment) {
  EXPECT_DOUBLE_EQ(std::get<double>(value_of("mean(force.fz)")), 1.9);
  EXPECT_EQ(value_of("min(force.fz)"), Value(1.0));
  EXPECT_EQ(value_of("max(force.fz)"), Value(10.0));
  EXPECT_NEAR(std::get<double>(value_of("std(force.fz)")), 2.7, 1e-12);
  EXPECT_EQ(value_of("median(force.fz)"), Value(1.0));
  EXPECT_EQ(value_of("percentile(force.fz, 95 %)"), Value(10.0));
  EXPECT_EQ(value_of("percentile(force.fz, 0)"), Value(1.0));
  EXPECT_EQ(value_of("delta(joints.q[1])"), Value(0.0));
  EXPECT_EQ(value_of("count(force.fz > 5 N)"), Value(std::int64_t{100}));
  EXPECT_EQ(value_of("mean(front.luma)"), Value(124.5)) << "frames 20 to 29";
}

TEST(SignalFunctions, InputsSayWhichSampleDecided) {
  const Label label = label_of("max(force.fz)");
  EXPECT_THAT(label.inputs, testing::ElementsAre("force.fz", "force.fz@2.500s"));
  EXPECT_EQ(label.explanation, "max(force.fz) is 10 N");
  EXPECT_EQ(label.confidence, 1);
}

TEST(SignalFunctions, SpeedIsTheLengthOfTheDerivativePerSecond) {
  Segment moving = visit();
  moving.range = range_ms(500, 1500);
  test::MemorySignals signals = inspection();
  EXPECT_NEAR(std::get<double>(label_of(Json("mean(speed(joints.q))"), signals, moving).value), 0.5,
              1e-9);
  EXPECT_NEAR(std::get<double>(label_of(Json("mean(rate(joints.q[1]))"), signals, moving).value),
              0.5, 1e-9);
  EXPECT_THAT(value_of("all(speed(joints.q) < v_max)"), is_false())
      << "the last step of the move ends at segment.start";
  EXPECT_THAT(value_of("max(abs(rate(joints.q[1]))) > 0.4 rad/s"), is_true());
}

TEST(SignalFunctions, DurationsCountTheTimeASampleStandsFor) {
  EXPECT_THAT(value_of("duration_where(force.fz > 5 N) == 100 ms"), is_true());
  EXPECT_THAT(value_of("longest_where(force.fz < 5 N) == 500 ms"), is_true());
  EXPECT_NEAR(std::get<double>(value_of("share_where(force.fz > 5 N)")), 0.1, 1e-12);
  // The move ends at 2 s; a derivative stands for the time before its sample.
  EXPECT_THAT(value_of("duration_where(speed(joints.q) < v_max) == 1 s"), is_true());
}

TEST(SignalFunctions, StatesHoldUntilTheNextOneHoweverLong) {
  EXPECT_THAT(value_of("duration_where(plc.mode == 2) == 1 s"), is_true())
      << "logged at 1.9 s and 3 s only";
  EXPECT_THAT(value_of("all(plc.mode == 2)"), is_true());
  EXPECT_THAT(value_of("any(plc.step == 'VISIT')"), is_true());
  EXPECT_THAT(value_of("any(plc.step in ('IDLE', 'STOP'))"), is_false());
  EXPECT_THAT(value_of("at(plc.step, segment.start) == 'VISIT'"), is_true());
  EXPECT_THAT(why_of("mean(plc.mode)"), HasSubstr("plc.mode has no samples in [2.000s, 3.000s)"));
}

TEST(SignalFunctions, MeasurementsAreInterpolatedAtATime) {
  Segment moving = visit();
  moving.range = range_ms(500, 1500);
  test::MemorySignals signals = inspection();
  const Label label = label_of(Json("at(joints.q[1], segment.start + 5 ms)"), signals, moving);
  EXPECT_NEAR(std::get<double>(label.value), 0.2525, 1e-12);
  EXPECT_THAT(label.inputs, testing::Contains("joints.q[1]@0.505s"));
  EXPECT_THAT(why_of("at(force.fz, segment.end + 2 s)"),
              HasSubstr("force.fz has no value at 5.000s"));
}

TEST(SignalFunctions, SignalsOfDifferentRatesMeetAtAllTheirTimes) {
  EXPECT_THAT(value_of("duration_where(force.fz > 5 N and plc.mode == 2) == 100 ms"), is_true());
  EXPECT_THAT(value_of("any(force.fz > 5 N and speed(joints.q) > v_max)"), is_false());
  EXPECT_THAT(value_of("any(joints.q[1] > 0.9 rad and force.fz > 9 N)"), is_true());
  EXPECT_NEAR(std::get<double>(value_of("max(norm(joints.q) - joints.q[2])")), std::sqrt(10.0) - 3,
              1e-9);
  EXPECT_THAT(value_of("max(force.fz) > 2 * mean(force.fz) and any(force.fz > 2 * mean(force.fz))"),
              is_true());
}

SeriesSlice with_holes() {
  SeriesSlice slice = test::sampled(
      "fz", 2000, 3000, 100, [](double) { return 1.0; }, "N");
  for (std::size_t i = 0; i < 25; ++i)
    std::get<std::vector<double>>(slice.columns[0].data)[i] =
        std::numeric_limits<double>::quiet_NaN();
  return slice;
}

TEST(SignalFunctions, MissingSamplesLowerTheConfidenceOfFiguresAndBlockCertainAnswers) {
  test::MemorySignals signals = inspection();
  signals.add_series("holes", with_holes());
  EXPECT_EQ(label_of(Json("mean(holes.fz)"), signals).value, Value(1.0));
  EXPECT_EQ(label_of(Json("mean(holes.fz)"), signals).confidence, 0.75);
  EXPECT_EQ(label_of(Json("any(holes.fz > 0 N)"), signals).value, Value(true));
  const Label all = label_of(Json("all(holes.fz > 0 N)"), signals);
  EXPECT_THAT(all.value, is_unknown());
  EXPECT_EQ(all.confidence, 0);
  EXPECT_EQ(all.explanation, "25 of 100 samples of holes.fz are missing");
  EXPECT_THAT(label_of(Json("any(holes.fz > 2 N)"), signals).value, is_unknown());
  EXPECT_EQ(label_of(Json("duration_where(holes.fz > 0 N) as ms"), signals).value, Value(750.0));
}

TEST(SignalFunctions, AGapIsNotBridgedByTheSampleBeforeIt) {
  test::MemorySignals signals = inspection();
  SeriesSlice slice = test::sampled(
      "fz", 2000, 2200, 100, [](double) { return 9.0; }, "N");
  const SeriesSlice later = test::sampled(
      "fz", 2800, 3000, 100, [](double) { return 9.0; }, "N");
  slice.times.insert(slice.times.end(), later.times.begin(), later.times.end());
  slice.columns[0].append_rows(later.columns[0], 0, later.size());
  signals.add_series("gappy", std::move(slice));
  const Label label = label_of(Json("duration_where(gappy.fz > 5 N) as ms"), signals);
  EXPECT_EQ(label.value, Value(490.0)) << "ten periods of the last sample, then nothing is known";
  EXPECT_DOUBLE_EQ(label.confidence, 0.49);
  signals.description().streams.back().rate_hz = 100;
  EXPECT_THAT(label_of(Json("at(gappy.fz, segment.start + 500 ms)"), signals).explanation,
              HasSubstr("has a gap of 610ms around 2.500s"));
}

TEST(SignalFunctions, LongSegmentsAreReadInStretches) {
  test::MemorySignals signals("long");
  signals.add_series("force", test::sampled(
                                  "fz", 0, 600'000, 50, [](double t) { return t; }, "N"));
  SeriesSlice plc;
  plc.times = {at_ms(0), at_ms(25'000)};
  plc.columns.push_back(test::integer_column("mode", {1, 2}));
  signals.add_series("plc", std::move(plc));
  Segment segment = visit();
  segment.range = range_ms(0, 600'000);
  const auto value = [&](const std::string& text) {
    return label_of(Json(text), signals, segment).value;
  };
  EXPECT_NEAR(std::get<double>(value("mean(force.fz)")), 299.99, 1e-9);
  EXPECT_NEAR(std::get<double>(value("mean(rate(force.fz))")), 1, 1e-9);
  EXPECT_EQ(value("duration_where(force.fz >= 100 N)"), Value(500.0));
  EXPECT_EQ(value("duration_where(plc.mode == 2)"), Value(575.0));
  EXPECT_EQ(value("longest_where(plc.mode == 2)"), Value(575.0));
  EXPECT_EQ(value("duration_where(rate(force.fz) > 0 N/s)"), Value(599.98))
      << "all but before the first two samples";
  EXPECT_NEAR(std::get<double>(value("median(force.fz)")), 299.99, 1e-9);
  EXPECT_LE(signals.longest_read(), std::chrono::seconds(10));
}

TEST(SignalFunctions, RanksOfMoreValuesThanAreKeptAreExact) {
  test::MemorySignals signals("dense");
  // A permutation of 0 .. n-1: rank k is k. n is prime and more than the 2^20 values that are kept.
  constexpr std::int64_t kCount = 1'300'021;
  SeriesSlice slice;
  std::vector<double> values;
  for (std::int64_t i = 0; i < kCount; ++i) {
    slice.times.push_back(session_time(i * 10'000));
    values.push_back(static_cast<double>(i * 7919 % kCount));
  }
  slice.columns.push_back(test::float_column("v", std::move(values)));
  signals.add_series("s", std::move(slice));
  Segment segment = visit();
  segment.range = {session_time(0), session_time(kCount * 10'000)};
  EXPECT_EQ(label_of(Json("median(s.v)"), signals, segment).value, Value(650'010.0));
  EXPECT_EQ(label_of(Json("percentile(s.v, 25 %)"), signals, segment).value, Value(325'005.0));
}

TEST(SignalFunctions, SharesOfThePercentileAreChecked) {
  EXPECT_THAT(why_of("percentile(force.fz, 95)"), HasSubstr("0 to 1, or 0 % to 100 %; found 95"));
}

}  // namespace
}  // namespace reelcell::label
