#include "internal/tables.hpp"

#include <cerrno>

#include "reelcell/base/error.hpp"

namespace reelcell::writers::lerobot {

namespace {
std::uint64_t size_of(DType type) {
  switch (type) {
    case DType::kBool:
    case DType::kInt8:
    case DType::kUInt8:
      return 1;
    case DType::kInt16:
    case DType::kUInt16:
      return 2;
    case DType::kFloat32:
    case DType::kInt32:
    case DType::kUInt32:
      return 4;
    default:
      return 8;
  }
}
}  // namespace

std::uint64_t bytes_of(const std::vector<Column>& columns) {
  std::uint64_t bytes = 0;
  for (const Column& column : columns) {
    if (const auto* texts = std::get_if<std::vector<std::string>>(&column.data)) {
      for (const std::string& text : *texts) bytes += text.size() + 4;
    } else {
      bytes += column.rows() * column.spec.width * size_of(column.spec.dtype);
    }
  }
  return bytes;
}

RollingTable::RollingTable(std::string prefix, std::vector<table::ParquetColumn> columns,
                           KeyValues key_values, std::uint64_t cap_bytes, std::int64_t chunks_size,
                           OutputFolder& folder)
    : prefix_(std::move(prefix)),
      columns_(std::move(columns)),
      key_values_(std::move(key_values)),
      cap_(cap_bytes),
      chunks_size_(chunks_size),
      folder_(&folder) {}

RollingTable::~RollingTable() = default;

void RollingTable::end_row_group() { writer_->end_row_group(); }

std::string RollingTable::path() const { return prefix_ + "/" + place_.text() + ".parquet"; }

void RollingTable::next_place() {
  if (any_) place_ = place_.next(chunks_size_);
  any_ = true;
}

void RollingTable::carry(const fs::path& finished) {
  close();
  next_place();
  folder_->carry(finished, path());
}

ChunkFile RollingTable::make_room(std::uint64_t bytes) {
  if (writer_ && writer_->rows() > 0 && writer_->approximate_bytes() + bytes > cap_) close();
  if (!writer_) {
    next_place();
    target_ = std::make_unique<AtomicPath>(folder_->file(path()));
    table::ParquetWriter::Options options;
    options.key_values = key_values_;
    writer_ = std::make_unique<table::ParquetWriter>(target_->temp_path(), columns_, options);
  }
  return place_;
}

ChunkFile RollingTable::append(const std::vector<Column>& columns, std::size_t rows) {
  const ChunkFile place = make_room(bytes_of(columns));
  writer_->append(columns, rows);
  writer_->end_row_group();
  return place;
}

ChunkFile RollingTable::begin_row(std::uint64_t bytes) { return make_room(bytes); }

void RollingTable::append_row(const std::vector<Json>& values) { writer_->append_row(values); }

void RollingTable::skip_past(ChunkFile finished) {
  if (!any_ || place_ < finished) place_ = finished;
  any_ = true;
}

void RollingTable::change_columns(std::vector<table::ParquetColumn> columns) {
  close();
  columns_ = std::move(columns);
}

void RollingTable::close() {
  if (!writer_) return;
  writer_->close();
  writer_.reset();
  target_->commit();
  target_.reset();
}

void write_table(const fs::path& path, const std::vector<table::ParquetColumn>& columns,
                 const RollingTable::KeyValues& key_values,
                 const std::vector<std::vector<Json>>& rows) {
  AtomicPath target(path);
  table::ParquetWriter::Options options;
  options.key_values = key_values;
  table::ParquetWriter writer(target.temp_path(), columns, options);
  for (const std::vector<Json>& row : rows) writer.append_row(row);
  writer.close();
  target.commit();
}

}  // namespace reelcell::writers::lerobot
