// A corpus as SQL tables.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reelcell/base/file.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::pipeline {

/// Tables of a corpus: "samples" (one row a sample, from corpus.json), and for each LeRobot folder
/// in it "rows", "episodes" and "native_<stream>"; with several LeRobot outputs each name gets the
/// folder in front ("lerobot_rows"). A bare LeRobot folder has "rows" and "episodes". InputError
/// when the folder is neither.
table::QueryResult query_corpus(const fs::path& corpus, const std::string& sql,
                                std::uint64_t row_limit,
                                std::uint64_t memory = table::kQueryMemory);
struct TableOverview {
  std::string name;
  std::uint64_t rows = 0;
  std::vector<std::pair<std::string, std::string>> columns;  ///< name and type
};
/// The tables by name, each with its columns in order.
std::vector<TableOverview> overview_of_tables(const fs::path& corpus);
/// table, column, type
table::QueryResult describe_tables(const fs::path& corpus);

}  // namespace reelcell::pipeline
