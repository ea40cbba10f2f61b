// Bounds and counts of a column's leaves, from DuckDB's vectors.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "reelcell/model/series.hpp"

namespace reelcell::table {

using LeafValue = std::variant<std::int64_t, std::uint64_t, double, std::string>;
std::string leaf_text(const LeafValue& value);
/// A bound of a footer as the same alternative that the decoded values of `dtype` have; nullopt
/// when its size does not fit, or for NaN, which bounds nothing.
std::optional<LeafValue> leaf_bound(const std::string& bytes, DType dtype);

struct LeafFigures {
  bool comparable = false;            ///< of a type whose order is the footer's
  std::optional<LeafValue> min, max;  ///< NaN left out
  std::uint64_t values = 0, missing = 0;
};

/// Adds rows [0, rows) of the vector; `leaf` is the position of its first leaf in `figures`, and is
/// moved behind its last. Leaves come in the order of Parquet's schema.
void add_figures(duckdb_vector vector, duckdb_logical_type type, idx_t rows,
                 std::vector<LeafFigures>& figures, std::size_t& leaf);

}  // namespace reelcell::table
