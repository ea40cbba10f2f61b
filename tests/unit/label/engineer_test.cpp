// A rule set as an inspection engineer would write it, with one line change.
#include "scene.hpp"

namespace reelcell::label {
namespace {
const char* kRecipe = R"json({
  "parameters": {
    "v_still": {"value": 0.05, "unit": "rad/s", "help": "slower than this the robot stands"},
    "settle": {"value": "150 ms", "unit": "ms"},
    "f_touch": {"value": 5, "unit": "N"},
    "late": {"value": 500, "unit": "ms"},
    "min_score": {"value": 80, "unit": "%"}
  },
  "variants": {"line_b": {"f_touch": "12 N", "min_score": 70}},
  "labels": [
    {"name": "still", "value": "share_where(speed(joints.q) < v_still) > 95 %"},
    {"name": "touched", "value": "longest_where(force.fz > f_touch) >= 50 ms and label.still"},
    {"name": "score", "value": "last(verdicts.score where point == segment.point after segment.start before segment.end + late)"},
    {"name": "result",
     "cases": [
       {"when": "not exists(verdicts where point == segment.point after segment.start before segment.end + late)", "value": "'missing'"},
       {"when": "label.score < min_score", "value": "'review'"},
       {"when": "first(verdicts.result where point == segment.point after segment.start before segment.end + late) == 'NG'",
        "value": "'NG'"}],
     "else": "'OK'",
     "confidence": "label.score",
     "unknown_if": "not label.still"},
    {"name": "in_time",
     "value": "first(verdicts.time where point == segment.point after segment.start) - segment.start < late + settle"},
    {"name": "kept_step", "value": "all(plc.step == 'VISIT') and at(plc.mode, segment.start) == 2"},
    {"name": "bright", "value": "mean(front.luma) > 60"}
  ]})json";

std::map<std::string, Label> labels_for(const std::string& variant) {
  const Json recipe = Json::parse(kRecipe);
  test::MemorySignals signals = inspection();
  const RuleSet rules(parse_label_rules(recipe.at("labels"), "recipe.json: /labels"),
                      Parameters::parse(&recipe.at("parameters"), &recipe.at("variants"), variant,
                                        {}, "recipe.json"),
                      signals.session());
  std::map<std::string, Label> labels;
  for (const Label& label : rules.apply(visit(), signals)) labels[label.name] = label;
  return labels;
}

TEST(EngineersRules, LabelAVisitWithTheirReasons) {
  const std::map<std::string, Label> labels = labels_for("");
  EXPECT_THAT(labels.at("still").value, is_true());
  EXPECT_THAT(labels.at("touched").value, is_true());
  EXPECT_EQ(labels.at("score").value, Value(0.75));
  EXPECT_EQ(labels.at("result").value, Value(std::string("review")));
  EXPECT_EQ(labels.at("result").confidence, 0.75);
  EXPECT_EQ(labels.at("result").explanation, "case 2: label.score is 0.75, min_score is 80 %");
  EXPECT_THAT(labels.at("in_time").value, is_true());
  EXPECT_THAT(labels.at("in_time").inputs, testing::Contains("verdicts.time@2.480s"));
  EXPECT_THAT(labels.at("kept_step").value, is_true());
  EXPECT_THAT(labels.at("bright").value, is_true());
}

TEST(EngineersRules, ALineChangeIsAChangeOfValues) {
  const std::map<std::string, Label> labels = labels_for("line_b");
  EXPECT_THAT(labels.at("touched").value, is_false())
      << "10 N is no touch on a line that needs 12 N";
  EXPECT_EQ(labels.at("result").value, Value(std::string("NG")))
      << "75 % is enough on a line that needs 70 %";
}

}  // namespace
}  // namespace reelcell::label
