#include "reelcell/base/json.hpp"

#include <gtest/gtest.h>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "support/support.hpp"

namespace reelcell {
namespace {

using test::TempFolder;

std::string nested(int levels) {
  const auto count = static_cast<std::size_t>(levels);
  return std::string(count, '[') + "1" + std::string(count, ']');
}

TEST(ReadJsonFileWithout, LeavesOutOneMemberOfTheTopLevelOnly) {
  const TempFolder folder;
  const Json document = {
      {"version", 1}, {"samples", {{{"samples", 1}}, {{"x", {1, 2}}}}}, {"rest", {{"samples", 2}}}};
  write_file_atomic(folder / "a.json", dump_json(document));
  EXPECT_EQ(read_json_file_without(folder / "a.json", "samples").dump(),
            R"({"version":1,"rest":{"samples":2}})");
  EXPECT_EQ(read_json_file_without(folder / "a.json", "other"), document);
}

TEST(ReadJsonFileWithout, NamesTheFileThatIsNoDocument) {
  const TempFolder folder;
  write_file_atomic(folder / "torn.json", R"({"samples": [1,)");
  write_file_atomic(folder / "deep.json", R"({"x": )" + std::string(500, '['));
  for (const char* name : {"torn.json", "deep.json", "none.json"}) try {
      read_json_file_without(folder / name, "samples");
      ADD_FAILURE() << name << " was read";
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
    }
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
