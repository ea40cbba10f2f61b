// Some rows of a Parquet file as DuckDB is asked for them.
#pragma once

#include <memory>
#include <string>

#include "footer.hpp"
#include "memory_file.hpp"

namespace reelcell::table {

/// Rows [first, first + count).
struct Scan {
  std::uint64_t first = 0, count = 0;  ///< in the file or in the cut
  std::uint64_t rows = 0;              ///< that the file or the cut has
  std::unique_ptr<MemoryFile> cut;
};
/// DuckDB sets up every row group of a file, also those that a filter leaves out: 26 us each, so
/// episodes of a file read one by one would cost the square of their number. The row groups that
/// are needed are therefore put into a small file of their own.
Scan plan_scan(const fs::path& path, const Footer& footer, std::uint64_t first,
               std::uint64_t count);
/// `columns`: what stands behind SELECT; "*" gives those of the file. `path`: of the cut, if any.
std::string scan_sql(const std::string& columns, const fs::path& path, const Scan& scan);

}  // namespace reelcell::table
