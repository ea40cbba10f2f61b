#include "reelcell/base/json.hpp"

#include <gtest/gtest.h>

#include "reelcell/base/error.hpp"

namespace reelcell {
namespace {

std::string nested(int levels) {
  const auto count = static_cast<std::size_t>(levels);
  return std::string(count, '[') + "1" + std::string(count, ']');
}

TEST(ParseJson, RefusesDeepNestingBeforeTheParserSeesIt) {
  EXPECT_NO_THROW(parse_json(nested(200), "a.json"));
  try {
    parse_json(nested(201), "a.json");
    FAIL() << "201 levels were accepted";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("200 levels"), std::string::npos) << error.what();
  }
  EXPECT_THROW(parse_json(std::string(1'000'000, '['), "a.json"), InputError);
}

TEST(ParseJson, CountsNoBracketsWithinStrings) {
  const std::string brackets(300, '[');
  EXPECT_EQ(parse_json("{\"a\\\"" + brackets + "\": \"\\\\\"}", "a.json").size(), 1u);
  EXPECT_THROW(parse_json("\"\\", "a.json"), InputError);
}

}  // namespace
}  // namespace reelcell
