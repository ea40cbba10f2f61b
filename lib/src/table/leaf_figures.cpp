#include "internal/leaf_figures.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "internal/duck.hpp"

namespace reelcell::table {
namespace {

struct Range {
  idx_t begin = 0, end = 0;
};
using Ranges = std::vector<Range>;

void append(Ranges& ranges, idx_t begin, idx_t end) {
  if (begin == end) return;
  if (!ranges.empty() && ranges.back().end == begin)
    ranges.back().end = end;
  else
    ranges.push_back({begin, end});
}

/// Calls take(row) for each row that is not missing; returns how many are.
template <class Take>
std::uint64_t for_each_present(duckdb_vector vector, const Ranges& ranges, const Take& take) {
  std::uint64_t missing = 0;
  std::uint64_t* mask = duckdb_vector_get_validity(vector);
  for (const Range& range : ranges)
    for (idx_t row = range.begin; row < range.end; ++row)
      if (mask && !duckdb_validity_row_is_valid(mask, row))
        ++missing;
      else
        take(row);
  return missing;
}

/// Widens the bounds: extremes of the batch are found as T, and are made a LeafValue once.
template <class T, class As>
void add_numbers(duckdb_vector vector, const Ranges& ranges, LeafFigures& figures) {
  const T* data = static_cast<const T*>(duckdb_vector_get_data(vector));
  bool any = false;
  T least{}, most{};
  std::uint64_t present = 0;
  figures.missing += for_each_present(vector, ranges, [&](idx_t row) {
    const T value = data[row];
    ++present;
    if constexpr (std::is_floating_point_v<T>)
      if (std::isnan(value)) return;
    if (!any) least = most = value;
    any = true;
    least = std::min(least, value);
    most = std::max(most, value);
  });
  figures.values += present;
  figures.comparable = true;
  if (!any) return;
  const LeafValue low = static_cast<As>(least), high = static_cast<As>(most);
  if (!figures.min || low < *figures.min) figures.min = low;
  if (!figures.max || *figures.max < high) figures.max = high;
}

void add_texts(duckdb_vector vector, const Ranges& ranges, LeafFigures& figures) {
  auto* data = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  std::string_view least, most;
  bool any = false;
  figures.missing += for_each_present(vector, ranges, [&](idx_t row) {
    const std::string_view value{duckdb_string_t_data(&data[row]),
                                 duckdb_string_t_length(data[row])};
    ++figures.values;
    if (!any) least = most = value;
    any = true;
    least = std::min(least, value);
    most = std::max(most, value);
  });
  figures.comparable = true;
  if (!any) return;
  if (!figures.min || least < std::get<std::string>(*figures.min)) figures.min = std::string(least);
  if (!figures.max || std::get<std::string>(*figures.max) < most) figures.max = std::string(most);
}

void add_leaf(duckdb_vector vector, duckdb_type type, const Ranges& ranges, LeafFigures& figures) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
      return add_numbers<bool, std::uint64_t>(vector, ranges, figures);
    case DUCKDB_TYPE_TINYINT:
      return add_numbers<std::int8_t, std::int64_t>(vector, ranges, figures);
    case DUCKDB_TYPE_SMALLINT:
      return add_numbers<std::int16_t, std::int64_t>(vector, ranges, figures);
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_DATE:
      return add_numbers<std::int32_t, std::int64_t>(vector, ranges, figures);
    case DUCKDB_TYPE_BIGINT:
      return add_numbers<std::int64_t, std::int64_t>(vector, ranges, figures);
    case DUCKDB_TYPE_UTINYINT:
      return add_numbers<std::uint8_t, std::uint64_t>(vector, ranges, figures);
    case DUCKDB_TYPE_USMALLINT:
      return add_numbers<std::uint16_t, std::uint64_t>(vector, ranges, figures);
    case DUCKDB_TYPE_UINTEGER:
      return add_numbers<std::uint32_t, std::uint64_t>(vector, ranges, figures);
    case DUCKDB_TYPE_UBIGINT:
      return add_numbers<std::uint64_t, std::uint64_t>(vector, ranges, figures);
    case DUCKDB_TYPE_FLOAT:
      return add_numbers<float, double>(vector, ranges, figures);
    case DUCKDB_TYPE_DOUBLE:
      return add_numbers<double, double>(vector, ranges, figures);
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB:
      return add_texts(vector, ranges, figures);
    default:
      // Stored in another unit or order than DuckDB shows it in (times, decimals): counted only.
      figures.missing += for_each_present(vector, ranges, [&](idx_t) { ++figures.values; });
  }
}

Ranges elements_of(duckdb_vector list, const Ranges& rows) {
  auto* entries = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(list));
  Ranges elements;
  for_each_present(list, rows, [&](idx_t row) {
    append(elements, entries[row].offset, entries[row].offset + entries[row].length);
  });
  return elements;
}

void add(duckdb_vector vector, duckdb_logical_type type, const Ranges& rows,
         std::vector<LeafFigures>& figures, std::size_t& leaf) {
  const duckdb_type id = duckdb_get_type_id(type);
  if (id == DUCKDB_TYPE_LIST) {
    const DuckType child(duckdb_list_type_child_type(type));
    return add(duckdb_list_vector_get_child(vector), child.get(), elements_of(vector, rows),
               figures, leaf);
  }
  if (id == DUCKDB_TYPE_MAP) {  // a list of (key, value)
    const Ranges elements = elements_of(vector, rows);
    const duckdb_vector entries = duckdb_list_vector_get_child(vector);
    const DuckType key(duckdb_map_type_key_type(type)), value(duckdb_map_type_value_type(type));
    add(duckdb_struct_vector_get_child(entries, 0), key.get(), elements, figures, leaf);
    return add(duckdb_struct_vector_get_child(entries, 1), value.get(), elements, figures, leaf);
  }
  if (id == DUCKDB_TYPE_STRUCT) {
    Ranges present;
    for_each_present(vector, rows, [&](idx_t row) { append(present, row, row + 1); });
    const idx_t count = duckdb_struct_type_child_count(type);
    for (idx_t i = 0; i < count; ++i) {
      const DuckType child(duckdb_struct_type_child_type(type, i));
      add(duckdb_struct_vector_get_child(vector, i), child.get(), present, figures, leaf);
    }
    return;
  }
  if (leaf >= figures.size()) figures.resize(leaf + 1);
  add_leaf(vector, id, rows, figures[leaf++]);
}

template <class T>
std::optional<T> fixed(const std::string& bytes) {
  T value{};
  if (bytes.size() != sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}
template <class Narrow, class Wide>
std::optional<LeafValue> number(const std::string& bytes) {
  if (const auto narrow = fixed<Narrow>(bytes)) return LeafValue(static_cast<Wide>(*narrow));
  if (const auto wide = fixed<Wide>(bytes)) return LeafValue(*wide);
  return std::nullopt;
}

}  // namespace

std::string leaf_text(const LeafValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    constexpr std::size_t kShown = 40;
    std::string shown;
    for (const char c : text->substr(0, kShown)) shown += c >= 32 && c < 127 ? c : '?';
    return "'" + shown + (text->size() > kShown ? "..'" : "'");
  }
  if (const auto* signed_value = std::get_if<std::int64_t>(&value))
    return std::to_string(*signed_value);
  if (const auto* unsigned_value = std::get_if<std::uint64_t>(&value))
    return std::to_string(*unsigned_value);
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", std::get<double>(value));
  return text;
}

std::optional<LeafValue> leaf_bound(const std::string& bytes, DType dtype) {
  switch (dtype) {
    case DType::kString:
      return LeafValue(bytes);
    case DType::kBool:
      return bytes.size() == 1 ? std::optional(LeafValue(std::uint64_t{bytes[0] != 0}))
                               : std::nullopt;
    case DType::kFloat32:
    case DType::kFloat64: {
      const auto value = number<float, double>(bytes);
      return value && std::isnan(std::get<double>(*value)) ? std::nullopt : value;
    }
    case DType::kUInt8:
    case DType::kUInt16:
    case DType::kUInt32:
    case DType::kUInt64:
      return number<std::uint32_t, std::uint64_t>(bytes);
    default:
      return number<std::int32_t, std::int64_t>(bytes);
  }
}

void add_figures(duckdb_vector vector, duckdb_logical_type type, idx_t rows,
                 std::vector<LeafFigures>& figures, std::size_t& leaf) {
  add(vector, type, rows > 0 ? Ranges{{0, rows}} : Ranges{}, figures, leaf);
}

}  // namespace reelcell::table
