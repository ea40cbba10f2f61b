#include <gtest/gtest.h>
#include <malloc.h>

#include <cmath>
#include <limits>
#include <thread>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/table/parquet.hpp"
#include "support/support.hpp"

namespace reelcell::table {
namespace {

Json seen_by_hyparquet(const fs::path& path) {
  const auto result =
      test::run("node " + test::source_path("tests/independent/parquet_dump.mjs").string() + " '" +
                path.string() + "'");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return Json::parse(result.out);
}

Json seen_by_duckdb(const std::string& sql) {
  const auto result =
      test::run("node " + test::source_path("tests/independent/duckdb_query.mjs").string() + " \"" +
                sql + "\"");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return Json::parse(result.out);
}

const std::vector<ParquetColumn> kFrame = {{"index", DType::kInt64, 0},
                                           {"time", DType::kFloat32, 0},
                                           {"state", DType::kFloat32, 1},
                                           {"done", DType::kBool, 0},
                                           {"note", DType::kString, 0}};

/// Rows first .. first + count of a made-up episode.
std::vector<Column> frames(std::int64_t first, std::size_t count) {
  std::vector<std::int64_t> index, done;
  std::vector<double> time, state;
  std::vector<std::string> note;
  for (std::size_t row = 0; row < count; ++row) {
    const std::int64_t i = first + static_cast<std::int64_t>(row);
    index.push_back(i);
    time.push_back(static_cast<double>(i) / 30);
    for (int element = 0; element < 3; ++element)
      state.push_back(static_cast<double>(i) + 0.25 * element);
    done.push_back(row + 1 == count);
    note.push_back("row " + std::to_string(i));
  }
  return {Column{{"index", DType::kInt64}, index}, Column{{"time", DType::kFloat32}, time},
          Column{{"state", DType::kFloat32, 3}, state}, Column{{"done", DType::kBool}, done},
          Column{{"note", DType::kString}, note}};
}

void write_episodes(const fs::path& path, const std::vector<std::size_t>& lengths,
                    const ParquetWriter::Options& options = {}) {
  ParquetWriter writer(path, kFrame, options);
  std::int64_t first = 0;
  for (const std::size_t length : lengths) {
    writer.append(frames(first, length), length);
    writer.end_row_group();
    first += static_cast<std::int64_t>(length);
  }
  writer.close();
}

TEST(ParquetWriter, EndsRowGroupsWhereAskedAlsoBeyondOneVector) {
  const test::TempFolder folder;
  write_episodes(folder / "a.parquet", {3, 1, 5000, 2048, 2049});
  const ParquetInfo info = parquet_info(folder / "a.parquet");
  EXPECT_EQ(info.row_groups, (std::vector<std::uint64_t>{3, 1, 5000, 2048, 2049}));
  EXPECT_EQ(info.rows, 9101u);
}

TEST(ParquetWriter, IsReadBackByHyparquet) {
  const test::TempFolder folder;
  write_episodes(folder / "a.parquet", {2, 3},
                 {"snappy", {{"huggingface", R"({"a":"'x'"})"}, {"empty", ""}}});
  const Json seen = seen_by_hyparquet(folder / "a.parquet");
  EXPECT_EQ(seen["rows"], 5);
  EXPECT_EQ(seen["row_groups"], Json::parse("[2,3]"));
  EXPECT_EQ(seen["codecs"], Json::parse(R"(["SNAPPY"])"));
  EXPECT_EQ(seen["key_values"]["huggingface"], R"({"a":"'x'"})");
  EXPECT_EQ(seen["key_values"]["empty"], "");
  EXPECT_EQ(seen["schema"][3], Json::parse(R"(["state","","OPTIONAL","LIST"])"));
  EXPECT_EQ(seen["schema"][4], Json::parse(R"(["list","","REPEATED",""])"));
  EXPECT_EQ(seen["schema"][5], Json::parse(R"(["element","FLOAT","OPTIONAL",""])"));
  for (int row = 0; row < 5; ++row) {
    const Json& data = seen["data"][static_cast<std::size_t>(row)];
    EXPECT_EQ(data["index"], row);
    EXPECT_EQ(data["time"].get<double>(), static_cast<double>(static_cast<float>(row / 30.0)));
    EXPECT_EQ(data["state"], Json({row, row + 0.25, row + 0.5}));
    EXPECT_EQ(data["done"], row == 1 || row == 4);
    EXPECT_EQ(data["note"], "row " + std::to_string(row));
  }
}

TEST(ParquetWriter, IsReadBackByDuckDbsOwnClientWithPruningStatistics) {
  const test::TempFolder folder;
  write_episodes(folder / "a.parquet", {100, 3000});
  const std::string file = "'" + (folder / "a.parquet").string() + "'";
  const Json sums = seen_by_duckdb(
      "SELECT count(*), max(index), sum(state[3]), count(DISTINCT note) FROM " + file);
  EXPECT_EQ(sums, Json::parse(R"([["3100","3099",4805000,"3100"]])")) << sums;
  // Row group borders in the statistics must be those of the moved groups.
  const Json late = seen_by_duckdb("SELECT note FROM " + file + " WHERE index IN (99, 100, 3099)");
  EXPECT_EQ(late, Json::parse(R"([["row 99"],["row 100"],["row 3099"]])"));
}

TEST(ParquetWriter, WritesNestedListsAndMissingValuesFromJson) {
  const test::TempFolder folder;
  ParquetWriter writer(folder / "m.parquet",
                       {{"episode_index", DType::kInt64, 0},
                        {"tasks", DType::kString, 1},
                        {"stats/cam/mean", DType::kFloat64, 3},
                        {"count", DType::kInt64, 1}},
                       {});
  writer.append_row({0, {"pick", "place \"it\""}, Json::parse("[[[0.5]],[[0.25]],[[1]]]"), {383}});
  writer.append_row({1, Json::array(), Json(), Json::parse("[1,null,3]")});
  writer.append_row({2, {"grüße"}, Json::parse("[[[7,8],[]],null,[]]"), Json()});
  writer.close();
  const Json seen = seen_by_hyparquet(folder / "m.parquet")["data"];
  EXPECT_EQ(seen[0], Json::parse(R"({"episode_index":0,"tasks":["pick","place \"it\""],
                                     "stats/cam/mean":[[[0.5]],[[0.25]],[[1]]],"count":[383]})"));
  EXPECT_EQ(seen[1]["tasks"], Json::array());
  EXPECT_EQ(seen[1]["count"], Json::parse("[1,null,3]"));
  EXPECT_EQ(seen[2]["tasks"], Json::parse(R"(["grüße"])"));
  const Json by_duckdb = seen_by_duckdb("SELECT * FROM '" + (folder / "m.parquet").string() +
                                        "' WHERE episode_index = 2");
  EXPECT_EQ(by_duckdb[0][2], Json::parse("[[[7,8],[]],null,[]]"));
  EXPECT_TRUE(by_duckdb[0][3].is_null());
  const std::vector<Json> ours = read_parquet_rows(folder / "m.parquet");
  EXPECT_EQ(ours[0], seen[0]);
  EXPECT_EQ(ours[2]["stats/cam/mean"], by_duckdb[0][2]);
  const ParquetInfo info = parquet_info(folder / "m.parquet");
  EXPECT_EQ(info.columns[2].name, "stats/cam/mean");
  EXPECT_EQ(info.columns[2].list_depth, 3);
  EXPECT_EQ(info.columns[2].dtype, DType::kFloat64);
}

TEST(ParquetWriter, KeepsEveryTypeAndItsLimits) {
  const test::TempFolder folder;
  const std::vector<std::pair<DType, std::pair<Json, Json>>> types = {
      {DType::kInt8, {-128, 127}},
      {DType::kInt16, {-32768, 32767}},
      {DType::kInt32, {INT32_MIN, INT32_MAX}},
      {DType::kInt64, {INT64_MIN, INT64_MAX}},
      {DType::kUInt8, {0, 255}},
      {DType::kUInt16, {0, 65535}},
      {DType::kUInt32, {0, UINT32_MAX}},
      {DType::kUInt64, {0, INT64_MAX}},
      {DType::kBool, {false, true}},
      {DType::kFloat32, {-0.5, 3.0}},
      {DType::kFloat64, {std::numeric_limits<double>::lowest(), 0.1}},
      {DType::kString, {"", "x"}}};
  std::vector<ParquetColumn> columns;
  std::vector<Json> low, high;
  for (const auto& [type, limits] : types) {
    columns.push_back({std::string(to_string(type)), type, 0});
    low.push_back(limits.first);
    high.push_back(limits.second);
  }
  ParquetWriter writer(folder / "t.parquet", columns, {});
  writer.append_row(low);
  writer.append_row(high);
  writer.close();
  const std::vector<Json> rows = read_parquet_rows(folder / "t.parquet");
  const ParquetInfo info = parquet_info(folder / "t.parquet");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    EXPECT_EQ(info.columns[i].dtype, columns[i].dtype) << columns[i].name;
    EXPECT_EQ(rows[0][columns[i].name], low[i]) << columns[i].name;
    EXPECT_EQ(rows[1][columns[i].name], high[i]) << columns[i].name;
  }
}

TEST(ParquetWriter, MakesTheSameBytesAgain) {
  const test::TempFolder folder;
  for (const char* name : {"a.parquet", "b.parquet"})
    write_episodes(folder / name, {300, 2500, 1}, {"zstd", {{"k", "v"}}});
  EXPECT_EQ(read_binary_file(folder / "a.parquet"), read_binary_file(folder / "b.parquet"));
}

TEST(ParquetWriter, MakesTheSameBytesBesideOtherWriters) {
  const test::TempFolder folder;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&folder, i] {
      write_episodes(folder / (std::to_string(i) + ".parquet"), {300, 2500, 1, 40, 40, 40});
    });
  for (std::thread& thread : threads) thread.join();
  for (int i = 1; i < 4; ++i)
    EXPECT_EQ(read_binary_file(folder / (std::to_string(i) + ".parquet")),
              read_binary_file(folder / "0.parquet"));
}

TEST(ParquetWriter, ClosesGroupsByItselfSoThatMemoryIsBounded) {
  const test::TempFolder folder;
  ParquetWriter writer(folder / "a.parquet", {{"x", DType::kFloat64, 0}}, {});
  const std::vector<double> values(100'000, 1.5);
  for (int i = 0; i < 3; ++i)
    writer.append({Column{{"x", DType::kFloat64}, values}}, values.size());
  EXPECT_EQ(writer.rows(), 300'000u);
  EXPECT_EQ(writer.approximate_bytes(), 2'400'000u);
  writer.close();
  EXPECT_EQ(parquet_info(folder / "a.parquet").row_groups,
            (std::vector<std::uint64_t>{200'000, 100'000}));
}

TEST(ParquetWriter, HoldsNoEntryOfAGroupThatIsWritten) {
  const test::TempFolder folder;
  const auto held = [] {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  constexpr std::size_t kGroups = 1'000, kColumns = 40;  // 4 kB a group in the footer
  std::vector<ParquetColumn> columns;
  for (std::size_t i = 0; i < kColumns; ++i)
    columns.push_back({"c" + std::to_string(i), DType::kInt64, 0});
  ParquetWriter writer(folder / "many.parquet", columns, {});
  std::size_t before = 0;
  for (std::size_t group = 0; group < kGroups; ++group) {
    if (group == 100) before = held();  // DuckDB has set itself up
    writer.append_row(std::vector<Json>(kColumns, Json(group)));
    writer.end_row_group();
  }
  EXPECT_LT(held(), before + (1'500u << 10));
  writer.close();
  const std::string path = (folder / "many.parquet").string();
  const InputFile file(path);
  std::uint32_t footer = 0;
  file.read_at(file.size() - 8, {reinterpret_cast<std::uint8_t*>(&footer), 4});
  EXPECT_GT(footer, 2'500u << 10);
  // Every entry is in its place: an independent reader finds each group's bounds and rows.
  const Json seen = seen_by_duckdb(
      "SELECT count(*)::INT, sum(c39)::INT, (SELECT count(DISTINCT row_group_id)"
      "::INT FROM parquet_metadata('" +
      path + "')) FROM read_parquet('" + path + "')");
  EXPECT_EQ(seen, Json::parse("[[1000, 499500, 1000]]")) << seen;
}

TEST(ParquetWriter, AFileWithoutRowsStillHasItsColumns) {
  const test::TempFolder folder;
  write_episodes(folder / "a.parquet", {});
  EXPECT_EQ(seen_by_hyparquet(folder / "a.parquet")["rows"], 0);
  EXPECT_EQ(parquet_info(folder / "a.parquet").columns.size(), 5u);
  std::vector<Column> columns;
  std::size_t rows = 1;
  EXPECT_FALSE(ParquetReader(folder / "a.parquet", {}).next(columns, rows));
}

TEST(ParquetWriter, LeavesNothingBehindWithoutClose) {
  const test::TempFolder folder;
  {
    ParquetWriter writer(folder / "a.parquet", kFrame, {});
    writer.append(frames(0, 10), 10);
    writer.end_row_group();
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(ParquetWriter, NamesTheColumnOfAValueThatDoesNotFit) {
  const test::TempFolder folder;
  ParquetWriter writer(folder / "a.parquet", {{"small", DType::kInt8, 0}}, {});
  try {
    writer.append_row({"text"});
    FAIL() << "text in an integer column was taken";
  } catch (const OutputError& error) {
    EXPECT_NE(std::string(error.what()).find("'small' takes int8"), std::string::npos)
        << error.what();
  }
  ParquetWriter second(folder / "b.parquet", {{"small", DType::kInt8, 0}}, {});
  second.append_row({300});
  try {
    second.close();
    FAIL() << "300 in an int8 column was taken";
  } catch (const OutputError& error) {
    EXPECT_NE(std::string(error.what()).find("300 does not fit into int8"), std::string::npos)
        << error.what();
  }
}

TEST(ParquetWriter, ReplacesBytesThatAreNotUtf8) {
  const test::TempFolder folder;
  ParquetWriter writer(folder / "a.parquet", {{"s", DType::kString, 0}}, {});
  writer.append({Column{{"s", DType::kString}, std::vector<std::string>{"a\xff z"}}}, 1);
  writer.close();
  EXPECT_EQ(read_parquet_rows(folder / "a.parquet")[0]["s"], "a\xEF\xBF\xBD z");
}

TEST(ParquetWriter, SaysThatTheFolderCannotBeWritten) {
  EXPECT_THROW(ParquetWriter("/nonexistent/a.parquet", kFrame, {}), OutputError);
}

}  // namespace
}  // namespace reelcell::table
