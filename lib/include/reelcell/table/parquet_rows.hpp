// Rows of a Parquet table one by one, whatever their lists' lengths.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "reelcell/base/json.hpp"

namespace reelcell::table {

/// Calls take(row) in file order, with the named columns (none = all). Missing and NaN are null.
/// Memory: a batch of up to 2048 rows and the pages it comes from. Throws InputError.
void for_each_parquet_row(const std::filesystem::path& path,
                          const std::vector<std::string>& columns,
                          const std::function<void(const Json&)>& take);

}  // namespace reelcell::table
