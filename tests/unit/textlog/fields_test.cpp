#include "reelcell/textlog/fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "reelcell/textlog/options.hpp"
#include "reelcell/textlog/table.hpp"

namespace reelcell::textlog {
namespace {
using testing::ElementsAre;

TEST(TextLogFields, GuessesTheTimeColumnByName) {
  const auto guess = [](std::vector<std::string> names) { return guess_time_column(names); };
  EXPECT_EQ(guess({"a", "time", "t"}), 1u);
  EXPECT_EQ(guess({"x", "__time"}), 1u);
  EXPECT_EQ(guess({"temperature", "t_ns"}), 1u);
  EXPECT_EQ(guess({"host_time_us", "timestamp [ms]"}), 1u);
  EXPECT_EQ(guess({"header.stamp", "q"}), 0u);
  EXPECT_EQ(guess({"q", "SampleTimeUtc"}), 1u);
  EXPECT_EQ(guess({"q", "torque"}), std::nullopt);
}

TEST(TextLogFields, TellsUnixTimesByTheirSize) {
  EXPECT_EQ(guess_time_unit("time", "1769850000.25").unit, TimeUnit::kSeconds);
  EXPECT_EQ(guess_time_unit("time", "1769850000250").unit, TimeUnit::kMilliseconds);
  EXPECT_EQ(guess_time_unit("time", "1769850000250000").unit, TimeUnit::kMicroseconds);
  EXPECT_EQ(guess_time_unit("time", "1769850000250000000").unit, TimeUnit::kNanoseconds);
  EXPECT_FALSE(guess_time_unit("time", "0.25").assumed);
  EXPECT_TRUE(guess_time_unit("time", "25").assumed);
  EXPECT_EQ(guess_time_unit("x_ms", "2026-01-31T10:00:00Z").unit, TimeUnit::kRfc3339);
}

TEST(TextLogFields, TypesValuesAndKeepsPaddedNumbersAsText) {
  EXPECT_EQ(parse_value(" 12 "), Value(std::int64_t{12}));
  EXPECT_EQ(parse_value("+1.5"), Value(1.5));
  EXPECT_EQ(parse_value("TRUE"), Value(true));
  EXPECT_EQ(parse_value("007"), Value(std::string("007")));
  EXPECT_EQ(parse_value("0.5"), Value(0.5));
  EXPECT_EQ(parse_value("N/A"), Value());
  EXPECT_EQ(parse_value("12 mm"), Value(std::string("12 mm")));
  EXPECT_EQ(parse_value("inf"), Value(std::string("inf")));
  EXPECT_EQ(parse_value("1E1"), Value(std::string("1E1")));
  EXPECT_EQ(parse_value("1e+01"), Value(10.0));
  EXPECT_EQ(parse_value("1.0E1"), Value(10.0));
  EXPECT_EQ(parse_value("1e-05"), Value(1e-5));
}

TEST(TextLogFields, LeavesWhatThingsAreCalledAsItIs) {
  for (const char* name : {"point", "part_id", "id", "partId", "meta.serial", "target_point"})
    EXPECT_TRUE(is_id_name(name)) << name;
  for (const char* name : {"width", "score", "valid", "fluid", "depart"})
    EXPECT_FALSE(is_id_name(name)) << name;
  for (const char* text : {"1E1", "nan", "true", "1.10", "007", "+5", "none", "-"})
    EXPECT_EQ(parse_id(text), Value(std::string(text))) << text;
  EXPECT_EQ(parse_id("12"), Value(std::int64_t{12}));
  EXPECT_EQ(parse_id(" "), Value());
}

TEST(TextLogFields, SplitsKnownUnitsOffNames) {
  EXPECT_EQ(split_unit("w_x [rad/s]").unit, "rad/s");
  EXPECT_EQ(split_unit("w_x [rad/s]").name, "w_x");
  EXPECT_EQ(split_unit("p(m)").unit, "m");
  EXPECT_EQ(split_unit("position[0]").name, "position[0]");
  EXPECT_EQ(split_unit("note (free text)").unit, "");
}

TEST(TextLogOptions, GroupsWholeRunsOnly) {
  const auto columns = group_names({"q_1", "q_0", "v", "x_1", "x_3", "m.1", "m.2", "one_0"});
  std::vector<std::string> names;
  for (const ColumnRequest& column : columns) names.push_back(column.name);
  EXPECT_THAT(names, ElementsAre("q", "v", "x_1", "x_3", "m", "one_0"));
  EXPECT_THAT(columns[0].from, ElementsAre("q_0", "q_1"));
}

TEST(BatchBuilder, GivesOnlyAcceptedRowsAndStaysSmallForWideTables) {
  BatchBuilder builder({{"a", DType::kFloat64, 1, "", {}}, {"n", DType::kUInt8, 1, "", {}}});
  builder.start();
  EXPECT_EQ(builder.store({0, 0}, "1.5"), BatchBuilder::Stored::kValue);
  EXPECT_EQ(builder.store({1, 0}, "255"), BatchBuilder::Stored::kValue);
  builder.accept(stream_time(1));
  EXPECT_EQ(builder.store({0, 0}, "x"), BatchBuilder::Stored::kBad);
  EXPECT_EQ(builder.store({0, 0}, ""), BatchBuilder::Stored::kMissing);
  EXPECT_EQ(builder.store({1, 0}, "256"), BatchBuilder::Stored::kBad);
  SeriesBatch batch;
  builder.take(batch);
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(batch.columns[0].number(0), 1.5);
  EXPECT_EQ(batch.columns[1].number(0), 255);

  BatchBuilder wide({{"w", DType::kFloat64, 100'000, "", {}}});
  wide.start();
  std::size_t rows = 0;
  for (; !wide.full(); ++rows) wide.accept(stream_time(static_cast<std::int64_t>(rows)));
  EXPECT_EQ(rows, 16u);
}
}  // namespace
}  // namespace reelcell::textlog
