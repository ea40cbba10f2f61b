#include "internal/values.hpp"

#include <cmath>
#include <limits>

#include "reelcell/base/error.hpp"

namespace reelcell::table {

namespace {
bool is_valid(duckdb_vector vector, idx_t row) {
  std::uint64_t* mask = duckdb_vector_get_validity(vector);
  return !mask || duckdb_validity_row_is_valid(mask, row);
}

template <class T>
const T* data_of(duckdb_vector vector) {
  return static_cast<const T*>(duckdb_vector_get_data(vector));
}

std::string_view text_at(duckdb_vector vector, idx_t row) {
  auto* texts = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  return {duckdb_string_t_data(&texts[row]), duckdb_string_t_length(texts[row])};
}

std::optional<DType> scalar_type(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_FLOAT:
      return DType::kFloat32;
    case DUCKDB_TYPE_DOUBLE:
      return DType::kFloat64;
    case DUCKDB_TYPE_TINYINT:
      return DType::kInt8;
    case DUCKDB_TYPE_SMALLINT:
      return DType::kInt16;
    case DUCKDB_TYPE_INTEGER:
      return DType::kInt32;
    case DUCKDB_TYPE_BIGINT:
      return DType::kInt64;
    case DUCKDB_TYPE_UTINYINT:
      return DType::kUInt8;
    case DUCKDB_TYPE_USMALLINT:
      return DType::kUInt16;
    case DUCKDB_TYPE_UINTEGER:
      return DType::kUInt32;
    case DUCKDB_TYPE_UBIGINT:
      return DType::kUInt64;
    case DUCKDB_TYPE_BOOLEAN:
      return DType::kBool;
    case DUCKDB_TYPE_VARCHAR:
      return DType::kString;
    default:
      return std::nullopt;
  }
}
constexpr std::pair<duckdb_type, const char*> kTypeNames[] = {
    {DUCKDB_TYPE_BOOLEAN, "BOOLEAN"},
    {DUCKDB_TYPE_TINYINT, "TINYINT"},
    {DUCKDB_TYPE_SMALLINT, "SMALLINT"},
    {DUCKDB_TYPE_INTEGER, "INTEGER"},
    {DUCKDB_TYPE_BIGINT, "BIGINT"},
    {DUCKDB_TYPE_UTINYINT, "UTINYINT"},
    {DUCKDB_TYPE_USMALLINT, "USMALLINT"},
    {DUCKDB_TYPE_UINTEGER, "UINTEGER"},
    {DUCKDB_TYPE_UBIGINT, "UBIGINT"},
    {DUCKDB_TYPE_FLOAT, "FLOAT"},
    {DUCKDB_TYPE_DOUBLE, "DOUBLE"},
    {DUCKDB_TYPE_VARCHAR, "VARCHAR"},
    {DUCKDB_TYPE_BLOB, "BLOB"},
    {DUCKDB_TYPE_DECIMAL, "DECIMAL"},
    {DUCKDB_TYPE_HUGEINT, "HUGEINT"},
    {DUCKDB_TYPE_UHUGEINT, "UHUGEINT"},
    {DUCKDB_TYPE_TIMESTAMP, "TIMESTAMP"},
    {DUCKDB_TYPE_TIMESTAMP_NS, "TIMESTAMP_NS"},
    {DUCKDB_TYPE_TIMESTAMP_MS, "TIMESTAMP_MS"},
    {DUCKDB_TYPE_TIMESTAMP_S, "TIMESTAMP_S"},
    {DUCKDB_TYPE_TIMESTAMP_TZ, "TIMESTAMP WITH TIME ZONE"},
    {DUCKDB_TYPE_DATE, "DATE"},
    {DUCKDB_TYPE_TIME, "TIME"},
    {DUCKDB_TYPE_INTERVAL, "INTERVAL"},
    {DUCKDB_TYPE_STRUCT, "STRUCT"},
    {DUCKDB_TYPE_MAP, "MAP"},
    {DUCKDB_TYPE_UUID, "UUID"},
    {DUCKDB_TYPE_ENUM, "ENUM"},
    {DUCKDB_TYPE_SQLNULL, "NULL"}};
}  // namespace

std::optional<LeafType> leaf_type(duckdb_logical_type type) {
  const duckdb_type id = duckdb_get_type_id(type);
  if (id == DUCKDB_TYPE_LIST) {
    const DuckType child(duckdb_list_type_child_type(type));
    auto inner = leaf_type(child.get());
    if (inner) ++inner->depth;
    return inner;
  }
  if (const auto scalar = scalar_type(id)) return LeafType{*scalar, 0};
  return std::nullopt;
}

std::string type_name(duckdb_logical_type type) {
  const duckdb_type id = duckdb_get_type_id(type);
  if (id == DUCKDB_TYPE_LIST)
    return type_name(DuckType(duckdb_list_type_child_type(type)).get()) + "[]";
  for (const auto& [value, name] : kTypeNames)
    if (value == id) return name;
  return "type " + std::to_string(id);
}

bool json_can_hold(duckdb_logical_type type) {
  switch (const duckdb_type id = duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_LIST:
      return json_can_hold(DuckType(duckdb_list_type_child_type(type)).get());
    case DUCKDB_TYPE_STRUCT: {
      const idx_t count = duckdb_struct_type_child_count(type);
      for (idx_t i = 0; i < count; ++i)
        if (!json_can_hold(DuckType(duckdb_struct_type_child_type(type, i)).get())) return false;
      return true;
    }
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_DECIMAL:
    case DUCKDB_TYPE_SQLNULL:
      return true;
    default:
      return scalar_type(id).has_value();
  }
}

namespace {
Json json_double(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json json_hugeint(duckdb_hugeint value) {
  const bool small = value.upper == (value.lower >> 63 ? -1 : 0);
  return small ? Json(static_cast<std::int64_t>(value.lower))
               : Json(duckdb_hugeint_to_double(value));
}

Json json_decimal(duckdb_vector vector, duckdb_logical_type type, idx_t row) {
  duckdb_decimal decimal{duckdb_decimal_width(type), duckdb_decimal_scale(type), {}};
  const auto small = [&](std::int64_t value) {
    decimal.value = {static_cast<std::uint64_t>(value), value < 0 ? -1 : 0};
  };
  switch (duckdb_decimal_internal_type(type)) {
    case DUCKDB_TYPE_SMALLINT:
      small(data_of<std::int16_t>(vector)[row]);
      break;
    case DUCKDB_TYPE_INTEGER:
      small(data_of<std::int32_t>(vector)[row]);
      break;
    case DUCKDB_TYPE_BIGINT:
      small(data_of<std::int64_t>(vector)[row]);
      break;
    default:
      decimal.value = data_of<duckdb_hugeint>(vector)[row];
  }
  return json_double(duckdb_decimal_to_double(decimal));
}

Json json_nested(duckdb_vector vector, duckdb_logical_type type, idx_t row) {
  if (duckdb_get_type_id(type) == DUCKDB_TYPE_LIST) {
    Json out = Json::array();
    const DuckType child(duckdb_list_type_child_type(type));
    const duckdb_list_entry entry = data_of<duckdb_list_entry>(vector)[row];
    for (idx_t i = 0; i < entry.length; ++i)
      out.push_back(
          json_value(duckdb_list_vector_get_child(vector), child.get(), entry.offset + i));
    return out;
  }
  Json out = Json::object();
  const idx_t count = duckdb_struct_type_child_count(type);
  for (idx_t i = 0; i < count; ++i) {
    const DuckType child(duckdb_struct_type_child_type(type, i));
    char* name = duckdb_struct_type_child_name(type, i);
    out[name] = json_value(duckdb_struct_vector_get_child(vector, i), child.get(), row);
    duckdb_free(name);
  }
  return out;
}
}  // namespace

Json json_value(duckdb_vector vector, duckdb_logical_type type, idx_t row) {
  if (!is_valid(vector, row)) return {};
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_BOOLEAN:
      return data_of<bool>(vector)[row];
    case DUCKDB_TYPE_TINYINT:
      return data_of<std::int8_t>(vector)[row];
    case DUCKDB_TYPE_SMALLINT:
      return data_of<std::int16_t>(vector)[row];
    case DUCKDB_TYPE_INTEGER:
      return data_of<std::int32_t>(vector)[row];
    case DUCKDB_TYPE_BIGINT:
      return data_of<std::int64_t>(vector)[row];
    case DUCKDB_TYPE_UTINYINT:
      return data_of<std::uint8_t>(vector)[row];
    case DUCKDB_TYPE_USMALLINT:
      return data_of<std::uint16_t>(vector)[row];
    case DUCKDB_TYPE_UINTEGER:
      return data_of<std::uint32_t>(vector)[row];
    case DUCKDB_TYPE_UBIGINT:
      return data_of<std::uint64_t>(vector)[row];
    case DUCKDB_TYPE_FLOAT:
      return json_double(static_cast<double>(data_of<float>(vector)[row]));
    case DUCKDB_TYPE_DOUBLE:
      return json_double(data_of<double>(vector)[row]);
    case DUCKDB_TYPE_VARCHAR:
      return std::string(text_at(vector, row));
    case DUCKDB_TYPE_HUGEINT:
      return json_hugeint(data_of<duckdb_hugeint>(vector)[row]);
    case DUCKDB_TYPE_DECIMAL:
      return json_decimal(vector, type, row);
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_STRUCT:
      return json_nested(vector, type, row);
    default:
      return {};
  }
}

namespace {
/// Walks one batch of one column.
class Flattener {
 public:
  Flattener(Column& column, LeafType type, std::uint64_t first_row)
      : column_(column), type_(type), first_row_(first_row) {}

  /// Leaves below (vector, entry); throws where a list has not the length of those before it.
  void append(duckdb_vector vector, int depth, idx_t entry, idx_t row) {
    if (depth > 0) {
      if (!is_valid(vector, entry)) fail(row, "has no value where a list is expected");
      const duckdb_list_entry list = data_of<duckdb_list_entry>(vector)[entry];
      duckdb_vector child = duckdb_list_vector_get_child(vector);
      if (depth == 1) return append_leaves(child, list.offset, list.length, row);
      for (idx_t i = 0; i < list.length; ++i) append(child, depth - 1, list.offset + i, row);
      return;
    }
    append_leaves(vector, entry, 1, row);
  }
  /// `row` is the one that all the leaves belong to; none = each leaf is a row of its own.
  void append_leaves(duckdb_vector vector, idx_t first, idx_t count, std::optional<idx_t> row);

 private:
  template <class From, class To>
  void copy(std::vector<To>& to, duckdb_vector vector, idx_t first, idx_t count,
            std::optional<idx_t> row) {
    const From* from = data_of<From>(vector) + first;
    std::uint64_t* mask = duckdb_vector_get_validity(vector);
    for (idx_t i = 0; i < count; ++i) {
      const bool valid = !mask || duckdb_validity_row_is_valid(mask, first + i);
      if constexpr (std::is_same_v<To, double>) {
        to.push_back(valid ? static_cast<double>(from[i]) : std::nan(""));
      } else {
        if (!valid)
          fail(row.value_or(first + i), "has no value; an integer column cannot show that");
        if (!std::in_range<std::int64_t>(from[i]))
          fail(row.value_or(first + i), "has a value beyond 2^63 - 1");
        to.push_back(static_cast<To>(from[i]));
      }
    }
  }
  [[noreturn]] void fail(idx_t row, const std::string& what) const {
    throw InputError("column '" + column_.spec.name + "': row " + std::to_string(first_row_ + row) +
                     " " + what);
  }
  Column& column_;
  LeafType type_;
  std::uint64_t first_row_;
};

void Flattener::append_leaves(duckdb_vector vector, idx_t first, idx_t count,
                              std::optional<idx_t> row) {
  if (auto* texts = std::get_if<std::vector<std::string>>(&column_.data)) {
    for (idx_t i = 0; i < count; ++i)
      texts->emplace_back(is_valid(vector, first + i) ? text_at(vector, first + i) : "");
    return;
  }
  if (auto* numbers = std::get_if<std::vector<double>>(&column_.data)) {
    if (type_.dtype == DType::kFloat32) return copy<float>(*numbers, vector, first, count, row);
    return copy<double>(*numbers, vector, first, count, row);
  }
  auto& integers = std::get<std::vector<std::int64_t>>(column_.data);
  switch (type_.dtype) {
    case DType::kInt8:
      return copy<std::int8_t>(integers, vector, first, count, row);
    case DType::kInt16:
      return copy<std::int16_t>(integers, vector, first, count, row);
    case DType::kInt32:
      return copy<std::int32_t>(integers, vector, first, count, row);
    case DType::kBool:
    case DType::kUInt8:
      return copy<std::uint8_t>(integers, vector, first, count, row);
    case DType::kUInt16:
      return copy<std::uint16_t>(integers, vector, first, count, row);
    case DType::kUInt32:
      return copy<std::uint32_t>(integers, vector, first, count, row);
    case DType::kUInt64:
      return copy<std::uint64_t>(integers, vector, first, count, row);
    default:
      return copy<std::int64_t>(integers, vector, first, count, row);
  }
}

std::size_t leaf_count(const Column& column) {
  return std::visit([](const auto& values) { return values.size(); }, column.data);
}
}  // namespace

void append_vector(Column& column, bool& width_known, duckdb_vector vector, LeafType type,
                   std::size_t rows, std::uint64_t first_row) {
  Flattener flattener(column, type, first_row);
  if (type.depth == 0) return flattener.append_leaves(vector, 0, rows, std::nullopt);
  for (idx_t row = 0; row < rows; ++row) {
    const std::size_t before = leaf_count(column);
    flattener.append(vector, type.depth, row, row);
    const std::size_t found = leaf_count(column) - before;
    if (!width_known) {
      column.spec.width = found;
      width_known = true;
    }
    if (found != column.spec.width)
      throw InputError("column '" + column.spec.name + "': row " + std::to_string(first_row + row) +
                       " has a list of " + std::to_string(found) + ", the rows before it have " +
                       std::to_string(column.spec.width) + "; one length is expected");
  }
}

}  // namespace reelcell::table
