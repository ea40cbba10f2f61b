// Parquet's footer: read without trusting it, and the row groups of one file moved into another.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reelcell/base/spill_file.hpp"
#include "reelcell/table/parquet.hpp"
#include "thrift.hpp"

namespace reelcell::table {

/// A footer as bytes, what it says, and where in the bytes its parts are.
struct Footer {
  struct Range {
    std::size_t begin = 0, end = 0;
  };
  Bytes bytes;              ///< FileMetaData in Thrift's compact protocol
  std::uint64_t start = 0;  ///< of `bytes` in the file = end of the row groups
  ParquetInfo info;
  std::int64_t version = 1;
  Range schema, created_by, column_orders;  ///< values; empty = not there
  std::vector<Range> groups;
};
/// Throws InputError for files that are not Parquet, are cut, or are encrypted.
Footer read_footer(const InputFile& file);
Footer parse_footer(Bytes bytes, std::uint64_t start);
/// The same, kept for the next call while the file's size and time stay: episodes of one file are
/// read one by one. Thread-safe.
std::shared_ptr<const Footer> cached_footer(const fs::path& path);

/// Gathers row groups of files that one schema wrote into one footer. A row group has about 100
/// bytes a column in it, and a file has a row group an episode: they wait in an unlinked temporary
/// file (in TMPDIR) when they are more than a few. Throws OutputError.
class FooterMerger {
 public:
  /// A row group whose bytes move by `delta` in the file. Page indexes and Bloom filters are left
  /// out: they stand elsewhere in the file and are not needed to read it.
  void add_group(const Footer& footer, std::size_t index, std::int64_t delta);
  /// Schema and writer's name, for a file without row groups; add_group() does it as well.
  void take_head(const Footer& footer);
  /// The new footer with its length and magic, in pieces.
  void finish(const std::vector<std::pair<std::string, std::string>>& key_values,
              const std::function<void(std::string_view)>& write) const;

 private:
  void write_groups(const std::function<void(std::string_view)>& write) const;
  std::string schema_, created_by_, column_orders_;  ///< as serialised, from the first file
  std::unique_ptr<SpillFile> spilled_;               ///< row groups, as serialised
  std::string pending_;                              ///< those behind
  std::uint64_t group_count_ = 0;
  std::int64_t version_ = 1;
  std::uint64_t rows_ = 0;
};

/// Bytes of the file that a row group's pages take. Throws InputError when it names places outside
/// the file.
struct GroupBytes {
  std::uint64_t begin = 0, end = 0;
};
GroupBytes group_bytes(const Footer& footer, std::size_t index);

/// What the footer says of one column of a row group. Texts of bounds are as Parquet stores them.
struct ChunkFacts {
  std::uint64_t values = 0;  ///< missing ones included
  std::optional<std::string> min, max;
  bool old_bounds = false;  ///< in fields whose order is defined for signed numbers only
  std::optional<std::uint64_t> missing;
};
/// By leaf, in the order of the schema. Throws InputError.
std::vector<ChunkFacts> chunk_facts(const Footer& footer, std::size_t index);

}  // namespace reelcell::table
