// The rows of one row group before they are written, in columns, and their way into DuckDB.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "duck.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::table {

/// One column: leaf values plus, for each list level from the outside, the end of each list.
class ColumnBuffer {
 public:
  explicit ColumnBuffer(ParquetColumn spec);
  const ParquetColumn& spec() const { return spec_; }
  DuckType logical_type() const;
  std::size_t rows() const;
  std::uint64_t bytes() const { return bytes_; }

  void append(const Column& column, std::size_t rows);
  void append(const Json& value);
  void clear();
  /// Rows [first, first + count) into the vector of an output chunk.
  void fill(duckdb_vector vector, std::size_t first, std::size_t count) const;

 private:
  struct Level {
    std::vector<std::uint64_t> ends;  ///< entries of the next level up to and with this list
    std::vector<std::uint8_t> valid;
  };
  void append_at(const Json& value, std::size_t level);
  void append_null(std::size_t level);
  void append_leaf(const Json& value);
  [[noreturn]] void fail(const Json& value) const;
  void fill_level(duckdb_vector vector, std::size_t level, std::size_t first, std::size_t count,
                  std::size_t target) const;
  void fill_leaf(duckdb_vector vector, std::size_t first, std::size_t count,
                 std::size_t target) const;
  std::size_t leaf_count() const;

  ParquetColumn spec_;
  std::vector<Level> levels_;
  ColumnData leaves_;
  std::vector<std::uint8_t> leaf_valid_;  ///< empty while every leaf is there
  std::uint64_t bytes_ = 0;
};

}  // namespace reelcell::table
