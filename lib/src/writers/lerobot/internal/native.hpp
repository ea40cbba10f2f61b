// Series that are faster than the grid, at their own rate:
// native/<stream>/chunk-000/file-000.parquet with episode_index, frame_index (the row a sample
// belongs to, -1 for none), time_ns and the stream's columns; one of the same name as these is
// called source.NAME (writers/native_columns.hpp). The folder is outside data/ and
// meta/, so LeRobot's readers never see it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tables.hpp"

namespace reelcell::writers::lerobot {

class NativeTables {
 public:
  NativeTables(const Settings& settings, OutputFolder& folder)
      : settings_(settings), folder_(&folder) {}
  /// Writes all native series of the episode; gives their places by stream: file (relative to the
  /// data set), first_row in it, rows.
  Json add(const Episode& episode);
  /// Series that lie in finished files, at the places that add() gave.
  void adopt(const Json& places);
  /// The places as episode columns: native/<stream>/{chunk_index,file_index,from_row,to_row},
  /// to_row exclusive, rows counted within the file.
  static Json row(const Json& places);
  void close();
  /// Names of the columns that add() may give, in order of first use.
  std::vector<table::ParquetColumn> columns() const;

 private:
  Json add_series(const Episode& episode, const NativeSeries& series);
  /// The stream's table, made with these columns when it is the first of its name.
  RollingTable& table_of(const std::string& stream,
                         const std::vector<table::ParquetColumn>& columns);

  Settings settings_;
  OutputFolder* folder_;
  std::vector<std::string> order_;
  std::map<std::string, std::unique_ptr<RollingTable>> tables_;
  std::map<std::string, std::string> stream_of_;
};

}  // namespace reelcell::writers::lerobot
