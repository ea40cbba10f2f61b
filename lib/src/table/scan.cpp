#include "internal/scan.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "internal/duck.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::table {

// More than this is read from the file with a filter on the row number.
constexpr std::uint64_t kLargestCut = 64ull << 20;

Scan plan_scan(const fs::path& path, const Footer& footer, std::uint64_t first,
               std::uint64_t count) {
  const std::vector<std::uint64_t>& groups = footer.info.row_groups;
  first = std::min(first, footer.info.rows);
  Scan scan{first, std::min(count, footer.info.rows - first), footer.info.rows, nullptr};
  std::size_t begin = 0, end = 0;
  std::uint64_t row = 0, cut_row = 0;
  for (std::size_t i = 0; i < groups.size(); row += groups[i++]) {
    if (row + groups[i] <= scan.first) {
      begin = end = i + 1;
      cut_row = row + groups[i];
    } else if (row < scan.first + scan.count) {
      end = i + 1;
    }
  }
  if (scan.count == 0 || (end - begin) * 2 > groups.size()) return scan;
  std::uint64_t bytes = 0;
  std::vector<GroupBytes> places;
  for (std::size_t i = begin; i < end; ++i) {
    places.push_back(group_bytes(footer, i));
    bytes += places.back().end - places.back().begin;
  }
  if (bytes > kLargestCut) return scan;
  const InputFile file(path);
  FooterMerger merger;
  scan.cut = std::make_unique<MemoryFile>();
  scan.cut->append(as_bytes("PAR1"));
  Bytes buffer;
  for (std::size_t i = begin; i < end; ++i) {
    const GroupBytes& place = places[i - begin];
    buffer.resize(static_cast<std::size_t>(place.end - place.begin));
    if (file.read_at(place.begin, buffer) != buffer.size())
      throw InputError("the file became shorter while it was read");
    merger.add_group(
        footer, i,
        static_cast<std::int64_t>(scan.cut->size()) - static_cast<std::int64_t>(place.begin));
    scan.cut->append(buffer);
  }
  merger.finish({}, [&](std::string_view piece) { scan.cut->append(as_bytes(piece)); });
  scan.first -= cut_row;
  scan.rows = std::accumulate(groups.begin() + static_cast<std::ptrdiff_t>(begin),
                              groups.begin() + static_cast<std::ptrdiff_t>(end), std::uint64_t{0});
  return scan;
}

std::string scan_sql(const std::string& columns, const fs::path& path, const Scan& scan) {
  if (scan.first == 0 && scan.count >= scan.rows)
    return "SELECT " + columns + " FROM read_parquet(" + quote_pattern(path) + ")";
  return "SELECT " + (columns == "*" ? "* EXCLUDE (file_row_number)" : columns) +
         " FROM read_parquet(" + quote_pattern(path) +
         ", file_row_number = true) WHERE file_row_number >= " + std::to_string(scan.first) +
         " AND file_row_number < " + std::to_string(scan.first + scan.count);
}

}  // namespace reelcell::table
