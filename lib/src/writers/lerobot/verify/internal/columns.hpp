// Columns of a data file against the features.
#pragma once

#include <string>
#include <vector>

#include "data_set.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::writers::lerobot {

/// Reports columns that are missing, too many or of another type; gives those that can be read as
/// numbers.
std::vector<std::string> check_columns(const DataSet& set, const std::string& path,
                                       const table::ParquetInfo& info, Grouped& found);

/// Reports columns whose lists have another length than the feature's shape says.
void check_widths(const DataSet& set, const std::string& path, const std::vector<Column>& columns,
                  Grouped& found);

}  // namespace reelcell::writers::lerobot
