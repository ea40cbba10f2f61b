// Parquet in and out, and SQL, through DuckDB. The only module that includes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/model/series.hpp"

namespace reelcell::table {

/// Physical type of a Parquet column. Lists are three-level `list.element`.
struct ParquetColumn {
  std::string name;
  DType dtype = DType::kInt64;
  int list_depth = 0;  ///< 0 scalar, 1 list, 3 for images' nested stats
};

/// Writes a Parquet file whose row groups end exactly where `end_row_group()` was called, and
/// earlier after 122,880 rows or 64 MiB. Same bytes on every run. The file appears at close(),
/// whole; without close() nothing is left. Memory: one row group, and about 100 bytes a column for
/// each row group written (the footer). One thread at a time; any number of writers beside each
/// other. Writing to the disk needs room for the file and one row group. Throws OutputError.
class ParquetWriter {
 public:
  struct Options {
    std::string compression = "snappy";  ///< "snappy", "zstd", "uncompressed"
    std::vector<std::pair<std::string, std::string>> key_values;  ///< footer metadata
  };
  ParquetWriter(std::filesystem::path path, std::vector<ParquetColumn> columns, Options options);
  ~ParquetWriter();
  ParquetWriter(const ParquetWriter&) = delete;
  ParquetWriter& operator=(const ParquetWriter&) = delete;
  /// One entry a column, in order, all of `rows` rows; Column::spec.width is the list length (rows
  /// x width values). list_depth 0 and 1 only. NaN is written as NaN, not as missing.
  void append(const std::vector<Column>& columns, std::size_t rows);
  /// One row from JSON values in column order: nested arrays as list_depth says, null for missing.
  /// For metadata tables. OutputError for a value of another type than the column's.
  void append_row(const std::vector<Json>& values);
  void end_row_group();
  std::uint64_t rows() const;
  std::uint64_t approximate_bytes() const;  ///< of what was appended, uncompressed
  void close();                             ///< throws OutputError

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct ParquetInfo {
  std::vector<ParquetColumn> columns;  ///< leaves; those of a struct are named "struct.leaf"
  std::uint64_t rows = 0;
  std::vector<std::uint64_t> row_groups;  ///< rows of each
  std::vector<std::pair<std::string, std::string>> key_values;
};
/// From the footer alone. Throws InputError for files that are not Parquet or are cut.
ParquetInfo parquet_info(const std::filesystem::path& path);

/// Reads columns in batches, in file order. Lists must have one length in the whole file (else
/// InputError naming the row); deeper lists come back flattened. Missing numbers are NaN, missing
/// texts "", missing integers and lists are InputErrors. No `columns` = all. Memory: a batch of up
/// to 2048 rows and the pages it comes from; row groups outside [first_row, first_row + rows) are
/// not read.
class ParquetReader {
 public:
  ParquetReader(const std::filesystem::path& path, std::vector<std::string> columns,
                std::uint64_t first_row = 0, std::uint64_t rows = ~0ull);
  ~ParquetReader();
  ParquetReader(ParquetReader&&) noexcept;
  bool next(std::vector<Column>& columns, std::size_t& rows);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whole small table as rows of JSON (metadata), with the named columns (none = all). Refuses more
/// than `limit` rows. Missing and NaN are null.
std::vector<Json> read_parquet_rows(const std::filesystem::path& path,
                                    std::uint64_t limit = 1'000'000,
                                    const std::vector<std::string>& columns = {});

/// Result of a query: names, types and rows as JSON values.
struct QueryResult {
  std::vector<std::string> names, types;
  std::vector<std::vector<Json>> rows;  ///< what JSON cannot show (dates, blobs) as text
  bool truncated = false;               ///< there were more than `row_limit` rows
};
/// In-memory DuckDB without extension loading. `views` are made first: name -> SQL expression
/// ("read_parquet('/abs/file.parquet')"). Afterwards only the files (or, for patterns, folders)
/// that the expressions name can be read, and only one statement that reads is accepted. It takes
/// `memory` bytes, then it spills to the temporary folder. Throws InputError with DuckDB's message.
inline constexpr std::uint64_t kQueryMemory = 2ull << 30;
QueryResult query(const std::vector<std::pair<std::string, std::string>>& views,
                  const std::string& sql, std::uint64_t row_limit,
                  std::uint64_t memory = kQueryMemory);

}  // namespace reelcell::table
