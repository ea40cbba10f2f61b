#include <algorithm>
#include <memory>

#include "internal/footer.hpp"
#include "internal/memory_file.hpp"
#include "internal/scan.hpp"
#include "internal/values.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/table/parquet_rows.hpp"

namespace reelcell::table {

ParquetInfo parquet_info(const fs::path& path) {
  return at_place(path.string(), [&] { return cached_footer(path)->info; });
}

struct ParquetReader::Impl {
  explicit Impl(const fs::path& file) : path(file), connection(DuckDatabase::shared()) {}
  fs::path path;
  std::unique_ptr<MemoryFile> cut;  ///< the row groups that are needed, when they are a part
  DuckConnection connection;
  DuckStatement statement;
  DuckResult result;
  std::vector<ColumnSpec> specs;
  std::vector<LeafType> types;
  std::vector<char> width_known;
  std::uint64_t row = 0;
};

namespace {
/// A struct's leaves are named "a.b": such a name is there, but DuckDB knows only "a".
void check_columns(const ParquetInfo& info, const std::vector<std::string>& wanted) {
  std::vector<std::string> all;
  for (const ParquetColumn& column : info.columns) all.push_back(column.name);
  for (const std::string& name : wanted)
    if (std::find(all.begin(), all.end(), name) == all.end())
      throw InputError(unknown_name("column", name, all));
}

std::string identifiers(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + quote_identifier(name);
  return out;
}
}  // namespace

ParquetReader::ParquetReader(const fs::path& path, std::vector<std::string> columns,
                             std::uint64_t first_row, std::uint64_t rows)
    : impl_(std::make_unique<Impl>(path)) {
  at_place(path.string(), [&] {
    const std::shared_ptr<const Footer> footer = cached_footer(path);
    const ParquetInfo& info = footer->info;
    if (columns.empty())
      for (const ParquetColumn& column : info.columns) columns.push_back(column.name);
    check_columns(info, columns);
    Scan scan = plan_scan(path, *footer, first_row, rows);
    impl_->row = std::min(first_row, info.rows);
    impl_->cut = std::move(scan.cut);
    impl_->statement = impl_->connection.prepare(
        scan_sql(identifiers(columns), impl_->cut ? impl_->cut->path() : fs::absolute(path), scan));
    execute_streaming(impl_->statement, impl_->result);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const DuckType type(duckdb_column_logical_type(impl_->result.get(), i));
      const auto leaf = leaf_type(type.get());
      if (!leaf)
        throw InputError("column '" + columns[i] + "' has the type " + type_name(type.get()) +
                         "; numbers, booleans, text and lists of them can be read");
      impl_->types.push_back(*leaf);
      impl_->specs.push_back({columns[i], leaf->dtype, 1, "", {}});
      impl_->width_known.push_back(leaf->depth == 0);
    }
  });
}
ParquetReader::~ParquetReader() = default;
ParquetReader::ParquetReader(ParquetReader&&) noexcept = default;

bool ParquetReader::next(std::vector<Column>& columns, std::size_t& rows) {
  return at_place(impl_->path.string(), [&] {
    const DuckChunk chunk = impl_->result.next();
    rows = chunk ? static_cast<std::size_t>(duckdb_data_chunk_get_size(chunk.get())) : 0;
    columns.clear();
    for (std::size_t i = 0; i < impl_->specs.size(); ++i) {
      Column column{impl_->specs[i], empty_data(impl_->types[i].dtype)};
      if (rows > 0) {
        bool known = impl_->width_known[i] != 0;
        append_vector(column, known, duckdb_data_chunk_get_vector(chunk.get(), i), impl_->types[i],
                      rows, impl_->row);
        impl_->width_known[i] = known;
        impl_->specs[i].width = column.spec.width;
      }
      columns.push_back(std::move(column));
    }
    impl_->row += rows;
    return rows > 0;
  });
}

void for_each_parquet_row(const fs::path& path, const std::vector<std::string>& columns,
                          const std::function<void(const Json&)>& take) {
  at_place(path.string(), [&] {
    if (!columns.empty()) check_columns(cached_footer(path)->info, columns);
    DuckConnection connection(DuckDatabase::shared());
    const DuckStatement statement =
        connection.prepare("SELECT " + (columns.empty() ? "*" : identifiers(columns)) +
                           " FROM read_parquet(" + quote_pattern(fs::absolute(path)) + ")");
    DuckResult result;
    execute_streaming(statement, result);
    const idx_t width = duckdb_column_count(result.get());
    std::vector<DuckType> types;
    std::vector<std::string> names;
    for (idx_t i = 0; i < width; ++i) {
      types.emplace_back(duckdb_column_logical_type(result.get(), i));
      names.emplace_back(duckdb_column_name(result.get(), i));
      if (!json_can_hold(types.back().get()))
        throw InputError("column '" + names.back() + "' has the type " +
                         type_name(types.back().get()) +
                         "; numbers, booleans, text and lists of them can be read");
    }
    while (const DuckChunk chunk = result.next()) {
      const idx_t rows = duckdb_data_chunk_get_size(chunk.get());
      for (idx_t row = 0; row < rows; ++row) {
        Json object = Json::object();
        for (idx_t i = 0; i < width; ++i)
          object[names[i]] =
              json_value(duckdb_data_chunk_get_vector(chunk.get(), i), types[i].get(), row);
        take(object);
      }
    }
  });
}

std::vector<Json> read_parquet_rows(const fs::path& path, std::uint64_t limit,
                                    const std::vector<std::string>& columns) {
  const std::uint64_t rows =
      at_place(path.string(), [&] { return cached_footer(path)->info.rows; });
  if (rows > limit)
    throw InputError(path.string(), "has " + std::to_string(rows) + " rows, at most " +
                                        std::to_string(limit) +
                                        " are expected in a metadata table");
  std::vector<Json> out;
  for_each_parquet_row(path, columns, [&](const Json& row) { out.push_back(row); });
  return out;
}

}  // namespace reelcell::table
