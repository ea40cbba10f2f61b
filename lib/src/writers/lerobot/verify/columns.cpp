#include "internal/columns.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "internal/codes.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::writers::lerobot {

namespace {
const table::ParquetColumn* column_named(const table::ParquetInfo& info, const std::string& name) {
  for (const table::ParquetColumn& column : info.columns)
    if (column.name == name) return &column;
  return nullptr;
}

/// Pictures in the table are structs: their leaves are "name.bytes" and "name.path".
bool has_leaves(const table::ParquetInfo& info, const std::string& name) {
  return std::any_of(info.columns.begin(), info.columns.end(),
                     [&](const auto& column) { return column.name.starts_with(name + "."); });
}

bool is_named(const DataSet& set, const std::string& column) {
  if (set.feature(column)) return true;
  const Feature* parent = set.feature(column.substr(0, column.rfind('.')));
  return parent && parent->is_picture();
}

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == 6) return text + fmt::format(", .. ({} in all)", names.size());
    text += (i ? ", " : "") + names[i];
  }
  return text;
}

/// What the `datasets` library was told about a column: its element dtype.
std::string huggingface_dtype(const Json& feature) {
  if (!feature.is_object()) return "";
  if (feature.contains("feature")) return huggingface_dtype(feature["feature"]);
  return feature.value("dtype", std::string());
}

void check_huggingface(const DataSet& set, const std::string& path, const table::ParquetInfo& info,
                       Grouped& found) {
  for (const auto& [key, value] : info.key_values) {
    if (key != "huggingface") continue;
    try {
      const Json json = parse_json(value, path);
      for (const auto& [name, feature] : json.at("info").at("features").items()) {
        const Feature* known = set.feature(name);
        const std::string dtype = huggingface_dtype(feature);
        if (known && !dtype.empty() && !known->is_picture() && dtype != known->dtype)
          found.error(
              code::kHuggingFace, path, "footer key 'huggingface'",
              fmt::format("types '{}' as {}, meta/info.json as {}", name, dtype, known->dtype));
      }
    } catch (const std::exception& error) {
      found.error(code::kHuggingFace, path, "footer key 'huggingface'",
                  std::string("cannot be read: ") + error.what());
    }
    return;
  }
  found.note(code::kHuggingFace, "data", "footer key 'huggingface'",
             "is missing; the datasets library then guesses the columns' types");
}
}  // namespace

std::vector<std::string> check_columns(const DataSet& set, const std::string& path,
                                       const table::ParquetInfo& info, Grouped& found) {
  std::vector<std::string> missing, extra, readable;
  for (const Feature& feature : set.features) {
    if (feature.is_video()) continue;
    const table::ParquetColumn* column = column_named(info, feature.name);
    if (!column && feature.is_picture() && has_leaves(info, feature.name)) continue;
    if (!column) {
      missing.push_back(feature.name);
      continue;
    }
    const std::optional<DType> type = feature.number();
    if (!type) continue;
    const int depth = feature.shape.size() == 1 && feature.shape[0] == 1
                          ? 0
                          : static_cast<int>(feature.shape.size());
    if (column->dtype != *type) {
      found.error(code::kColumnType, path, "column " + feature.name,
                  fmt::format("'{}' is {}, meta/info.json says {}", feature.name,
                              to_string(column->dtype), feature.dtype));
    } else if (column->list_depth != depth && !(column->list_depth == 1 && depth == 0)) {
      found.error(code::kColumnShape, path, "column " + feature.name,
                  fmt::format("'{}' is nested {} deep, its shape has {} dimensions", feature.name,
                              column->list_depth, depth));
    }
    if (column->dtype != DType::kString) readable.push_back(feature.name);
  }
  for (const table::ParquetColumn& column : info.columns)
    if (!is_named(set, column.name)) extra.push_back(column.name);
  if (!missing.empty())
    found.error(code::kColumnMissing, path, "", "no column for: " + join(missing));
  if (!extra.empty())
    found.error(code::kColumnExtra, path, "",
                "columns that meta/info.json does not name: " + join(extra));
  check_huggingface(set, path, info, found);
  return readable;
}

void check_widths(const DataSet& set, const std::string& path, const std::vector<Column>& columns,
                  Grouped& found) {
  for (const Column& column : columns) {
    const Feature* feature = set.feature(column.spec.name);
    if (feature && static_cast<std::int64_t>(column.spec.width) != feature->width())
      found.error(code::kColumnShape, path, "column " + column.spec.name,
                  fmt::format("'{}' has {} values a row, its shape says {}", column.spec.name,
                              column.spec.width, feature->width()));
  }
}

}  // namespace reelcell::writers::lerobot
