// DuckDB's vectors as ours.
#pragma once

#include <duckdb.h>

#include <optional>

#include "duck.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::table {

/// Type of the leaves below `depth` lists; nullopt for what a Column cannot hold.
struct LeafType {
  DType dtype = DType::kInt64;
  int depth = 0;
};
std::optional<LeafType> leaf_type(duckdb_logical_type type);
/// "FLOAT[]", "STRUCT(..)": for messages and for QueryResult::types.
std::string type_name(duckdb_logical_type type);

/// Can json_value() show it? Else cast it to VARCHAR in SQL.
bool json_can_hold(duckdb_logical_type type);
Json json_value(duckdb_vector vector, duckdb_logical_type type, idx_t row);

/// Appends `rows` values of the vector to the column, flattening lists; sets the width from the
/// first list. `first_row` numbers the rows in messages. Throws InputError.
void append_vector(Column& column, bool& width_known, duckdb_vector vector, LeafType type,
                   std::size_t rows, std::uint64_t first_row);

}  // namespace reelcell::table
