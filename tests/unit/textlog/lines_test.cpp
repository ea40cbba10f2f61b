#include "reelcell/textlog/lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "support/readers.hpp"

namespace reelcell::textlog {
namespace {
using testing::ElementsAre;

std::shared_ptr<const InputFile> file_of(const test::TextFile& file) {
  return std::make_shared<const InputFile>(file.path());
}
std::vector<std::string> all_lines(const test::TextFile& file, std::uint64_t offset = 0) {
  LineReader reader(file_of(file), offset);
  std::vector<std::string> lines;
  Line line;
  while (reader.next(line)) lines.emplace_back(line.text);
  return lines;
}

TEST(LineReader, TakesOffLineEndsAndTheByteOrderMark) {
  EXPECT_THAT(all_lines({"a",
                         "\xEF\xBB\xBF"
                         "one\r\ntwo\n\nthree"}),
              ElementsAre("one", "two", "", "three"));
  EXPECT_THAT(all_lines({"a", ""}), ElementsAre());
  EXPECT_THAT(all_lines({"a", "\n"}), ElementsAre(""));
  EXPECT_THAT(all_lines({"a", "one\ntwo\n"}, 4), ElementsAre("two"));
}

TEST(LineReader, SaysWhereALineStandsAndWhetherItIsWhole) {
  const test::TextFile file("a", "one\ntwo\nthr");
  LineReader reader(file_of(file));
  Line line;
  ASSERT_TRUE(reader.next(line) && reader.next(line));
  EXPECT_EQ(line.number, 2u);
  EXPECT_EQ(line.offset, 4u);
  EXPECT_TRUE(line.terminated);
  EXPECT_EQ(reader.next_offset(), 8u);
  ASSERT_TRUE(reader.next(line));
  EXPECT_FALSE(line.terminated);
  EXPECT_FALSE(reader.next(line));
}

TEST(LineReader, AgreesWithASplitOfTheWholeText) {
  std::mt19937 random(4);
  std::string text;
  std::vector<std::string> expected;
  while (text.size() < 5 * LineReader::kBlock / 2) {
    const std::size_t length = random() % 50 == 0 ? random() % 300'000 : random() % 90;
    expected.emplace_back(length, static_cast<char>('a' + random() % 26));
    text += expected.back() + "\n";
  }
  EXPECT_EQ(all_lines({"a", text}), expected);
}

TEST(LineReader, SkipsALineBeyondTheLimitAndGoesOn) {
  const test::TextFile file("a", "one\n" + std::string(3 * LineReader::kBlock, 'x') + "\nlast\n");
  LineReader reader(file_of(file), 0, 1, LineReader::kBlock);
  Line line;
  ASSERT_TRUE(reader.next(line) && reader.next(line));
  EXPECT_TRUE(line.too_long);
  EXPECT_EQ(line.number, 2u);
  EXPECT_LE(line.text.size(), 200u);
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line.text, "last");
  EXPECT_EQ(line.number, 3u);
  EXPECT_FALSE(reader.next(line));
}

TEST(LineReader, ExtendsARecordOverLinesAndTakesItBack) {
  const std::string big(LineReader::kBlock - 3, 'b');
  const test::TextFile file("a", "first\n" + big + "\nthird\nfourth");
  LineReader reader(file_of(file));
  Line line;
  ASSERT_TRUE(reader.next(line));
  ASSERT_TRUE(reader.extend(line) && reader.extend(line));
  EXPECT_EQ(line.text, "first\n" + big + "\nthird");
  ASSERT_TRUE(reader.extend(line));
  EXPECT_FALSE(line.terminated);
  EXPECT_FALSE(reader.extend(line));
  reader.shrink(line);
  EXPECT_EQ(line.text, "first");
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line.text, big);
  EXPECT_EQ(line.number, 2u);
  ASSERT_TRUE(reader.next(line) && reader.next(line));
  EXPECT_EQ(line.text, "fourth");
  EXPECT_EQ(line.number, 4u);
}
}  // namespace
}  // namespace reelcell::textlog
