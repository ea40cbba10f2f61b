#include "reelcell/audit/schema_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reelcell::audit {
namespace {
using testing::HasSubstr;

const Json& stages() {
  static const Json schema = Json::parse(R"json({
    "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false,
    "required": ["version"],
    "properties": {
      "version": {"const": 1},
      "from": {"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]},
      "action": {"enum": ["drop", "quarantine"]},
      "rate": {"type": "number", "exclusiveMinimum": 0, "description": "Rows a second [Hz]"},
      "gates": {"type": "array", "items": {"oneOf": [
        {"type": "object", "additionalProperties": false, "required": ["kind"], "properties": {
          "kind": {"const": "gaps"},
          "max_gap": {"type": "string", "pattern": "^[0-9]+ms$", "examples": ["500ms"], "description": "Longest gap"}}},
        {"type": "object", "additionalProperties": false, "required": ["kind", "signal"], "properties": {
          "kind": {"const": "range"}, "signal": {"$ref": "#/definitions/signal"}}}]}}
    },
    "definitions": {"signal": {"type": "string", "description": "Column to check"}}
  })json");
  return schema;
}

std::vector<std::string> told(const char* document) {
  Findings findings;
  const bool fits = check_schema(stages(), Json::parse(document), "recipe.json", findings);
  EXPECT_EQ(fits, findings.all().empty());
  std::vector<std::string> lines;
  for (const Finding& finding : findings.all()) {
    EXPECT_EQ(finding.code, "DOC-SCHEMA");
    EXPECT_EQ(finding.path, "recipe.json");
    lines.push_back(finding.where + ": " + finding.message);
  }
  return lines;
}

TEST(SchemaCheck, TellsAMistypedNameOnceWithTheNamesThatThereAre) {
  EXPECT_THAT(told(R"({"version": 1, "gates": [{"kind": "gaps", "max_gapp": "5ms"}]})"),
              testing::ElementsAre("/gates/0/max_gapp: unknown key 'max_gapp'; allowed: 'kind' or "
                                   "'max_gap'. Did you mean 'max_gap'?"));
  EXPECT_THAT(told(R"({"version": 1, "gatess": []})"),
              testing::ElementsAre(HasSubstr("/gatess: unknown key 'gatess'")));
  EXPECT_THAT(told(R"({"version": 1, "action": "dropp"})"),
              testing::ElementsAre("/action: unknown value 'dropp'; allowed: 'drop' or "
                                   "'quarantine'. Did you mean 'drop'?"));
}

TEST(SchemaCheck, SpeaksOnlyOfTheStageThatTheDocumentNames) {
  EXPECT_THAT(told(R"({"version": 1, "gates": [{"kind": "range"}]})"),
              testing::ElementsAre("/gates/0: 'signal' is missing"));
  EXPECT_THAT(told(R"({"version": 1, "gates": [{"kind": "rang", "signal": "f"}]})"),
              testing::ElementsAre("/gates/0/kind: unknown kind 'rang'; allowed: 'gaps' or "
                                   "'range'. Did you mean 'range'?"));
  EXPECT_THAT(told(R"({"version": 1, "gates": [{"signal": "f"}]})"),
              testing::ElementsAre("/gates/0: 'kind' is missing; it is one of 'gaps' or 'range'"));
}

TEST(SchemaCheck, SaysWhatWasFoundAndWhatIsExpected) {
  EXPECT_THAT(told(R"({"version": 2})"), testing::ElementsAre("/version: found 2, expected 1"));
  EXPECT_THAT(told(R"({"version": 1, "gates": [{"kind": "gaps", "max_gap": "soon"}]})"),
              testing::ElementsAre("/gates/0/max_gap: found \"soon\", expected such as \"500ms\" "
                                   "(Longest gap)"));
  EXPECT_THAT(told(R"({"version": 1, "gates": [{"kind": "range", "signal": 3}]})"),
              testing::ElementsAre("/gates/0/signal: found 3, expected text (Column to check)"));
  EXPECT_THAT(told(R"({"version": 1, "rate": 0})"),
              testing::ElementsAre("/rate: found 0, expected more than 0 (Rows a second [Hz])"));
  EXPECT_THAT(told(R"({"version": 1, "from": 3})"),
              testing::ElementsAre("/from: found 3, expected text or a list"));
  EXPECT_THAT(told(R"({"version": 1, "from": ["a", 3]})"),
              testing::ElementsAre("/from/1: found 3, expected text"));
  EXPECT_THAT(told("[]"), testing::ElementsAre("/: found a list, expected an object"));
}

TEST(SchemaCheck, TellsEachOfSeveralMistakes) {
  EXPECT_THAT(told(R"({"version": 1, "rate": "x", "action": 3, "gates": [{"kind": "gap"}, 7]})"),
              testing::SizeIs(4));
  EXPECT_TRUE(told(R"({"version": 1, "from": "a", "gates": [{"kind": "gaps", "max_gap": "5ms"}]})")
                  .empty());
}

}  // namespace
}  // namespace reelcell::audit
