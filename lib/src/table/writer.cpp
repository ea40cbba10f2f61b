// One COPY a row group, into a file in memory; its pages are moved to the target and the footers
// are merged into one. DuckDB alone cannot end a row group at a given row: ROW_GROUP_SIZE is
// one number for the file, and is held only to 2048 rows (a vector).
#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>

#include "internal/buffer.hpp"
#include "internal/footer.hpp"
#include "internal/memory_file.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::table {

namespace {
// Where end_row_group() is never called: DuckDB's own default, and what keeps memory bounded.
constexpr std::size_t kMaxGroupRows = 122'880;
constexpr std::uint64_t kMaxGroupBytes = 64ull << 20;

/// What reelcell_rows(id) reads from: the buffers of the writer that runs the COPY.
struct RowSource {
  std::vector<ColumnBuffer>* columns = nullptr;
  std::size_t rows = 0;
};

/// Ids let one table function, registered once a database, serve every writer.
class RowSources {
 public:
  std::int64_t add(RowSource* source) {
    const std::lock_guard lock(mutex_);
    sources_[++last_] = source;
    return last_;
  }
  void remove(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    sources_.erase(id);
  }
  RowSource* find(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    const auto found = sources_.find(id);
    return found == sources_.end() ? nullptr : found->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::int64_t, RowSource*> sources_;
  std::int64_t last_ = 0;
};
RowSources& row_sources() {
  static RowSources sources;
  return sources;
}

struct ScanState {
  RowSource* source = nullptr;
  std::size_t next = 0;
};

void bind_rows(duckdb_bind_info info) {
  duckdb_value id = duckdb_bind_get_parameter(info, 0);
  RowSource* source = row_sources().find(duckdb_get_int64(id));
  duckdb_destroy_value(&id);
  if (!source) return duckdb_bind_set_error(info, "reelcell_rows: no such writer");
  for (const ColumnBuffer& column : *source->columns) {
    const DuckType type = column.logical_type();
    duckdb_bind_add_result_column(info, column.spec().name.c_str(), type.get());
  }
  duckdb_bind_set_cardinality(info, source->rows, true);
  duckdb_bind_set_bind_data(info, source, nullptr);
}

void init_rows(duckdb_init_info info) {
  auto* state = new ScanState{static_cast<RowSource*>(duckdb_init_get_bind_data(info)), 0};
  duckdb_init_set_init_data(info, state, [](void* p) { delete static_cast<ScanState*>(p); });
  duckdb_init_set_max_threads(info, 1);
}

void scan_rows(duckdb_function_info info, duckdb_data_chunk chunk) {
  auto* state = static_cast<ScanState*>(duckdb_function_get_init_data(info));
  const std::size_t count =
      std::min<std::size_t>(duckdb_vector_size(), state->source->rows - state->next);
  try {
    std::vector<ColumnBuffer>& columns = *state->source->columns;
    for (std::size_t i = 0; i < columns.size(); ++i)
      columns[i].fill(duckdb_data_chunk_get_vector(chunk, i), state->next, count);
  } catch (const std::exception& error) {
    return duckdb_function_set_error(info, error.what());
  }
  state->next += count;
  duckdb_data_chunk_set_size(chunk, count);
}

void register_rows(DuckConnection& connection) {
  Duck<duckdb_table_function, duckdb_destroy_table_function> function(
      duckdb_create_table_function());
  const DuckType id(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  duckdb_table_function_set_name(function.get(), "reelcell_rows");
  duckdb_table_function_add_parameter(function.get(), id.get());
  duckdb_table_function_set_bind(function.get(), bind_rows);
  duckdb_table_function_set_init(function.get(), init_rows);
  duckdb_table_function_set_function(function.get(), scan_rows);
  if (duckdb_register_table_function(connection.get(), function.get()) == DuckDBError)
    throw OutputError("DuckDB refuses our table function; version 1.4 is expected, found " +
                      std::string(duckdb_library_version()));
}

void register_rows_once(DuckConnection& connection) {
  static std::once_flag once;
  std::call_once(once, [&] { register_rows(connection); });
}
}  // namespace

struct ParquetWriter::Impl {
  Impl(fs::path target, std::vector<ParquetColumn> specs, Options writer_options)
      : path(std::move(target)),
        options(std::move(writer_options)),
        connection(DuckDatabase::shared()),
        out(path) {
    for (ParquetColumn& spec : specs) columns.emplace_back(std::move(spec));
    if (columns.empty()) throw std::logic_error("ParquetWriter: no columns");
    source.columns = &columns;
    source_id = row_sources().add(&source);
    register_rows_once(connection);
    out.write("PAR1");
  }
  ~Impl() { row_sources().remove(source_id); }
  void flush();
  void flush_if_large() {
    if (source.rows >= kMaxGroupRows || pending_bytes() - flushed_bytes >= kMaxGroupBytes) flush();
  }
  std::uint64_t pending_bytes() const {
    std::uint64_t sum = 0;
    for (const ColumnBuffer& column : columns) sum += column.bytes();
    return sum;
  }
  void copy_part();

  fs::path path;
  MemoryFile part;
  Options options;
  DuckConnection connection;
  AtomicFile out;
  std::vector<ColumnBuffer> columns;
  RowSource source;
  std::int64_t source_id = 0;
  FooterMerger footer;
  std::uint64_t rows = 0, flushed_bytes = 0;
  bool any_part = false;
};

void ParquetWriter::Impl::flush() {
  const std::string sql = "COPY (SELECT * FROM reelcell_rows(" + std::to_string(source_id) +
                          ")) TO " + quote_text(part.path().string()) +
                          " (FORMAT parquet, COMPRESSION " + quote_text(options.compression) +
                          ", ROW_GROUP_SIZE " + std::to_string(2 * kMaxGroupRows) +
                          ", WRITE_BLOOM_FILTER false, USE_TMP_FILE false)";
  try {
    connection.run(sql);
    copy_part();
  } catch (const InputError& error) {
    throw OutputError(path.string(), error.message());
  }
  any_part = true;
  rows += source.rows;
  source.rows = 0;
  for (ColumnBuffer& column : columns) column.clear();
  flushed_bytes = pending_bytes();
}

void ParquetWriter::Impl::copy_part() {
  const InputFile file(part.path());
  const Footer tail = read_footer(file);
  footer.take_head(tail);
  for (std::size_t i = 0; i < tail.groups.size(); ++i)
    footer.add_group(tail, i, static_cast<std::int64_t>(out.size()) - 4);
  Bytes buffer(std::min<std::uint64_t>(1 << 20, tail.start));
  for (std::uint64_t at = 4; at < tail.start;) {
    const std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), tail.start - at));
    const std::size_t got = file.read_at(at, std::span(buffer).first(wanted));
    if (got == 0) throw InputError("the part became shorter while it was read");
    out.write(ByteView(buffer).first(got));
    at += got;
  }
}

ParquetWriter::ParquetWriter(fs::path path, std::vector<ParquetColumn> columns, Options options)
    : impl_(std::make_unique<Impl>(std::move(path), std::move(columns), std::move(options))) {}
ParquetWriter::~ParquetWriter() = default;

void ParquetWriter::append(const std::vector<Column>& columns, std::size_t rows) {
  if (columns.size() != impl_->columns.size())
    throw std::logic_error("ParquetWriter::append: wrong number of columns");
  for (std::size_t i = 0; i < columns.size(); ++i) impl_->columns[i].append(columns[i], rows);
  impl_->source.rows += rows;
  impl_->flush_if_large();
}

void ParquetWriter::append_row(const std::vector<Json>& values) {
  if (values.size() != impl_->columns.size())
    throw std::logic_error("ParquetWriter::append_row: wrong number of values");
  for (std::size_t i = 0; i < values.size(); ++i) impl_->columns[i].append(values[i]);
  ++impl_->source.rows;
  impl_->flush_if_large();
}

void ParquetWriter::end_row_group() {
  if (impl_->source.rows > 0) impl_->flush();
}

std::uint64_t ParquetWriter::rows() const { return impl_->rows + impl_->source.rows; }
std::uint64_t ParquetWriter::approximate_bytes() const { return impl_->pending_bytes(); }

void ParquetWriter::close() {
  // A file without rows still needs its schema, which the COPY writes.
  if (impl_->source.rows > 0 || !impl_->any_part) impl_->flush();
  impl_->footer.finish(impl_->options.key_values,
                       [&](std::string_view piece) { impl_->out.write(piece); });
  impl_->out.commit();
}

}  // namespace reelcell::table
