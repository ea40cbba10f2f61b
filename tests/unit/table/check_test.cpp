#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>

#include "../../../lib/src/table/internal/footer.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/table/parquet.hpp"
#include "reelcell/table/parquet_check.hpp"
#include "support/support.hpp"

namespace reelcell::table {
namespace {

constexpr std::int64_t kLeast = 0x0102030405060708;  // told apart in the footer's bytes
constexpr std::int64_t kRows = 50;

class CheckParquet : public ::testing::Test {
 protected:
  /// Three row groups; the integers of group g run from kLeast + 1000 g.
  void SetUp() override {
    path_ = folder_ / "table.parquet";
    ParquetWriter writer(
        path_,
        {{"number", DType::kInt64, 0}, {"state", DType::kFloat32, 1}, {"name", DType::kString, 0}},
        {.compression = "uncompressed", .key_values = {}});
    for (std::int64_t group = 0; group < 3; ++group) {
      for (std::int64_t i = 0; i < kRows; ++i)
        writer.append_row({kLeast + 1000 * group + i, Json::array({i, 2 * i}),
                           "name " + std::to_string(1000 * group + i)});
      writer.end_row_group();
    }
    writer.close();
    bytes_ = read_text_file(path_);
  }

  /// Changes bytes, checks, and returns "trouble @ where" of each problem.
  std::multiset<std::string> after(const std::function<void(std::string&)>& damage) {
    std::string bytes = bytes_;
    damage(bytes);
    const fs::path file = folder_ / "damaged.parquet";
    write_file_atomic(file, bytes);
    check_ = check_parquet(file);
    static const char* const kNames[] = {"footer", "place",      "count",
                                         "decode", "statistics", "loose"};
    std::multiset<std::string> found;
    for (const ParquetProblem& problem : check_.problems)
      found.insert(std::string(kNames[static_cast<int>(problem.trouble)]) + " @ " + problem.where);
    return found;
  }

  /// Position in the footer of an int64 as Parquet stores bounds; each is there as min or max.
  std::size_t bound_at(std::int64_t value) const {
    const std::size_t footer = read_footer(InputFile(path_)).start;
    const std::string text(reinterpret_cast<const char*>(&value), sizeof value);
    const std::size_t at = bytes_.find(text, footer);
    EXPECT_NE(at, std::string::npos);
    return at;
  }

  test::TempFolder folder_;
  fs::path path_;
  std::string bytes_;
  ParquetCheck check_;
};

TEST_F(CheckParquet, FindsNothingInAWholeFileAndCountsWhatItDecoded) {
  EXPECT_EQ(after([](std::string&) {}), (std::multiset<std::string>{}));
  EXPECT_EQ(check_.rows, 150u);
  EXPECT_EQ(check_.row_groups, 3u);
  EXPECT_EQ(check_.columns, 3u);
  EXPECT_EQ(check_.values, 150u * 4);
}

TEST_F(CheckParquet, NamesTheRowGroupAndColumnWhoseBoundsLeaveAValueOut) {
  const std::size_t at = bound_at(kLeast + 1000);
  const auto found = after([&](std::string& bytes) {
    // Writers state bounds in the old and the new fields; all copies of it move up by one.
    const std::string old = bytes.substr(at, 8);
    for (std::size_t i = at; i != std::string::npos; i = bytes.find(old, i)) ++bytes[i];
  });
  EXPECT_EQ(
      found,
      (std::multiset<std::string>{"statistics @ row group 1 (rows 50 to 99), column number"}));
  EXPECT_NE(check_.problems[0].message.find("minimum"), std::string::npos);
}

TEST_F(CheckParquet, BoundsThatNoValueReachesAreNoError) {
  const std::size_t at = bound_at(kLeast + 2000);
  const auto found = after([&](std::string& bytes) {
    const std::string old = bytes.substr(at, 8);
    for (std::size_t i = at; i != std::string::npos; i = bytes.find(old, i)) --bytes[i];
  });
  EXPECT_EQ(found,
            (std::multiset<std::string>{"loose @ row group 2 (rows 100 to 149), column number"}));
}

TEST_F(CheckParquet, PlacesDamagedPagesAndStillChecksTheOtherRowGroups) {
  const Footer footer = read_footer(InputFile(path_));
  const GroupBytes group = group_bytes(footer, 1);
  const auto found = after([&](std::string& bytes) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(group.begin), 16, '\xff');
  });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(*found.begin(), "decode @ row group 1 (rows 50 to 99), column number");
  EXPECT_EQ(check_.values, 100u * 4);
}

TEST_F(CheckParquet, AValueThatChangedOnTheDiskLiesOutsideOfTheBounds) {
  const std::int64_t value = kLeast + 1000 + 7;
  const std::string text(reinterpret_cast<const char*>(&value), sizeof value);
  const std::size_t at = bytes_.find(text);
  ASSERT_NE(at, std::string::npos);
  const auto found = after([&](std::string& bytes) { bytes[at + 7] = '\x7f'; });
  EXPECT_EQ(
      found,
      (std::multiset<std::string>{"statistics @ row group 1 (rows 50 to 99), column number"}));
}

TEST_F(CheckParquet, SaysThatACutFileHasNoFooter) {
  EXPECT_EQ(after([](std::string& bytes) { bytes.resize(bytes.size() / 2); }),
            (std::multiset<std::string>{"footer @ footer"}));
  EXPECT_EQ(after([](std::string& bytes) { bytes.clear(); }),
            (std::multiset<std::string>{"footer @ footer"}));
}

TEST_F(CheckParquet, NeverThrowsWhateverByteOfTheFooterIsFlipped) {
  const Footer footer = read_footer(InputFile(path_));
  for (std::size_t at = footer.start; at < bytes_.size(); at += 7)
    EXPECT_NO_THROW(after([&](std::string& bytes) {
      bytes[at] = static_cast<char>(bytes[at] ^ 0x15);
    })) << at;
}

}  // namespace
}  // namespace reelcell::table
