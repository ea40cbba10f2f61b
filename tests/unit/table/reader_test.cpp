#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/table/parquet.hpp"
#include "support/support.hpp"

namespace reelcell::table {
namespace {

const std::string kSo101 =
    "lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/"
    "lerobot_dataset_example";

struct Table {
  std::vector<Column> columns;
  std::size_t rows = 0, batches = 0, longest_batch = 0;
};
Table read_all(ParquetReader reader) {
  Table out;
  std::vector<Column> batch;
  std::size_t rows = 0;
  while (reader.next(batch, rows)) {
    if (out.columns.empty())
      out.columns = batch;
    else
      for (std::size_t i = 0; i < batch.size(); ++i) out.columns[i].append_rows(batch[i], 0, rows);
    out.rows += rows;
    ++out.batches;
    out.longest_batch = std::max(out.longest_batch, rows);
  }
  return out;
}

/// Without the fsync of write_file_atomic(): these tests write thousands of files.
void write_plain(const fs::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

template <class Body>
std::string message_of(Body&& body) {
  try {
    body();
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing was thrown";
}
#define EXPECT_SAYS(text, ...)                                                                  \
  EXPECT_PRED2([](const std::string& message,                                                   \
                  const std::string& part) { return message.find(part) != std::string::npos; }, \
               message_of([&] { (void)(__VA_ARGS__); }), std::string(text))

TEST(ParquetInfo, TellsTheRowGroupsAndColumnsOfARealFile) {
  const ParquetInfo info =
      parquet_info(test::data_path(kSo101 + "/data/chunk-000/file-000.parquet"));
  EXPECT_EQ(info.rows, 1782u);
  EXPECT_EQ(info.row_groups, (std::vector<std::uint64_t>{383, 386, 379, 382, 90, 162}));
  ASSERT_EQ(info.columns.size(), 7u);
  EXPECT_EQ(info.columns[0].name, "observation.state");
  EXPECT_EQ(info.columns[0].dtype, DType::kFloat32);
  EXPECT_EQ(info.columns[0].list_depth, 1);
  EXPECT_EQ(info.columns[3].name, "frame_index");
  EXPECT_EQ(info.columns[3].dtype, DType::kInt64);
  EXPECT_EQ(info.columns[3].list_depth, 0);
  EXPECT_EQ(info.key_values[0].first, "huggingface");
}

TEST(ParquetReader, ReadsAnEpisodeOutOfARealFile) {
  const Table table =
      read_all(ParquetReader(test::data_path(kSo101 + "/data/chunk-000/file-000.parquet"),
                             {"frame_index", "observation.state", "timestamp"}, 383, 386));
  EXPECT_EQ(table.rows, 386u);
  EXPECT_EQ(table.columns[1].spec.width, 6u);
  EXPECT_EQ(table.columns[1].spec.dtype, DType::kFloat32);
  const auto& frame = std::get<std::vector<std::int64_t>>(table.columns[0].data);
  for (std::size_t row = 0; row < table.rows; ++row) {
    EXPECT_EQ(frame[row], static_cast<std::int64_t>(row));
    EXPECT_NEAR(table.columns[2].number(row), static_cast<double>(row) / 30, 1e-5);
  }
}

TEST(ParquetReader, GivesAnyRangeOfRowsInFileOrder) {
  const test::TempFolder folder;
  ParquetWriter writer(folder / "a.parquet", {{"i", DType::kInt64, 0}}, {});
  for (std::int64_t i = 0; i < 10'000; ++i) {
    writer.append_row({i});
    if (i % 700 == 699) writer.end_row_group();
  }
  writer.close();
  for (const auto& [first, count] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {0, ~0ull}, {0, 0}, {699, 2}, {5000, 3000}, {9999, 5}, {10'000, 5}, {20'000, ~0ull}}) {
    const Table table = read_all(ParquetReader(folder / "a.parquet", {"i"}, first, count));
    const std::uint64_t expected =
        first >= 10'000 ? 0 : std::min<std::uint64_t>(count, 10'000 - first);
    ASSERT_EQ(table.rows, expected) << first;
    EXPECT_LE(table.longest_batch, 2048u);
    for (std::size_t row = 0; row < table.rows; ++row)
      ASSERT_EQ(table.columns[0].number(row), static_cast<double>(first + row));
  }
}

TEST(ParquetReader, FlattensNestedListsAndShowsMissingNumbersAsNaN) {
  const test::TempFolder folder;
  ParquetWriter writer(folder / "a.parquet", {{"m", DType::kFloat64, 3}, {"s", DType::kString, 1}},
                       {});
  writer.append_row({Json::parse("[[[1,2]],[[3,null]]]"), {"a", "b"}});
  writer.append_row({Json::parse("[[[5,6]],[[7,8]]]"), {"c", Json()}});
  writer.close();
  const Table table = read_all(ParquetReader(folder / "a.parquet", {}));
  EXPECT_EQ(table.columns[0].spec.width, 4u);
  EXPECT_EQ(table.columns[0].number(0, 2), 3);
  EXPECT_TRUE(std::isnan(table.columns[0].number(0, 3)));
  EXPECT_EQ(table.columns[0].number(1, 3), 8);
  EXPECT_EQ(std::get<std::vector<std::string>>(table.columns[1].data),
            (std::vector<std::string>{"a", "b", "c", ""}));
}

TEST(ParquetReader, NamesTheRowWhoseListHasAnotherLength) {
  const test::TempFolder folder;
  ParquetWriter writer(folder / "a.parquet", {{"q", DType::kFloat32, 1}, {"n", DType::kInt64, 0}},
                       {});
  for (int row = 0; row < 3000; ++row)
    writer.append_row({row == 2500 ? Json{1.0} : Json{1.0, 2.0}, row == 2700 ? Json() : Json(row)});
  writer.close();
  EXPECT_SAYS("row 2500 has a list of 1, the rows before it have 2",
              read_all(ParquetReader(folder / "a.parquet", {"q"})));
  EXPECT_SAYS("'n': row 2700 has no value", read_all(ParquetReader(folder / "a.parquet", {"n"})));
  EXPECT_SAYS("Did you mean 'n'", ParquetReader(folder / "a.parquet", {"nn"}));
}

TEST(ParquetReader, TakesNamesWithPatternCharacters) {
  const test::TempFolder folder;
  for (const char* name : {"a[1].parquet", "a*b?.parquet", "it's.parquet"}) {
    ParquetWriter writer(folder / name, {{"name", DType::kString, 0}}, {});
    writer.append_row({name});
    writer.close();
    EXPECT_EQ(read_parquet_rows(folder / name)[0]["name"], name);
  }
}

TEST(ParquetInfo, RefusesWhatIsNotWhole) {
  const test::TempFolder folder;
  ParquetWriter writer(folder / "a.parquet", {{"q", DType::kFloat32, 1}, {"n", DType::kInt64, 0}},
                       {});
  for (int row = 0; row < 30; ++row) writer.append_row({Json{0.5, row}, row});
  writer.close();
  const Bytes whole = read_binary_file(folder / "a.parquet");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_plain(folder / "cut.parquet", as_text(ByteView(whole).first(size)));
    EXPECT_THROW(parquet_info(folder / "cut.parquet"), InputError) << size;
    EXPECT_THROW(read_parquet_rows(folder / "cut.parquet"), InputError) << size;
  }
  write_plain(folder / "text.parquet", "this is not a Parquet file, but long enough");
  EXPECT_SAYS("text.parquet: not a Parquet file, or cut", parquet_info(folder / "text.parquet"));
  EXPECT_THROW(parquet_info(folder / "missing.parquet"), InputError);
}

/// Reads all of it and a part of it; true when it was refused.
bool refused(const fs::path& path) {
  bool any = false;
  for (const auto& [first, count] :
       std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, ~0ull}, {12, 5}}) {
    try {
      read_all(ParquetReader(path, {}, first, count));
    } catch (const InputError&) {
      any = true;
    }
  }
  return any;
}

TEST(ParquetReader, SurvivesEveryFlippedByteAndReadsTheNextFileAllTheSame) {
  const test::TempFolder folder;
  ParquetWriter writer(folder / "a.parquet", {{"q", DType::kFloat32, 1}, {"s", DType::kString, 0}},
                       {"snappy", {{"key", "value"}}});
  for (int row = 0; row < 30; ++row) {
    writer.append_row({Json{0.5, row}, "text " + std::to_string(row % 3)});
    if (row % 10 == 9) writer.end_row_group();
  }
  writer.close();
  const Bytes whole = read_binary_file(folder / "a.parquet");
  std::size_t count = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes damaged = whole;
    damaged[at] ^= 0xff;
    // Another name each time: footers are kept by path, size and time.
    const fs::path path = folder / (std::to_string(at) + ".parquet");
    write_plain(path, as_text(damaged));
    count += refused(path);
    fs::remove(path);
  }
  EXPECT_GT(count, whole.size() / 10);
  EXPECT_FALSE(refused(folder / "a.parquet"));
}

TEST(ReadParquetRows, RefusesMoreThanTheLimit) {
  const auto path = test::data_path(kSo101 + "/data/chunk-000/file-000.parquet");
  EXPECT_SAYS("has 1782 rows, at most 1000", read_parquet_rows(path, 1000));
}

}  // namespace
}  // namespace reelcell::table
