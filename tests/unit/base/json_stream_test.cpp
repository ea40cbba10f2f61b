#include "reelcell/base/json_stream.hpp"

#include <gtest/gtest.h>

namespace reelcell {
namespace {

void write_any(JsonStream& stream, const Json& json, int depth) {
  if (depth == 0 || !json.is_structured()) {
    stream.value(json);
    return;
  }
  if (json.is_object())
    stream.begin_object();
  else
    stream.begin_array();
  for (const auto& [name, item] : json.items()) {
    if (json.is_object()) stream.key(name);
    write_any(stream, item, depth - 1);
  }
  stream.end();
}

TEST(JsonStream, GivesTheBytesOfTheWholeDocumentAtEveryDepthOfStreaming) {
  const Json document = {{"a", 1},
                         {"empty", Json::object()},
                         {"none", Json::array()},
                         {"text \"quoted\"\n", "line\nbreak and \xff"},
                         {"deep", {{{"x", {1.5, nullptr, true}}}, Json::array({Json::array()}), 7}},
                         {"last", {{"y", {{"z", "ü"}}}}}};
  for (int depth = 0; depth < 6; ++depth) {
    std::string text;
    JsonStream stream([&](std::string_view part) { text += part; });
    write_any(stream, document, depth);
    if (depth == 0) text += "\n";  // a plain value has no end to follow
    EXPECT_EQ(text, dump_json(document)) << depth;
  }
}

TEST(JsonStream, TakesTheMembersOfAnObjectIntoTheOpenOne) {
  std::string text;
  JsonStream stream([&](std::string_view part) { text += part; });
  stream.begin_object();
  stream.member("first", 1);
  stream.members({{"second", {1, 2}}, {"third", "x"}});
  stream.end();
  EXPECT_EQ(text, dump_json({{"first", 1}, {"second", {1, 2}}, {"third", "x"}}));
}

TEST(JsonSpool, GivesBackWhatWasAddedAlsoBetweenAdditions) {
  JsonSpool spool;
  const auto all = [&] {
    Json list = Json::array();
    spool.for_each([&](Json&& json, std::uint64_t) { list.push_back(std::move(json)); });
    return list;
  };
  EXPECT_EQ(all(), Json::array());
  spool.add({{"b", 1}, {"a", {1.25, nullptr}}});
  EXPECT_EQ(all().dump(), R"([{"b":1,"a":[1.25,null]}])");
  spool.add(INT64_MIN);
  spool.add(UINT64_MAX);
  JsonSpool moved = std::move(spool);
  spool = std::move(moved);
  EXPECT_EQ(all().dump(), R"([{"b":1,"a":[1.25,null]},-9223372036854775808,18446744073709551615])");
  EXPECT_EQ(spool.size(), 3u);
}

}  // namespace
}  // namespace reelcell
