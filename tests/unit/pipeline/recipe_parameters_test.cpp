#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/recipe.hpp"

namespace reelcell::pipeline {
namespace {
using testing::HasSubstr;

constexpr const char* kParameters = R"("parameters": {
  "f_max": {"value": 60, "unit": "N"}, "v_still": {"value": 3, "unit": "deg/s"},
  "win": {"value": 0.25, "unit": "s"}, "long": "2s", "size": "64MB", "share": {"value": 5, "unit": "%"},
  "rate": {"value": 30, "unit": "Hz"}, "count": 7, "half": 0.5, "on": true},
  "variants": {"soft": {"f_max": 40}})";

Recipe recipe(const std::string& parts, const std::string& variant = "",
              const std::vector<std::string>& overrides = {}) {
  return parse_recipe(parse_json("{\"version\": 1, " + std::string(kParameters) +
                                     (parts.empty() ? "" : ", " + parts) + "}",
                                 "recipe.json"),
                      "recipe.json", variant, overrides);
}
std::string refusal(const std::string& parts) {
  try {
    recipe(parts);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(RecipeParameters, StandForQuantitiesDurationsSizesAndNumbers) {
  const Recipe made = recipe(R"(
    "grid": {"rate_hz": "rate", "policy": {"*": {"tolerance": "win"}}},
    "segments": [{"kind": "window", "length": "long"},
                 {"kind": "dwell", "signal": "joints.dq", "v_in": "v_still", "v_out": 1}],
    "gates": [{"kind": "range", "signal": "f.z", "min": "-f_max", "max": "f_max", "max_share": "share"},
              {"kind": "gaps", "max_gap": "win"}],
    "splits": {"ratios": {"train": "half", "val": 0.5}},
    "stills": {"at": ["first"], "quality": "count"},
    "outputs": [{"format": "webdataset", "shard_size": "size"}])");
  EXPECT_EQ(made.grid.rate->num, 30);
  EXPECT_EQ(made.grid.policy.at("*").tolerance, std::chrono::milliseconds(250));
  EXPECT_EQ(made.segments[0].options.duration("length"), std::chrono::seconds(2));
  EXPECT_EQ(made.segments[1].options.json("v_in"), "3 deg/s");
  EXPECT_EQ(made.gates[0].options.json("max"), "60 N");
  EXPECT_EQ(made.gates[0].options.json("min"), "-60 N");
  EXPECT_DOUBLE_EQ(made.gates[0].options.number("max_share"), 0.05);
  EXPECT_EQ(made.gates[1].options.duration("max_gap"), std::chrono::milliseconds(250));
  EXPECT_EQ(made.splits.ratios[0].second, 0.5);
  EXPECT_EQ(made.stills.quality, 7);
  EXPECT_EQ(made.outputs[0].options.size("shard_size"), 64'000'000u);
}

TEST(RecipeParameters, StandForNumbersInTheSourcesOfPhasesAndInLists) {
  const Recipe made = recipe(R"("segments": [{"kind": "phases", "sources": [
      {"kind": "stop", "signal": "joints.dq", "v_in": "v_still", "weights": [1, "half"]}]}])");
  const Json& source = made.segments[0].options.json("sources")[0];
  EXPECT_EQ(source["v_in"], "3 deg/s");
  EXPECT_EQ(source["signal"], "joints.dq");
  EXPECT_EQ(source["weights"][1], 0.5);
}

TEST(RecipeParameters, TakeTheValuesOfTheVariantAndOfSetAndMakeAnotherRecipe) {
  const std::string gates = R"("gates": [{"kind": "range", "signal": "f.z", "max": "f_max"}])";
  const Recipe plain = recipe(gates), soft = recipe(gates, "soft"),
               set = recipe(gates, "soft", {"f_max=0.02 kN"});
  EXPECT_EQ(plain.gates[0].options.json("max"), "60 N");
  EXPECT_EQ(soft.gates[0].options.json("max"), "40 N");
  EXPECT_EQ(set.gates[0].options.json("max"), "20 N");
  EXPECT_NE(plain.hash, soft.hash);
  EXPECT_NE(soft.hash, set.hash);
  const Recipe again = parse_recipe(set.document, "corpus.json", "", {});
  EXPECT_EQ(again.hash, set.hash) << "the document alone gives the same recipe";
  EXPECT_EQ(again.gates[0].options.json("max"), "20 N");
}

TEST(RecipeParameters, AreRefusedWhereTheyDoNotMeasureWhatIsNeeded) {
  EXPECT_THAT(refusal(R"("gates": [{"kind": "range", "signal": "f.z", "max": "f_mux"}])"),
              testing::AllOf(HasSubstr("recipe.json: /gates/0/max: found \"f_mux\""),
                             HasSubstr("Did you mean 'f_max'?")));
  EXPECT_THAT(refusal(R"("segments": [{"kind": "window", "length": "f_max"}])"),
              HasSubstr("recipe.json: /segments/0/length: parameter 'f_max' is a force (N); a "
                        "duration is needed here"));
  EXPECT_THAT(refusal(R"("segments": [{"kind": "window", "length": "count"}])"),
              HasSubstr("has no unit"));
  EXPECT_THAT(refusal(R"("gates": [{"kind": "black", "max_share": "win"}])"),
              HasSubstr("/gates/0/max_share: parameter 'win' is a duration (s)"));
  EXPECT_THAT(refusal(R"("stills": {"at": ["first"], "quality": "half"})"),
              HasSubstr("a whole number is needed here"));
  EXPECT_THAT(refusal(R"("gates": [{"kind": "gaps", "max_gap": "on"}])"),
              HasSubstr("is not a number"));
}

}  // namespace
}  // namespace reelcell::pipeline
