#include <gmock/gmock.h>

#include "../../../lib/src/readers/mcap/internal/codec/json_scanner.hpp"
#include "codec_support.hpp"

namespace reelcell::test::codec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Log json_log(const std::string& schema, const std::vector<std::string>& messages) {
  std::vector<Bytes> data;
  for (const std::string& text : messages) data.emplace_back(text.begin(), text.end());
  if (!schema.empty()) return one_topic("v", "jsonschema", schema, "json", data);
  Log log;
  log.channel(1, 0, "/t", "json");
  std::uint64_t time = 1'000'000'000;
  for (const Bytes& bytes : data) log.message(1, time, time, bytes), time += 1000;
  return log;
}

constexpr const char* kSchema = R"({"type":"object","properties":{
  "n":{"type":"integer"},"v":{"type":["null","number"]},"ok":{"type":"boolean"},"s":{"type":"string"},
  "t":{"$ref":"#/$defs/time"},"a":{"type":"array","items":{"type":"integer"}},
  "p":{"type":"object","properties":{"x":{"type":"number"}}}},
  "$defs":{"time":{"type":"object","properties":{"sec":{"type":"integer"},"nsec":{"type":"integer"}}}}})";

TEST(JsonCodec, ReadsWhatItsSchemaDescribes) {
  Diagnostics diagnostics;
  const SeriesBatch rows = series(
      json_log(
          kSchema,
          {R"({"n":9007199254740993,"v":1,"ok":true,"s":"a\u00e9\n\ud83d\ude00","t":{"sec":5,"nsec":6},"a":[1,2],"p":{"x":1e-3}})",
           R"( { "p" : {"x":-0.5} , "a":[3, 4], "t":{"nsec":8,"sec":7}, "s":"", "ok":false, "v":null, "n":-1 } )"}),
      diagnostics);
  EXPECT_THAT(names(rows), ElementsAre("n", "v", "ok", "s", "t", "a", "p.x", "log_time",
                                       "publish_time", "sequence"));
  EXPECT_THAT(integers(rows, "n"), ElementsAre(9007199254740993, -1));
  EXPECT_EQ(numbers(rows, "v")[0], 1);
  EXPECT_TRUE(std::isnan(numbers(rows, "v")[1]));
  EXPECT_THAT(integers(rows, "ok"), ElementsAre(1, 0));
  EXPECT_THAT(texts(rows, "s"), ElementsAre("a\xC3\xA9\n\xF0\x9F\x98\x80", ""));
  EXPECT_THAT(integers(rows, "t"), ElementsAre(5'000'000'006, 7'000'000'008));
  EXPECT_THAT(integers(rows, "a"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(numbers(rows, "p.x"), ElementsAre(1e-3, -0.5));
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(JsonCodec, ReadsMessagesWithoutASchema) {
  Diagnostics diagnostics;
  const SeriesBatch rows = series(
      json_log("", {R"({"v":0,"stamp_ns":1732624798239825408,"m":[[1,2],[3,4]]})",
                    R"({"v":0.5,"stamp_ns":1732624798239825409,"m":[[5,6],[7,NaN]],"new":"x"})"}),
      diagnostics);
  EXPECT_THAT(names(rows), ElementsAre("v", "stamp_ns", "m[0]", "m[1]", "new", "log_time",
                                       "publish_time", "sequence"));
  EXPECT_THAT(numbers(rows, "v"), ElementsAre(0, 0.5));
  EXPECT_THAT(integers(rows, "stamp_ns"), ElementsAre(1732624798239825408, 1732624798239825409));
  EXPECT_THAT(numbers(rows, "m[0]"), ElementsAre(1, 2, 5, 6));
  EXPECT_TRUE(std::isnan(numbers(rows, "m[1]")[3]));
  EXPECT_THAT(texts(rows, "new"), ElementsAre("", "x"));
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(JsonCodec, CountsAMessageTornAtAnyByte) {
  const std::string whole = R"({"n":1,"s":"a\"b","a":[1,2],"p":{"x":2.5},"ok":true})";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Diagnostics diagnostics;
    const SeriesBatch rows =
        series(json_log(kSchema, {whole, whole.substr(0, size), whole}), diagnostics);
    EXPECT_EQ(rows.size(), 2u) << size;
    EXPECT_EQ(diagnostics.count("mcap-undecodable-message"), 1u) << size;
  }
}

TEST(JsonCodec, CountsAMissingIntegerUnlessItMayBeNan) {
  std::vector<std::string> messages(20, R"({"n":1,"v":1})");
  messages.push_back(R"({"v":2})");
  messages.push_back(R"({"n":1.5,"v":3})");
  Diagnostics diagnostics;
  EXPECT_EQ(series(json_log(kSchema, messages), diagnostics).size(), 20u);
  EXPECT_EQ(diagnostics.count("mcap-missing-integer"), 2u);
  EXPECT_THAT(message_of(diagnostics, "mcap-missing-integer"), HasSubstr("'n'"));
  Diagnostics relaxed;
  const SeriesBatch rows = series(json_log(kSchema, messages), relaxed, {{"integers", "float64"}});
  ASSERT_EQ(rows.size(), 22u);
  EXPECT_TRUE(std::isnan(numbers(rows, "n")[20]));
  EXPECT_EQ(numbers(rows, "n")[21], 1.5);
}

TEST(JsonCodec, AddressesElementsOfArrays) {
  Diagnostics diagnostics;
  const SeriesBatch rows = series(json_log("", {R"({"q":[1,2,3]})", R"({"q":[4]})"}), diagnostics,
                                  Json::object(), "/t.q[2]");
  EXPECT_EQ(numbers(rows, "q[2]")[0], 3);
  EXPECT_TRUE(std::isnan(numbers(rows, "q[2]")[1]));
}

TEST(JsonCodec, ReadsABareValue) {
  Diagnostics diagnostics;
  EXPECT_THAT(numbers(series(json_log("", {"1.5", " -2 "}), diagnostics), "value"),
              ElementsAre(1.5, -2));
}

TEST(JsonCodec, SurvivesDeepAndSelfReferentialInput) {
  Diagnostics diagnostics;
  const std::string deep(100'000, '[');
  EXPECT_EQ(series(json_log("", {deep, deep}), diagnostics).size(), 0u);
  const std::string loop =
      R"({"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"},"v":{"type":"number"}}})";
  const auto recording = open(one_topic("v", "jsonschema", loop, "json", {}).bytes(), diagnostics);
  EXPECT_EQ(recording->streams().size(), 1u);
}

TEST(JsonScanner, SkipsAnyValueWhole) {
  for (const char* text :
       {"{\"a\":[1,{\"b\":\"]}\\\"\"}],\"c\":null}", "[]", "true", "-1.5e3", "\"x\""}) {
    readers::mcap::JsonScanner scan(text);
    EXPECT_TRUE(scan.skip()) << text;
    EXPECT_TRUE(scan.done()) << text;
  }
  for (const char* text : {"", "{", "[1,", "tru", "\"x", "]", "-", "nan"}) {
    readers::mcap::JsonScanner scan(text);
    EXPECT_FALSE(scan.skip() && scan.done()) << text;
  }
}

}  // namespace
}  // namespace reelcell::test::codec
