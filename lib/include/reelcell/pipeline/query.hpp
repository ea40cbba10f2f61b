// A corpus as SQL tables.
#pragma once

#include "reelcell/base/file.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::pipeline {

/// Tables of a corpus: "samples" (one row a sample, from corpus.json), and for each LeRobot folder
/// in it "rows", "episodes" and "native_<stream>"; with several LeRobot outputs each name gets the
/// folder in front ("lerobot_rows"). A bare LeRobot folder has "rows" and "episodes". InputError
/// when the folder is neither.
table::QueryResult query_corpus(const fs::path& corpus, const std::string& sql,
                                std::uint64_t row_limit);
/// table, column, type
table::QueryResult describe_tables(const fs::path& corpus);

}  // namespace reelcell::pipeline
