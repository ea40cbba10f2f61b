#include "scene.hpp"

namespace reelcell::label {
namespace {
using testing::HasSubstr;

TEST(Expression, BindsAsOneReadsIt) {
  EXPECT_EQ(value_of("2 + 3 * 4"), Value(std::int64_t{14}));
  EXPECT_EQ(value_of("(2 + 3) * 4 - -1"), Value(std::int64_t{21}));
  EXPECT_EQ(value_of("7 / 2"), Value(3.5));
  EXPECT_THAT(value_of("not 1 == 2 and true or false"), is_true());
  EXPECT_THAT(value_of("'a' + 'b' == \"ab\""), is_true());
  EXPECT_THAT(value_of("segment.point in ('P1', 'P2')"), is_true());
  EXPECT_THAT(value_of("segment.point not in ['P1', 'P2']"), is_false());
}

TEST(Expression, FollowsThreeValuedLogic) {
  EXPECT_THAT(value_of("unknown and false"), is_false());
  EXPECT_THAT(value_of("unknown or true"), is_true());
  EXPECT_THAT(value_of("false and segment.nothing == 1"), is_false());
  EXPECT_THAT(value_of("unknown and true"), is_unknown());
  EXPECT_THAT(value_of("unknown or false"), is_unknown());
  EXPECT_THAT(value_of("not segment.nothing"), is_unknown());
  EXPECT_THAT(value_of("segment.nothing == segment.nothing"), is_unknown());
  EXPECT_THAT(value_of("segment.nothing is unknown"), is_true());
  EXPECT_THAT(value_of("segment.point is not unknown"), is_true());
  EXPECT_EQ(value_of("default(segment.nothing, 'none')"), Value(std::string("none")));
  EXPECT_THAT(value_of("'P2' in (segment.nothing, 'P2')"), is_true());
  EXPECT_THAT(value_of("'P1' in (segment.nothing, 'P2')"), is_unknown());
}

TEST(Expression, NamesReachSignalsWithOddNames) {
  test::MemorySignals signals = inspection();
  SeriesSlice slice;
  slice.times = {at_ms(2100), at_ms(2200)};
  slice.columns.push_back(test::float_column("position", {1, 2, 3, 4}, 2, "rad"));
  slice.columns.push_back(test::float_column("pose.x", {5, 6}, 1, "m"));
  slice.columns.push_back(test::float_column("odd name", {7, 8}));
  slice.columns.push_back(test::float_column("tau[0]", {9, 9}));
  signals.add_series("/arm/joint_states", std::move(slice));
  SeriesSlice lone;
  lone.times = {at_ms(2100)};
  lone.columns.push_back(test::float_column("value", {1, 2}, 2));
  signals.add_series("observation.state", std::move(lone));
  const auto value = [&](const std::string& text) { return label_of(Json(text), signals).value; };
  EXPECT_EQ(value("max(/arm/joint_states.position[1])"), Value(4.0));
  EXPECT_EQ(value("max(`/arm/joint_states`.position[0])"), Value(3.0));
  EXPECT_EQ(value("max(\"/arm/joint_states\".pose.x) / 2"), Value(3.0));
  EXPECT_EQ(value("min(/arm/joint_states.\"odd name\")"), Value(7.0));
  EXPECT_EQ(value("min(/arm/joint_states.tau[0])"), Value(9.0));
  EXPECT_EQ(value("last(observation.state[1])"), Value(2.0));
  EXPECT_EQ(value("max(joints.q[\"elbow\"])"), Value(1.0));
  EXPECT_EQ(label_of(Json("max(joints.q[1])"), signals).inputs.front(), "joints.q[1]");
}

TEST(Expression, WrongNamesListWhatIsAllowedAndTheNearest) {
  EXPECT_EQ(refusal("max(jiont.q[1]) > 1 rad"),
            "recipe.json: /labels/0/value: unknown name 'jiont'; allowed: 'joints', 'force', "
            "'plc', 'verdicts', 'marks', 'front', 'v_max', 'settle', 'model', 'strict', 'tries', "
            "'segment', 'session' or 'label'.\n"
            "  max(jiont.q[1]) > 1 rad\n"
            "      ^~~~~");
  EXPECT_THAT(refusal("max(joint.q[1]) > 1 rad"), HasSubstr("Did you mean 'joints'?"));
  EXPECT_THAT(refusal("max(force.fx)"),
              HasSubstr("unknown column of 'force' 'fx'; allowed: 'fz'. Did you mean 'fz'?"));
  EXPECT_THAT(refusal("maxx(force.fz)"), HasSubstr("Did you mean 'max'?"));
  EXPECT_THAT(refusal("param.v_mx > 1"), HasSubstr("Did you mean 'v_max'?"));
  EXPECT_THAT(refusal("label.y"), HasSubstr("unknown label 'y'; none is defined"));
  EXPECT_THAT(refusal("joints.q[3]"), HasSubstr("positions are 0 to 2"));
  EXPECT_THAT(refusal("joints.q[\"knee\"]"), HasSubstr("'base', 'elbow' or 'wrist'"));
  EXPECT_THAT(refusal("mean"), HasSubstr("'mean' is a function; write mean(signal)"));
  EXPECT_THAT(refusal("front.blur"), HasSubstr("'luma', 'luma_std', 'sharpness' or 'difference'"));
}

TEST(Expression, ASignalIsNotAValueAndTheMessageSaysHowToGetOne) {
  EXPECT_THAT(refusal("force.fz > 2 N"), HasSubstr("a label needs one value: use mean(..)"));
  EXPECT_THAT(refusal("verdicts.result == 'NG'"), HasSubstr("such as first(verdicts.result)"));
  EXPECT_THAT(refusal("verdicts"), HasSubstr("'verdicts' is a stream; use its events"));
  EXPECT_THAT(refusal("max(joints.q)"), HasSubstr("choose an element with [0] to [2]"));
  EXPECT_THAT(refusal("any(joints.q > 1 rad)"), HasSubstr("a vector has no order"));
}

TEST(Expression, SyntaxErrorsPointAtThePlace) {
  const auto ends = [](const std::string& text) { return testing::EndsWith(text); };
  EXPECT_THAT(refusal("1 +"), HasSubstr("found the end of the expression, expected a value"));
  EXPECT_THAT(refusal("1 < 2 < 3"), HasSubstr("comparisons do not chain"));
  EXPECT_THAT(refusal("1 = 2"), ends("write '=='\n  1 = 2\n    ^"));
  EXPECT_THAT(refusal("true && false"), ends("write 'and'\n  true && false\n       ^~"));
  EXPECT_THAT(refusal("max(force.fz"), HasSubstr("expected ')'"));
  EXPECT_THAT(refusal("'abc"), HasSubstr("this quote is never closed"));
  EXPECT_THAT(refusal("1 m as mm * 2"), HasSubstr("write (1 m as mm) in parentheses"));
  EXPECT_THAT(refusal("1 m as"), HasSubstr("expected a unit after 'as'"));
  EXPECT_THAT(refusal("1 ; 2"), HasSubstr("no meaning"));
  EXPECT_THAT(refusal(""), HasSubstr("an empty expression"));
  EXPECT_THAT(refusal("1 == 2\n and )"), ends("\n   and )\n       ^"));
  EXPECT_THAT(refusal("'äöü' == 5"), ends("\n  'äöü' == 5\n  ^~~~~~~~~~")) << "columns, not bytes";
  EXPECT_THAT(refusal("count(verdicts where true where true)"), HasSubstr("given twice"));
  EXPECT_THAT(refusal("mean(force.fz where true)"), HasSubstr("choose among events"));
}

TEST(Expression, DeepNestingIsRefusedBeforeTheStackEnds) {
  EXPECT_THAT(refusal(std::string(60'000, '(')), HasSubstr("levels deep"));
  EXPECT_THAT(refusal(std::string(30'000, '-') + "1"), HasSubstr("levels deep"));
  std::string chain = "1", negations = "true";
  for (int i = 0; i < 5000; ++i) chain += "+1";
  for (int i = 0; i < 5000; ++i) negations = "not " + negations;
  EXPECT_THAT(refusal(chain), HasSubstr("levels deep"));
  EXPECT_THAT(refusal(negations), HasSubstr("levels deep"));
  EXPECT_THAT(refusal(std::string(70'000, ' ') + "1"), HasSubstr("at most 65536 are read"));
}

TEST(Expression, TypesAreCheckedBeforeAnythingIsRead) {
  EXPECT_THAT(refusal("segment.kind > 3"),
              HasSubstr("'3', a number, is compared with 'segment.kind', text"));
  EXPECT_THAT(refusal("true + 1"), HasSubstr("'+' needs a number"));
  EXPECT_THAT(refusal("1 and true"), HasSubstr("'and' needs a condition"));
  EXPECT_THAT(refusal("segment.start + segment.end"), HasSubstr("time + duration"));
  EXPECT_THAT(refusal("segment.start > 3 s"), HasSubstr("is compared with"));
  EXPECT_THAT(refusal("mean('x')"), HasSubstr("expected a signal with one number a sample"));
  EXPECT_THAT(refusal("within(3, verdicts)"), HasSubstr("expected a duration, such as 200 ms"));
  EXPECT_THAT(refusal("mean(force.fz, force.fz)"), HasSubstr("was given 2 arguments"));
  EXPECT_THAT(refusal("true < false"), HasSubstr("have no order"));
}

TEST(Expression, DataOfAnotherTypeThanExpectedIsUnknownWithTheReason) {
  EXPECT_EQ(why_of("segment.point > 3"),
            "'P2' is text and '3' is a number: they cannot be compared");
  EXPECT_EQ(why_of("segment.nothing == 1"),
            "the segment visit-0002 has no 'nothing'; it has 'point' or 'limit'.");
  EXPECT_THAT(why_of("session.operater == 'kim'"), HasSubstr("Did you mean 'operator'?"));
  EXPECT_EQ(why_of("1 / (segment.limit - 5)"), "division by zero");
  EXPECT_THAT(value_of("9223372036854775807 + 1 > 9e18"), is_true()) << "no overflow";
}

TEST(Expression, DescribesEveryFunctionOnce) {
  const Json functions = describe_functions();
  EXPECT_GT(functions.size(), 30u);
  for (const Json& row : functions) {
    EXPECT_FALSE(row.at("help").get<std::string>().empty());
    EXPECT_TRUE(row.at("signature")
                    .get<std::string>()
                    .starts_with(row.at("name").get<std::string>() + "("));
  }
}

}  // namespace
}  // namespace reelcell::label
