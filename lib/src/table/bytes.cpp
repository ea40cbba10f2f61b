#include <algorithm>

#include "internal/footer.hpp"
#include "internal/memory_file.hpp"
#include "internal/scan.hpp"
#include "internal/values.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/table/parquet_bytes.hpp"

namespace reelcell::table {

struct ParquetBytes::Impl {
  explicit Impl(const fs::path& file) : path(file), connection(DuckDatabase::shared()) {}
  fs::path path;
  std::unique_ptr<MemoryFile> cut;
  DuckConnection connection;
  DuckStatement statement;
  DuckResult result;
};

ParquetBytes::ParquetBytes(const fs::path& path, const std::string& column,
                           const std::string& field, std::uint64_t first_row, std::uint64_t rows)
    : impl_(std::make_unique<Impl>(path)) {
  at_place(path.string(), [&] {
    const std::shared_ptr<const Footer> footer = cached_footer(path);
    const auto& columns = footer->info.columns;
    if (std::none_of(columns.begin(), columns.end(), [&](const ParquetColumn& leaf) {
          return leaf.name == column + "." + field && leaf.list_depth == 0;
        }))
      throw InputError("column '" + column + "' has no field '" + field + "'");
    Scan scan = plan_scan(path, *footer, first_row, rows);
    impl_->cut = std::move(scan.cut);
    impl_->statement = impl_->connection.prepare(
        scan_sql("struct_extract(" + quote_identifier(column) + ", " + quote_text(field) + ")",
                 impl_->cut ? impl_->cut->path() : fs::absolute(path), scan));
    execute_streaming(impl_->statement, impl_->result);
    const DuckType type(duckdb_column_logical_type(impl_->result.get(), 0));
    if (duckdb_get_type_id(type.get()) != DUCKDB_TYPE_BLOB)
      throw InputError("field '" + field + "' of column '" + column + "' has the type " +
                       type_name(type.get()) + "; bytes were expected");
  });
}
ParquetBytes::~ParquetBytes() = default;
ParquetBytes::ParquetBytes(ParquetBytes&&) noexcept = default;

bool ParquetBytes::next(std::vector<std::shared_ptr<const Bytes>>& values) {
  return at_place(impl_->path.string(), [&] {
    values.clear();
    const DuckChunk chunk = impl_->result.next();
    if (!chunk) return false;
    const idx_t rows = duckdb_data_chunk_get_size(chunk.get());
    const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk.get(), 0);
    std::uint64_t* const validity = duckdb_vector_get_validity(vector);
    auto* const strings = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
    for (idx_t row = 0; row < rows; ++row) {
      if (validity && !duckdb_validity_row_is_valid(validity, row)) {
        values.push_back(nullptr);
        continue;
      }
      const auto* data = reinterpret_cast<const std::uint8_t*>(duckdb_string_t_data(&strings[row]));
      values.push_back(
          std::make_shared<const Bytes>(data, data + duckdb_string_t_length(strings[row])));
    }
    return rows > 0;
  });
}

}  // namespace reelcell::table
