#include "internal/buffer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "reelcell/base/error.hpp"

namespace reelcell::table {

namespace {
duckdb_type duck_type(DType type) {
  switch (type) {
    case DType::kFloat32:
      return DUCKDB_TYPE_FLOAT;
    case DType::kFloat64:
      return DUCKDB_TYPE_DOUBLE;
    case DType::kInt8:
      return DUCKDB_TYPE_TINYINT;
    case DType::kInt16:
      return DUCKDB_TYPE_SMALLINT;
    case DType::kInt32:
      return DUCKDB_TYPE_INTEGER;
    case DType::kInt64:
      return DUCKDB_TYPE_BIGINT;
    case DType::kUInt8:
      return DUCKDB_TYPE_UTINYINT;
    case DType::kUInt16:
      return DUCKDB_TYPE_USMALLINT;
    case DType::kUInt32:
      return DUCKDB_TYPE_UINTEGER;
    case DType::kUInt64:
      return DUCKDB_TYPE_UBIGINT;
    case DType::kBool:
      return DUCKDB_TYPE_BOOLEAN;
    case DType::kString:
      return DUCKDB_TYPE_VARCHAR;
  }
  return DUCKDB_TYPE_VARCHAR;
}

template <class To>
bool fits(std::int64_t value) {
  if constexpr (std::is_same_v<To, bool>)
    return value == 0 || value == 1;
  else
    return std::in_range<To>(value);
}

/// DuckDB's behaviour on text that is not UTF-8 is undefined: such bytes become U+FFFD.
std::string valid_utf8(const std::string& text) {
  const bool ascii = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) return text;
  const std::string json = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(json).get<std::string>();
}

std::uint64_t width_of(DType type) {
  switch (type) {
    case DType::kFloat32:
    case DType::kInt32:
    case DType::kUInt32:
      return 4;
    case DType::kInt8:
    case DType::kUInt8:
    case DType::kBool:
      return 1;
    case DType::kInt16:
    case DType::kUInt16:
      return 2;
    default:
      return 8;
  }
}
}  // namespace

ColumnBuffer::ColumnBuffer(ParquetColumn spec)
    : spec_(std::move(spec)),
      levels_(static_cast<std::size_t>(spec_.list_depth)),
      leaves_(empty_data(spec_.dtype)) {}

DuckType ColumnBuffer::logical_type() const {
  DuckType type(duckdb_create_logical_type(duck_type(spec_.dtype)));
  for (int i = 0; i < spec_.list_depth; ++i) type = DuckType(duckdb_create_list_type(type.get()));
  return type;
}

std::size_t ColumnBuffer::leaf_count() const {
  return std::visit([](const auto& values) { return values.size(); }, leaves_);
}

std::size_t ColumnBuffer::rows() const {
  return levels_.empty() ? leaf_count() : levels_[0].ends.size();
}

void ColumnBuffer::append(const Column& column, std::size_t rows) {
  if (column.data.index() != leaves_.index() || spec_.list_depth > 1 || column.rows() != rows ||
      (spec_.list_depth == 0 && column.spec.width != 1))
    throw std::logic_error("ParquetWriter::append: column '" + spec_.name +
                           "' does not have the declared type, width or number of rows");
  const std::size_t before = leaf_count();
  std::visit(
      [&](auto& mine) {
        const auto& theirs = std::get<std::decay_t<decltype(mine)>>(column.data);
        mine.insert(mine.end(), theirs.begin(), theirs.end());
        if constexpr (std::is_same_v<std::decay_t<decltype(mine)>, std::vector<std::string>>)
          for (const std::string& text : theirs) bytes_ += text.size() + 4;
        else
          bytes_ += theirs.size() * width_of(spec_.dtype);
      },
      leaves_);
  if (!leaf_valid_.empty()) leaf_valid_.resize(leaf_count(), 1);
  if (spec_.list_depth == 0) return;
  Level& level = levels_[0];
  for (std::size_t row = 1; row <= rows; ++row)
    level.ends.push_back(before + row * column.spec.width);
  level.valid.resize(level.ends.size(), 1);
}

void ColumnBuffer::append(const Json& value) { append_at(value, 0); }

void ColumnBuffer::fail(const Json& value) const {
  throw OutputError("column '" + spec_.name + "' takes " + std::string(to_string(spec_.dtype)) +
                    " in lists " + std::to_string(spec_.list_depth) + " deep, found " +
                    value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 100));
}

void ColumnBuffer::append_null(std::size_t level) {
  if (level < levels_.size()) {
    Level& list = levels_[level];
    list.ends.push_back(list.ends.empty() ? 0 : list.ends.back());
    list.valid.push_back(0);
    return;
  }
  if (leaf_valid_.empty()) leaf_valid_.resize(leaf_count(), 1);
  leaf_valid_.push_back(0);
  std::visit([](auto& values) { values.emplace_back(); }, leaves_);
}

void ColumnBuffer::append_at(const Json& value, std::size_t level) {
  if (value.is_null()) return append_null(level);
  if (level == levels_.size()) return append_leaf(value);
  if (!value.is_array()) fail(value);
  for (const Json& item : value) append_at(item, level + 1);
  const std::uint64_t end =
      level + 1 < levels_.size() ? levels_[level + 1].ends.size() : leaf_count();
  levels_[level].ends.push_back(end);
  levels_[level].valid.push_back(1);
}

void ColumnBuffer::append_leaf(const Json& value) {
  if (!leaf_valid_.empty()) leaf_valid_.push_back(1);
  if (auto* numbers = std::get_if<std::vector<double>>(&leaves_)) {
    if (!value.is_number()) fail(value);
    numbers->push_back(value.get<double>());
  } else if (auto* integers = std::get_if<std::vector<std::int64_t>>(&leaves_)) {
    const bool too_big =
        value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX};
    if (too_big || !(value.is_number_integer() || value.is_boolean())) fail(value);
    integers->push_back(value.is_boolean() ? std::int64_t{value.get<bool>()}
                                           : value.get<std::int64_t>());
  } else {
    if (!value.is_string()) fail(value);
    std::get<std::vector<std::string>>(leaves_).push_back(value.get<std::string>());
    bytes_ += std::get<std::vector<std::string>>(leaves_).back().size();
  }
  bytes_ += spec_.dtype == DType::kString ? 4 : width_of(spec_.dtype);
}

void ColumnBuffer::clear() {
  for (Level& level : levels_) {
    level.ends.clear();
    level.valid.clear();
  }
  std::visit([](auto& values) { values.clear(); }, leaves_);
  leaf_valid_.clear();
}

void ColumnBuffer::fill(duckdb_vector vector, std::size_t first, std::size_t count) const {
  fill_level(vector, 0, first, count, 0);
}

void ColumnBuffer::fill_level(duckdb_vector vector, std::size_t level, std::size_t first,
                              std::size_t count, std::size_t target) const {
  if (level == levels_.size()) return fill_leaf(vector, first, count, target);
  const Level& list = levels_[level];
  const auto end_before = [&](std::size_t i) { return i == 0 ? 0 : list.ends[i - 1]; };
  const std::uint64_t begin = end_before(first);
  const std::uint64_t length = end_before(first + count) - begin;
  const idx_t offset = duckdb_list_vector_get_size(vector);
  duckdb_list_vector_reserve(vector, offset + length);
  duckdb_list_vector_set_size(vector, offset + length);
  auto* entries = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(vector));
  for (std::size_t i = 0; i < count; ++i)
    entries[target + i] = {offset + end_before(first + i) - begin,
                           list.ends[first + i] - end_before(first + i)};
  if (!std::all_of(list.valid.begin() + static_cast<std::ptrdiff_t>(first),
                   list.valid.begin() + static_cast<std::ptrdiff_t>(first + count),
                   [](std::uint8_t v) { return v; })) {
    duckdb_vector_ensure_validity_writable(vector);
    std::uint64_t* mask = duckdb_vector_get_validity(vector);
    for (std::size_t i = 0; i < count; ++i)
      if (!list.valid[first + i]) duckdb_validity_set_row_invalid(mask, target + i);
  }
  fill_level(duckdb_list_vector_get_child(vector), level + 1, static_cast<std::size_t>(begin),
             static_cast<std::size_t>(length), static_cast<std::size_t>(offset));
}

namespace {
template <class To, class From>
void convert(duckdb_vector vector, std::span<const From> from, std::size_t target,
             const ParquetColumn& spec) {
  To* to = static_cast<To*>(duckdb_vector_get_data(vector)) + target;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if constexpr (std::is_integral_v<From>)
      if (!fits<To>(from[i]))
        throw OutputError("column '" + spec.name + "': " + std::to_string(from[i]) +
                          " does not fit into " + std::string(to_string(spec.dtype)));
    to[i] = static_cast<To>(from[i]);
  }
}
}  // namespace

void ColumnBuffer::fill_leaf(duckdb_vector vector, std::size_t first, std::size_t count,
                             std::size_t target) const {
  if (const auto* texts = std::get_if<std::vector<std::string>>(&leaves_)) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string text = valid_utf8((*texts)[first + i]);
      duckdb_vector_assign_string_element_len(vector, target + i, text.data(), text.size());
    }
  } else if (const auto* numbers = std::get_if<std::vector<double>>(&leaves_)) {
    const std::span<const double> from(numbers->data() + first, count);
    if (spec_.dtype == DType::kFloat32)
      convert<float>(vector, from, target, spec_);
    else
      convert<double>(vector, from, target, spec_);
  } else {
    const auto& integers = std::get<std::vector<std::int64_t>>(leaves_);
    const std::span<const std::int64_t> from(integers.data() + first, count);
    switch (spec_.dtype) {
      case DType::kInt8:
        convert<std::int8_t>(vector, from, target, spec_);
        break;
      case DType::kInt16:
        convert<std::int16_t>(vector, from, target, spec_);
        break;
      case DType::kInt32:
        convert<std::int32_t>(vector, from, target, spec_);
        break;
      case DType::kUInt8:
        convert<std::uint8_t>(vector, from, target, spec_);
        break;
      case DType::kUInt16:
        convert<std::uint16_t>(vector, from, target, spec_);
        break;
      case DType::kUInt32:
        convert<std::uint32_t>(vector, from, target, spec_);
        break;
      case DType::kUInt64:
        convert<std::uint64_t>(vector, from, target, spec_);
        break;
      case DType::kBool:
        convert<bool>(vector, from, target, spec_);
        break;
      default:
        convert<std::int64_t>(vector, from, target, spec_);
    }
  }
  if (leaf_valid_.empty()) return;
  duckdb_vector_ensure_validity_writable(vector);
  std::uint64_t* mask = duckdb_vector_get_validity(vector);
  for (std::size_t i = 0; i < count; ++i)
    if (!leaf_valid_[first + i]) duckdb_validity_set_row_invalid(mask, target + i);
}

}  // namespace reelcell::table
