#include "internal/native.hpp"

#include <set>

#include "internal/features.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/writers/native_columns.hpp"

namespace reelcell::writers::lerobot {

namespace {
Column integers(const char* name, std::vector<std::int64_t> values) {
  Column column;
  column.spec.name = name;
  column.spec.dtype = DType::kInt64;
  column.data = std::move(values);
  return column;
}

/// Row of each sample: begin and end say which samples belong to row i.
std::vector<std::int64_t> rows_of(const NativeSeries& series) {
  std::vector<std::int64_t> rows(series.samples.size(), -1);
  for (std::size_t row = 0; row < series.begin.size() && row < series.end.size(); ++row)
    for (std::size_t i = series.begin[row]; i < series.end[row] && i < rows.size(); ++i)
      rows[i] = static_cast<std::int64_t>(row);
  return rows;
}

std::vector<Column> columns_of(const Episode& episode, const NativeSeries& series) {
  std::vector<std::int64_t> time;
  time.reserve(series.samples.size());
  for (const SessionTime t : series.samples.times) time.push_back(ns_of(t));
  std::vector<Column> columns;
  columns.push_back(
      integers("episode_index",
               std::vector<std::int64_t>(time.size(), static_cast<std::int64_t>(episode.index))));
  columns.push_back(integers("frame_index", rows_of(series)));
  columns.push_back(integers("time_ns", std::move(time)));
  std::set<std::string> seen;
  for (const Column& column : series.samples.columns) {
    const std::string name = native_column(column.spec.name);
    std::string unique = name;  // readers of Parquet do not tell cases apart
    for (int n = 2; !seen.insert(in_lower_case(unique)).second; ++n)
      unique = name + "~" + std::to_string(n);
    columns.emplace_back(column).spec.name = std::move(unique);
  }
  return columns;
}

std::vector<table::ParquetColumn> parquet_columns(const std::vector<Column>& columns) {
  std::vector<table::ParquetColumn> parquet;
  for (const Column& column : columns)
    parquet.push_back({column.spec.name, column.spec.dtype, column.spec.width == 1 ? 0 : 1});
  return parquet;
}

bool same(const std::vector<table::ParquetColumn>& a, const std::vector<table::ParquetColumn>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.name == y.name && x.dtype == y.dtype && x.list_depth == y.list_depth;
  });
}
}  // namespace

RollingTable& NativeTables::table_of(const std::string& stream,
                                     const std::vector<table::ParquetColumn>& columns) {
  const std::string name = safe_name(stream);
  const auto [known, fresh] = stream_of_.try_emplace(name, stream);
  if (known->second != stream)
    throw PlanError(
        "streams '" + known->second + "' and '" + stream + "'",
        "would share the folder native/" + name + ": rename one of them in session.json");
  std::unique_ptr<RollingTable>& table = tables_[name];
  if (fresh) {
    order_.push_back(name);
    table = std::make_unique<RollingTable>("native/" + name, columns, RollingTable::KeyValues{},
                                           settings_.data_bytes(), settings_.chunks_size, *folder_);
  }
  return *table;
}

Json NativeTables::add_series(const Episode& episode, const NativeSeries& series) {
  const std::vector<Column> columns = columns_of(episode, series);
  const auto parquet = parquet_columns(columns);
  RollingTable& table = table_of(series.stream, parquet);
  if (!same(table.columns(), parquet)) table.change_columns(parquet);
  table.append(columns, series.samples.size());
  return {{"file", table.path()},
          {"first_row", table.rows_in_file() - series.samples.size()},
          {"rows", series.samples.size()}};
}

Json NativeTables::add(const Episode& episode) {
  Json places = Json::object();
  if (!settings_.native) return places;
  for (const NativeSeries& series : episode.native)
    if (series.samples.size() > 0) places[series.stream] = add_series(episode, series);
  return places;
}

void NativeTables::adopt(const Json& places) {
  for (const auto& [stream, place] : places.items())
    table_of(stream, {}).skip_past(ChunkFile::of_path(place.at("file").get<std::string>()));
}

Json NativeTables::row(const Json& places) {
  Json row = Json::object();
  for (const auto& [stream, place] : places.items()) {
    const std::string prefix = "native/" + safe_name(stream) + "/";
    const ChunkFile file = ChunkFile::of_path(place.at("file").get<std::string>());
    const auto first = place.at("first_row").get<std::uint64_t>();
    row[prefix + "chunk_index"] = file.chunk;
    row[prefix + "file_index"] = file.file;
    row[prefix + "from_row"] = first;
    row[prefix + "to_row"] = first + place.at("rows").get<std::uint64_t>();
  }
  return row;
}

void NativeTables::close() {
  for (const std::string& name : order_) tables_.at(name)->close();
}

std::vector<table::ParquetColumn> NativeTables::columns() const {
  std::vector<table::ParquetColumn> columns;
  for (const std::string& name : order_)
    for (const char* field : {"chunk_index", "file_index", "from_row", "to_row"})
      columns.push_back({"native/" + name + "/" + field, DType::kInt64, 0});
  return columns;
}

}  // namespace reelcell::writers::lerobot
