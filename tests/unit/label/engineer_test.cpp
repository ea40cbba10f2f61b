// A rule set as an inspection engineer would write it, with one line change.
#include "scene.hpp"
#include "support/support.hpp"

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

TEST(EngineersRules, TheSampleRecipeCompilesAndLabels) {
  const Json recipe = read_json_file(test::source_path("samples/recipe.json"));
  test::MemorySignals signals("seat-0001");
  SeriesSlice joints, force;
  std::vector<double> q, f;
  for (int i = 0; i < 200; ++i) {
    joints.times.push_back(at_ms(2 * i));
    force.times.push_back(at_ms(2 * i));
    q.insert(q.end(), 7, 0.5);
    f.insert(f.end(), {3.0, 0.0, -4.0});
  }
  joints.columns = {test::float_column("q", q, 7, "rad"), test::float_column("dq", q, 7, "rad/s")};
  force.columns = {test::float_column("force", f, 3, "N"),
                   test::float_column("torque", f, 3, "Nm")};
  signals.add_series("joints", std::move(joints));
  signals.add_series("force", std::move(force));
  signals.add_events(
      "verdicts",
      {event_ms(350, 350, "verdict",
                {{"visit", std::int64_t{7}}, {"result", std::string("NG")}, {"score", 0.2}})});
  Segment segment = visit();
  segment.range = range_ms(100, 200);
  segment.attributes = {{"visit", std::int64_t{7}}};
  const RuleSet rules(parse_label_rules(recipe.at("labels"), "samples/recipe.json: /labels"),
                      Parameters::parse(&recipe.at("parameters"), &recipe.at("variants"), "", {},
                                        "samples/recipe.json"),
                      signals.session());
  std::map<std::string, Label> labels;
  for (const Label& label : rules.apply(segment, signals)) labels[label.name] = label;
  EXPECT_EQ(labels.at("verdict").value, Value(std::string("NG")));
  EXPECT_EQ(labels.at("verdict").confidence, 0.8);
  EXPECT_THAT(labels.at("still").value, is_true());
  EXPECT_EQ(labels.at("peak_force").value, Value(5.0));
}

}  // namespace
}  // namespace reelcell::label
