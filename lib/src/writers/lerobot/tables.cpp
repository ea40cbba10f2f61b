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

std::string RollingTable::path() const { return prefix_ + "/" + place_.text() + ".parquet"; }

ChunkFile RollingTable::make_room(std::uint64_t bytes) {
  if (writer_ && writer_->rows() > 0 && writer_->approximate_bytes() + bytes > cap_) close();
  if (!writer_) {
    if (any_) place_ = place_.next(chunks_size_);
    any_ = true;
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

RowSpool::RowSpool() : file_(std::tmpfile()) {
  if (!file_)
    throw OutputError("a temporary file for episode rows cannot be made: " + errno_text(errno));
}

void RowSpool::add(const Json& row) {
  const std::vector<std::uint8_t> bytes = Json::to_cbor(row);
  const std::uint64_t size = bytes.size();
  if (std::fwrite(&size, sizeof size, 1, file_.get()) != 1 ||
      std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
    throw OutputError("the temporary file of episode rows cannot be written: " + errno_text(errno));
  ++rows_;
}

void RowSpool::for_each(const std::function<void(const Json&, std::uint64_t)>& take) {
  std::rewind(file_.get());
  for (std::uint64_t i = 0; i < rows_; ++i) {
    std::uint64_t size = 0;
    std::vector<std::uint8_t> bytes;
    bool whole = std::fread(&size, sizeof size, 1, file_.get()) == 1;
    if (whole) {
      bytes.resize(size);
      whole = std::fread(bytes.data(), 1, size, file_.get()) == size;
    }
    if (!whole)
      throw OutputError("the temporary file of episode rows cannot be read back: " +
                        errno_text(errno));
    take(Json::from_cbor(bytes), size);
  }
  std::fseek(file_.get(), 0, SEEK_END);
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
