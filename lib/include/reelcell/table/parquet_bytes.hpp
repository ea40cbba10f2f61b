// Byte strings that a Parquet table keeps in its rows, such as coded pictures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "reelcell/base/file.hpp"

namespace reelcell::table {

/// Reads one field of a struct column ("bytes" of "observation.image") in file order. Memory: a
/// batch, which is at most 2048 rows and never more than a row group; row groups outside
/// [first_row, first_row + rows) are not read. Throws InputError, also where there is no such
/// column.
class ParquetBytes {
 public:
  ParquetBytes(const std::filesystem::path& path, const std::string& column,
               const std::string& field, std::uint64_t first_row, std::uint64_t rows);
  ~ParquetBytes();
  ParquetBytes(ParquetBytes&&) noexcept;
  /// The next batch; null where a row has none. False at the end.
  bool next(std::vector<std::shared_ptr<const Bytes>>& values);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reelcell::table
