// Parquet's footer: read without trusting it, and the row groups of one file moved into another.
#pragma once

#include <string>
#include <vector>

#include "reelcell/table/parquet.hpp"
#include "thrift.hpp"

namespace reelcell::table {

/// Bytes of the footer's FileMetaData, and where it starts in the file (= end of the row groups).
struct FooterBytes {
  Bytes bytes;
  std::uint64_t start = 0;
};
/// Throws InputError for files that are not Parquet, are cut, or are encrypted.
FooterBytes read_footer(const InputFile& file);
ParquetInfo parse_footer(ByteView footer);

/// Gathers row groups of files that one schema wrote into one footer. Holds the row groups as
/// bytes: about 100 bytes a column and group, as any Parquet writer must.
class FooterMerger {
 public:
  /// Row groups of `footer`, whose file's bytes [4, start) now begin at `position` of the new file.
  void add(ByteView footer, std::uint64_t position);
  /// The new footer with its length and magic.
  std::string finish(const std::vector<std::pair<std::string, std::string>>& key_values) const;

 private:
  std::string schema_, created_by_, column_orders_;  ///< as serialised, from the first file
  std::string row_groups_;
  std::uint64_t group_count_ = 0;
  std::int64_t version_ = 1;
  std::int64_t rows_ = 0;
};

}  // namespace reelcell::table
