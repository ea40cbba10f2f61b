// Parquet files that roll into the next one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "layout.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::writers::lerobot {

/// Bytes of columns as they lie in memory: what a file's size is held against, before compression.
std::uint64_t bytes_of(const std::vector<Column>& columns);

/// <prefix>/chunk-000/file-000.parquet, ..: a new file before one would pass the size cap. An
/// episode is never split.
class RollingTable {
 public:
  using KeyValues = std::vector<std::pair<std::string, std::string>>;
  RollingTable(std::string prefix, std::vector<table::ParquetColumn> columns, KeyValues key_values,
               std::uint64_t cap_bytes, std::int64_t chunks_size, OutputFolder& folder);
  ~RollingTable();
  RollingTable(const RollingTable&) = delete;
  RollingTable& operator=(const RollingTable&) = delete;
  /// Writes the rows as one row group and says into which file.
  ChunkFile append(const std::vector<Column>& columns, std::size_t rows);
  /// The file that the next row goes to, then the row itself.
  ChunkFile begin_row(std::uint64_t bytes);
  void append_row(const std::vector<Json>& values);
  void end_row_group();
  std::uint64_t rows_in_file() const { return writer_ ? writer_->rows() : 0; }
  std::string path() const;  ///< of the open file, relative to the data set
  const std::vector<table::ParquetColumn>& columns() const { return columns_; }
  /// The next file comes after this one, which is finished.
  void skip_past(ChunkFile finished);
  /// The next file is this one, as it is, and no row is added to it.
  void carry(const fs::path& finished);
  /// Closes the file and goes on with other columns in the next one.
  void change_columns(std::vector<table::ParquetColumn> columns);
  void close();

 private:
  ChunkFile make_room(std::uint64_t bytes);
  void next_place();

  std::string prefix_;
  std::vector<table::ParquetColumn> columns_;
  KeyValues key_values_;
  std::uint64_t cap_;
  std::int64_t chunks_size_;
  OutputFolder* folder_;
  ChunkFile place_;
  bool any_ = false;
  std::unique_ptr<AtomicPath> target_;
  std::unique_ptr<table::ParquetWriter> writer_;
};

/// A whole small table in one file.
void write_table(const fs::path& path, const std::vector<table::ParquetColumn>& columns,
                 const RollingTable::KeyValues& key_values,
                 const std::vector<std::vector<Json>>& rows);

}  // namespace reelcell::writers::lerobot
