#include "scene.hpp"

namespace reelcell::label {
namespace {
using testing::HasSubstr;

std::vector<Label> labels_of(const char* json, const Segment& segment = visit()) {
  test::MemorySignals signals = inspection();
  const RuleSet rules(parse_label_rules(Json::parse(json), "recipe.json: /labels"), parameters(),
                      signals.session());
  return rules.apply(segment, signals);
}
std::string error_of(const char* json) {
  try {
    labels_of(json);
  } catch (const InputError& error) {
    return error.what();
  }
  ADD_FAILURE() << "accepted " << json;
  return {};
}

TEST(Rules, TheFirstCaseThatHoldsGivesTheValue) {
  const std::vector<Label> labels = labels_of(R"json([{"name": "contact", "cases": [
      {"when": "max(force.fz) > 20 N", "value": "'hard'"},
      {"when": "max(force.fz) > 5 N", "value": "'soft'"}], "else": "'none'"}])json");
  EXPECT_EQ(labels[0].value, Value(std::string("soft")));
  EXPECT_EQ(labels[0].explanation, "case 2: max(force.fz) is 10 N");
  EXPECT_EQ(labels[0].rule,
            "when max(force.fz) > 20 N: 'hard'; when max(force.fz) > 5 N: 'soft'; else 'none'");
}

TEST(Rules, ACaseThatMayHoldMakesTheLabelUnknownInsteadOfFallingThrough) {
  const std::vector<Label> labels = labels_of(R"json([{"name": "x", "cases": [
      {"when": "segment.nothing > 1", "value": "'a'"}], "else": "'b'"}])json");
  EXPECT_THAT(labels[0].value, is_unknown());
  EXPECT_EQ(labels[0].confidence, 0);
  EXPECT_THAT(labels[0].explanation,
              HasSubstr("case 1 is undecided: the segment visit-0002 has no 'nothing'"));
}

TEST(Rules, LaterRulesUseTheLabelsOfEarlierOnes) {
  const std::vector<Label> labels = labels_of(R"json([
      {"name": "peak", "value": "max(force.fz) as mN", "confidence": "80 %"},
      {"name": "hard", "value": "label.peak > 5 N and label.peak.confidence >= 0.8"},
      {"name": "same", "value": "label.peak"}])json");
  EXPECT_EQ(labels[0].value, Value(10'000.0));
  EXPECT_DOUBLE_EQ(labels[0].confidence, 0.8);
  EXPECT_THAT(labels[1].value, is_true());
  EXPECT_DOUBLE_EQ(labels[1].confidence, 0.8) << "no surer than what it stands on";
  EXPECT_EQ(labels[2].value, Value(10'000.0));
  EXPECT_THAT(error_of(R"json([{"name": "a", "value": "label.b"}, {"name": "b", "value": 1}])json"),
              HasSubstr("A rule may use the labels of the rules before it"));
}

TEST(Rules, ConfidenceComesFromTheRuleAndUnknownIfVetoes) {
  const std::vector<Label> labels = labels_of(R"json([
      {"name": "result", "value": "first(verdicts.result)", "confidence": "first(verdicts.score)"},
      {"name": "sure", "value": "first(verdicts.result)", "unknown_if": "first(verdicts.score) < 80 %"},
      {"name": "none", "value": "first(verdicts.result)", "confidence": "segment.nothing"}])json");
  EXPECT_EQ(labels[0].confidence, 0.75);
  EXPECT_THAT(labels[1].value, is_unknown());
  EXPECT_EQ(labels[1].explanation, "unknown_if: first(verdicts.score) is 0.75");
  EXPECT_EQ(labels[2].value, Value(std::string("NG")));
  EXPECT_EQ(labels[2].confidence, 0);
  EXPECT_THAT(labels[2].explanation, HasSubstr("confidence unknown"));
}

TEST(Rules, CasesHaveOneTypeAndOneUnit) {
  EXPECT_EQ(
      labels_of(
          R"json([{"name": "x", "cases": [{"when": false, "value": "1 N"}], "else": "2000 mN"}])json")
          [0]
              .value,
      Value(2.0));
  EXPECT_THAT(
      error_of(
          R"json([{"name": "x", "cases": [{"when": true, "value": "1 N"}], "else": "'a'"}])json"),
      HasSubstr("recipe.json: /labels/0/else: this case gives text, an earlier one a number in N"));
  EXPECT_THAT(
      error_of(
          R"json([{"name": "x", "cases": [{"when": true, "value": "1 N"}], "else": "2 m"}])json"),
      HasSubstr("all cases of a label have one unit"));
}

TEST(Rules, DocumentsThatMakeNoRuleAreRefusedAtTheirPlace) {
  EXPECT_THAT(error_of(R"json([{"name": "x"}])json"), HasSubstr("/labels/0"));
  EXPECT_THAT(error_of(R"json([{"name": "x", "value": 1, "else": 2}])json"), HasSubstr("not both"));
  EXPECT_THAT(error_of(R"json([{"name": "x", "value": 1, "confidnce": 2}])json"),
              HasSubstr("Did you mean 'confidence'?"));
  EXPECT_THAT(error_of(R"json([{"name": "x", "value": 1}, {"name": "x", "value": 2}])json"),
              HasSubstr("given twice"));
  EXPECT_THAT(error_of(R"json([{"name": "x", "value": [1]}])json"),
              HasSubstr("a text is written \"'OK'\""));
  EXPECT_THAT(error_of(R"json([{"name": "x", "value": 1, "confidence": "3 N"}])json"),
              HasSubstr("0 to 1"));
}

TEST(Explain, ShowsEverySubExpressionWithItsValueAndWhatWasNotNeeded) {
  test::MemorySignals signals = inspection();
  const RuleSet rules(parse_label_rules(Json::parse(R"json([{"name": "contact", "cases": [
          {"when": "max(force.fz) > 20 N and exists(verdicts)", "value": "'hard'"
},
          {"when": "segment.nothing == 1 or max(force.fz) > 5 N", "value": "'soft'"}], "else": "'none'"
}])json"),
                                        "recipe.json: /labels"),
                      parameters(), signals.session());
  const Json json = rules.explain(visit(), signals);
  const Json& label = json.at("labels").at(0);
  EXPECT_EQ(label.at("fired"), "case 2");
  const Json& first = label.at("parts").at(0);
  EXPECT_EQ(first.at("part"), "case 1 when");
  EXPECT_EQ(first.at("value"), false);
  EXPECT_EQ(first.at("children").at(0).at("text"), "max(force.fz) > 20 N");
  EXPECT_EQ(first.at("children").at(0).at("children").at(0).at("shown"), "10 N");
  EXPECT_EQ(first.at("children").at(0).at("children").at(0).at("note"), "1000 samples, at 2.500s");
  EXPECT_EQ(first.at("children").at(1).at("is"), "not needed");
  const std::string text = render_explanation(json);
  EXPECT_THAT(text, HasSubstr("contact = 'soft'  (confidence 1)"));
  EXPECT_THAT(text,
              HasSubstr("segment.nothing = unknown: the segment visit-0002 has no 'nothing'"));
  EXPECT_THAT(text, HasSubstr("exists(verdicts)  (not needed)"));
}

Parameters parse(const char* parameters, const char* variants, const std::string& variant,
                 const std::vector<std::string>& overrides) {
  const Json a = Json::parse(parameters), b = Json::parse(variants);
  return Parameters::parse(&a, &b, variant, overrides, "recipe.json");
}
constexpr const char* kParameters =
    R"json({"v_max": {"value": 0.05, "unit": "rad/s"}, "gap": {"value": "250 ms", "unit": "ms"}, "model": "seat_a", "on": true})json";
constexpr const char* kVariants =
    R"json({"seat_b": {"v_max": 0.08, "model": "seat_b"}, "slow": {"v_max": "1 deg/s"}})json";
std::string parse_error(const char* parameters, const char* variants, const std::string& variant,
                        const std::vector<std::string>& overrides) {
  try {
    parse(parameters, variants, variant, overrides);
  } catch (const InputError& error) {
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return {};
}

TEST(ParameterValues, VariantsAndOverridesChangeValuesAndRememberWhereTheyCameFrom) {
  const Parameters plain = parse(kParameters, kVariants, "", {});
  EXPECT_EQ(plain.find("v_max")->value, Value(0.05));
  EXPECT_EQ(plain.find("v_max")->origin, "default");
  EXPECT_EQ(plain.find("gap")->value, Value(std::int64_t{250}));
  const Parameters b = parse(kParameters, kVariants, "seat_b", {"model=seat_c", "on=false"});
  EXPECT_EQ(b.find("v_max")->value, Value(0.08));
  EXPECT_EQ(b.find("v_max")->origin, "variant seat_b");
  EXPECT_EQ(b.find("model")->value, Value(std::string("seat_c")));
  EXPECT_EQ(b.find("model")->origin, "--set");
  EXPECT_EQ(b.find("on")->value, Value(false));
}

TEST(ParameterValues, UnitsAreConverted) {
  EXPECT_NEAR(std::get<double>(parse(kParameters, kVariants, "slow", {}).find("v_max")->value),
              0.0174533, 1e-7);
  EXPECT_EQ(parse(kParameters, kVariants, "", {"gap=1.5 s"}).find("gap")->value, Value(1500.0));
  EXPECT_EQ(parse(kParameters, kVariants, "", {"v_max=0.1"}).find("v_max")->value, Value(0.1));
  EXPECT_THAT(
      parse_error(kParameters, kVariants, "", {"v_max=3 mm/s"}),
      HasSubstr(
          "--set v_max=3 mm/s: '3 mm/s' is a speed (m/s); parameter 'v_max' is an angle per time"));
}

TEST(ParameterValues, WrongNamesAndTypesAreRefused) {
  EXPECT_THAT(parse_error(kParameters, kVariants, "", {"v_mx=1"}),
              HasSubstr("Did you mean 'v_max'?"));
  EXPECT_THAT(parse_error(kParameters, kVariants, "seat_c", {}),
              HasSubstr("Did you mean 'seat_b'?"));
  EXPECT_THAT(parse_error(kParameters, R"json({"b": {"v_mx": 1}})json", "", {}),
              HasSubstr("Did you mean 'v_max'?"))
      << "also in a variant that is not chosen";
  EXPECT_THAT(parse_error(kParameters, R"json({"b": {"on": 1}})json", "", {}),
              HasSubstr("parameter 'on' is true or false"));
  EXPECT_THAT(parse_error(kParameters, kVariants, "", {"v_max"}), HasSubstr("expected name=value"));
  EXPECT_THAT(parse_error(R"json({"segment": 1})json", "{}", "", {}),
              HasSubstr("cannot name a parameter"));
  EXPECT_THAT(parse_error(R"json({"a": {"value": 1, "unit": "Newton"}})json", "{}", "", {}),
              HasSubstr("unknown unit"));
}

TEST(Templates, FillInNamesAndKeepDoubledBraces) {
  const test::MemorySignals signals = inspection();
  Segment segment = visit();
  segment.labels.push_back({"result", std::string("NG"), 1, "", {}, ""});
  segment.labels.push_back({"force", std::monostate{}, 0, "", {}, "no data"});
  const auto fill = [&](const std::string& text) {
    return fill_template(text, signals.session(), segment, parameters(), "recipe.json: /task");
  };
  EXPECT_EQ(fill("Inspect {segment.point} of {session.cell} at most at {v_max}: {label.result}"),
            "Inspect P2 of A3 at most at 0.05 rad/s: NG");
  EXPECT_EQ(fill("{{x}} {if(segment.limit > 3, 'tight', 'loose')} {label.force}"),
            "{x} tight unknown");
  EXPECT_EQ(fill("{segment.duration}"), "1 s");
  for (const char* wrong : {"{segment.pont}", "{session.cel}", "{label.x}", "{nothing}", "{", "}",
                            "{}", "{max(force.fz)}", "{session.start}"})
    EXPECT_THROW(fill(wrong), InputError) << wrong;
}

TEST(Rules, TheSameDataGivesTheSameLabelsWhateverCameBefore) {
  test::MemorySignals signals = inspection();
  const RuleSet rules(parse_label_rules(Json::parse(R"json([{"name": "a", "value": "max(force.fz)"
}, {"name": "b", "value": "since(verdicts)"}])json"),
                                        "r"),
                      parameters(), signals.session());
  Segment early = visit();
  early.range = range_ms(100, 200);
  const Json first = rules.explain(visit(), signals);
  rules.apply(early, signals);
  EXPECT_EQ(rules.explain(visit(), signals), first);
}

}  // namespace
}  // namespace reelcell::label
