#include "scene.hpp"

namespace reelcell::label {
namespace {
using testing::HasSubstr;

TEST(RuleUnits, ConvertsWhatMeasuresTheSame) {
  EXPECT_THAT(value_of("max(force.fz) == 10000 mN"), is_true());
  EXPECT_THAT(value_of("segment.duration == 1000 ms and segment.duration == 1 s"), is_true());
  EXPECT_THAT(value_of("segment.end - segment.start == 1 s"), is_true());
  EXPECT_THAT(value_of("share_where(force.fz > 5 N) == 10 %"), is_true());
  EXPECT_THAT(value_of("180 deg > 3.14 rad and 180 deg < 3.15 rad"), is_true());
  EXPECT_THAT(value_of("20 ms == 0.02 s and 1 m == 1000 mm"), is_true());
  EXPECT_THAT(value_of("30 degC - 20 degC == 10 K and 20 degC + 5 K == 25 degC"), is_true());
}

TEST(RuleUnits, DurationsOfTheGridAreExact) {
  EXPECT_THAT(value_of("first(verdicts.time) - segment.start == 480 ms"), is_true());
  EXPECT_THAT(value_of("0.1 s + 0.2 s == 0.3 s"), is_true());
  EXPECT_THAT(value_of("0.1 ms == 100 us"), is_true());
}

TEST(RuleUnits, AnAngularSpeedIsNoSpeedAndNoFrequency) {
  EXPECT_THAT(refusal("max(speed(joints.q)) < 0.05 m/s"),
              HasSubstr("'0.05 m/s', a speed (m/s), is compared with 'max(speed(joints.q))', an "
                        "angle per time (rad/s)"));
  EXPECT_THAT(refusal("max(speed(joints.q)) < 3 Hz"), HasSubstr("a frequency (Hz)"));
}

TEST(RuleUnits, ABareNumberBesideAUnitIsRefusedWithTheUnitToWrite) {
  EXPECT_EQ(refusal("max(speed(joints.q)) < 0.05"),
            "recipe.json: /labels/0/value: '0.05' has no unit; 'max(speed(joints.q))' is an angle "
            "per time (rad/s), so write for example 0.05 rad/s\n"
            "  max(speed(joints.q)) < 0.05\n"
            "                         ^~~~");
  EXPECT_THAT(value_of("max(force.fz) > 0"), is_true()) << "0 is 0 in every unit";
}

TEST(RuleUnits, ASignalWithoutAStatedUnitNeedsOneBeforeItMeetsOne) {
  test::MemorySignals signals = inspection();
  signals.add_series("raw", test::sampled("x", 0, 4000, 100, [](double) { return 7; }));
  EXPECT_EQ(label_of(Json("mean(raw.x) > 5"), signals).value, Value(true));
  EXPECT_EQ(label_of(Json("mean(raw.x as N) > 5 N"), signals).value, Value(true));
  try {
    label_of(Json("mean(raw.x) > 5 N"), signals);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the unit of 'mean(raw.x)' is not known, and '5 N' is a "
                                        "force (N): state the unit in session.json, or write it "
                                        "here, as in (mean(raw.x) as N)"));
  }
}

TEST(RuleUnits, LabelsAreInTheUnitOfTheirSignalOrTheOneAskedFor) {
  EXPECT_EQ(std::get<double>(value_of("max(force.fz)")), 10);
  EXPECT_EQ(std::get<double>(value_of("max(force.fz) as mN")), 10000);
  EXPECT_EQ(std::get<double>(value_of("segment.duration")), 1);
  EXPECT_EQ(std::get<double>(value_of("segment.duration as ms")), 1000);
  EXPECT_NEAR(std::get<double>(value_of("max(joints.q[1]) as deg")), 57.29578, 1e-4);
  EXPECT_EQ(std::get<double>(value_of("max(force.fz) / 2 N")), 5);
  EXPECT_NEAR(std::get<double>(value_of("max(joints.q[1]) / 2 s as rad/s")), 0.5, 1e-12);
}

TEST(RuleUnits, UnknownUnitsNameTheNearest) {
  EXPECT_THAT(refusal("max(force.fz) > 5 Newton"), HasSubstr("unknown unit 'Newton'"));
  EXPECT_THAT(refusal("max(speed(joints.q)) > 5 rads/s"), HasSubstr("Did you mean 'rad'?"));
  EXPECT_THAT(refusal("segment.duration > 5 s/x"), HasSubstr("put spaces around '/'"));
}

TEST(RuleUnits, OfLabelsAreThoseOfTheValuesThatRulesGive) {
  const test::MemorySignals signals = inspection();
  Json rules = Json::array();
  for (const auto& [name, value] :
       std::vector<std::pair<const char*, const char*>>{{"peak", "max(force.fz)"},
                                                        {"again", "label.peak * 2"},
                                                        {"turns", "3"},
                                                        {"mode", "max(plc.mode)"},
                                                        {"quiet", "max(force.fz) < 5 N"},
                                                        {"took", "segment.duration"}})
    rules.push_back({{"name", name}, {"value", value}});
  const RuleSet compiled(parse_label_rules(rules, "/labels"), parameters(), signals.session());
  EXPECT_THAT(compiled.units(),
              testing::ElementsAre(testing::Pair("peak", "N"), testing::Pair("again", "N"),
                                   testing::Pair("turns", "-"), testing::Pair("mode", "-"),
                                   testing::Pair("took", "s")));
}

}  // namespace
}  // namespace reelcell::label
