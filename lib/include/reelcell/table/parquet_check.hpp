// A Parquet file of anyone's, read through and held against its own footer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace reelcell::table {

enum class ParquetTrouble {
  kFooter,      ///< no footer that can be read: nothing else was checked
  kPlace,       ///< pages outside the file, or of two row groups on top of one another
  kCount,       ///< rows or values differ from what the footer says
  kDecode,      ///< a row group or a column of it cannot be decoded
  kStatistics,  ///< a value lies outside the stated bounds: readers that prune lose its row
  kLooseBounds  ///< bounds of numbers that no value reaches
};

struct ParquetProblem {
  ParquetTrouble trouble;
  std::string where;  ///< "row group 3 (rows 1000 to 1999), column state"
  std::string message;
};

struct ParquetCheck {
  std::uint64_t rows = 0, row_groups = 0, columns = 0;  ///< leaves
  std::uint64_t values = 0;                             ///< decoded, missing ones not counted
  std::vector<ParquetProblem> problems;
};

/// Decodes every row group on its own, so that damage in one is placed and the others are still
/// checked. Bounds are compared for booleans, integers, floats, text and bytes; counts of missing
/// values for columns without nesting. Memory: one row group's pages. Throws InputError only where
/// the file cannot be opened.
ParquetCheck check_parquet(const std::filesystem::path& path);

}  // namespace reelcell::table
