#include "reelcell/base/json_array.hpp"

#include <gmock/gmock.h>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/base/json_shelf.hpp"
#include "support/support.hpp"

namespace reelcell {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class JsonArray : public ::testing::Test {
 protected:
  Json read(const std::string& text) {
    write_file_atomic(path_, text);
    elements_.clear();
    return read_json_array(path_, "samples",
                           [&](Json&& element) { elements_.push_back(std::move(element)); });
  }
  test::TempFolder folder_;  // tests run side by side
  fs::path path_ = folder_.path() / "document.json";
  std::vector<Json> elements_;
};

TEST_F(JsonArray, GivesTheElementsInOrderAndTheRest) {
  const Json rest = read(R"({"a": [1, {"samples": [7]}], "samples": [
    {"k": "x,]}\"", "n": [1, 2]}, 5, [ ], "s"], "z": "samples"})");
  EXPECT_THAT(elements_, ElementsAre(Json({{"k", "x,]}\""}, {"n", {1, 2}}}), Json(5), Json::array(),
                                     Json("s")));
  EXPECT_EQ(rest, Json::parse(R"({"a": [1, {"samples": [7]}], "z": "samples"})"));
}

TEST_F(JsonArray, TakesADocumentWithoutTheArrayAsItIs) {
  for (const char* text : {R"({"a": {"samples": [1]}})", R"({"samples": {"x": [1]}, "b": 2})",
                           R"({"samples": null})", R"(["samples", [1]])", R"({"x": "samples"})"}) {
    EXPECT_EQ(read(text), Json::parse(text)) << text;
    EXPECT_THAT(elements_, IsEmpty()) << text;
  }
  EXPECT_EQ(read(R"({"samples": [ ], "b": 1})"), Json({{"b", 1}}));
  EXPECT_THAT(elements_, IsEmpty());
}

TEST_F(JsonArray, SaysWhereInTheFileItIsNoJson) {
  for (const char* text : {"{\"samples\": [1,\n 2,\n nul]}", "{\"samples\": [1,\n 2,\n ]}",
                           "{\"samples\": [1, 2],\n\n x}"}) {
    try {
      read(text);
      ADD_FAILURE() << text;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("line 3")) << text;
    }
  }
  for (const char* cut : {"{\"samples\": [1", "{\"samples\": [1]", "{\"samples\": [\"", "{", ""})
    EXPECT_THROW(read(cut), InputError) << cut;
}

TEST_F(JsonArray, HashesEveryByte) {
  const std::string text = R"({"samples": [1, 2, 3], "b": 1})" + std::string(3u << 20, ' ');
  write_file_atomic(path_, text);
  Hasher hasher;
  EXPECT_EQ(read_json_array(path_, "samples", nullptr, &hasher), Json({{"b", 1}}));
  EXPECT_EQ(hasher.finish().sha256, hash_bytes(as_bytes(text)).sha256);
}

TEST(JsonShelf, GivesValuesBackInAnyOrder) {
  JsonShelf shelf;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(shelf.add({{"n", i}, {"x", 0.1 * i}}), std::size_t(i));
  for (const int i : {4, 0, 2, 2})
    EXPECT_EQ(shelf.at(std::size_t(i)), Json({{"n", i}, {"x", 0.1 * i}}));
  EXPECT_EQ(shelf.size(), 5u);
}

}  // namespace
}  // namespace reelcell
