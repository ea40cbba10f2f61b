#include "internal/footer.hpp"

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <mutex>

#include "reelcell/base/error.hpp"

namespace reelcell::table {

namespace {
// Field ids and enums of github.com/apache/parquet-format, parquet.thrift.
namespace file_meta {
constexpr std::int16_t kVersion = 1, kSchema = 2, kRows = 3, kRowGroups = 4, kKeyValues = 5,
                       kCreatedBy = 6, kColumnOrders = 7;
}
namespace schema_element {
constexpr std::int16_t kType = 1, kRepetition = 3, kName = 4, kChildren = 5, kConverted = 6;
}
constexpr std::int64_t kRepeated = 2;
constexpr std::uint64_t kMaxFooter = 1ull << 31;
constexpr std::size_t kKeptGroups = 1 << 16;  ///< bytes of row groups in memory

struct SchemaNode {
  std::string name;
  std::int64_t type = -1;  ///< physical; -1 for groups
  std::int64_t repetition = 0;
  std::int64_t children = 0;
  std::int64_t converted = -1;
};

SchemaNode read_node(ThriftReader& reader) {
  SchemaNode node;
  std::int16_t previous = 0;
  for (auto f = reader.field(0); f.type != ThriftType::kStop; f = reader.field(previous)) {
    previous = f.id;
    const bool number = f.type == ThriftType::kI32;
    if (f.id == schema_element::kType && number)
      node.type = reader.integer();
    else if (f.id == schema_element::kRepetition && number)
      node.repetition = reader.integer();
    else if (f.id == schema_element::kName && f.type == ThriftType::kBinary)
      node.name = reader.binary();
    else if (f.id == schema_element::kChildren && number)
      node.children = reader.integer();
    else if (f.id == schema_element::kConverted && number)
      node.converted = reader.integer();
    else
      reader.skip(f.type);
  }
  return node;
}

DType dtype_of(const SchemaNode& node) {
  switch (node.type) {
    case 0:
      return DType::kBool;
    case 4:
      return DType::kFloat32;
    case 5:
      return DType::kFloat64;
    case 1:
    case 2:
      switch (node.converted) {
        case 11:
          return DType::kUInt8;
        case 12:
          return DType::kUInt16;
        case 13:
          return DType::kUInt32;
        case 14:
          return DType::kUInt64;
        case 15:
          return DType::kInt8;
        case 16:
          return DType::kInt16;
        default:
          return node.type == 1 ? DType::kInt32 : DType::kInt64;
      }
    default:
      return DType::kString;  // byte arrays of any kind
  }
}

/// Walks the flattened schema tree; leaves become columns. A list adds `list.element` (or the older
/// `array`, `bag.array_element`) to the path: those names are left out, the depth is counted.
class SchemaWalk {
 public:
  explicit SchemaWalk(const std::vector<SchemaNode>& nodes) : nodes_(nodes) {}
  std::vector<ParquetColumn> columns() {
    if (nodes_.empty()) throw InputError("the Parquet footer has no schema; the file is damaged");
    const std::int64_t children = nodes_[at_++].children;
    for (std::int64_t i = 0; i < children; ++i) walk("", 0, false, 1);
    return std::move(out_);
  }

 private:
  void walk(const std::string& prefix, int lists, bool inside_list, int depth) {
    if (at_ >= nodes_.size() || depth > 64)
      throw InputError("the Parquet footer's schema does not add up; the file is damaged");
    const SchemaNode& node = nodes_[at_++];
    const bool repeated = node.repetition == kRepeated;
    const bool list = node.children == 1 && node.converted == 3;
    const std::string path = inside_list      ? prefix
                             : prefix.empty() ? node.name
                                              : prefix + "." + node.name;
    if (node.children == 0) {
      out_.push_back({path, dtype_of(node), lists + (repeated ? 1 : 0)});
      return;
    }
    for (std::int64_t i = 0; i < node.children; ++i)
      walk(path, lists + (repeated ? 1 : 0),
           list || (inside_list && node.children == 1 && repeated), depth + 1);
  }
  const std::vector<SchemaNode>& nodes_;
  std::size_t at_ = 0;
  std::vector<ParquetColumn> out_;
};

std::uint64_t read_group_rows(ThriftReader& reader) {
  constexpr std::int16_t kGroupRows = 3;
  std::int64_t rows = 0;
  std::int16_t previous = 0;
  for (auto f = reader.field(0); f.type != ThriftType::kStop; f = reader.field(previous)) {
    previous = f.id;
    if (f.id == kGroupRows && f.type == ThriftType::kI64)
      rows = reader.integer();
    else
      reader.skip(f.type);
  }
  if (rows < 0) throw InputError("a row group has a negative number of rows; the file is damaged");
  return static_cast<std::uint64_t>(rows);
}

std::pair<std::string, std::string> read_key_value(ThriftReader& reader) {
  std::pair<std::string, std::string> out;
  std::int16_t previous = 0;
  for (auto f = reader.field(0); f.type != ThriftType::kStop; f = reader.field(previous)) {
    previous = f.id;
    if (f.type == ThriftType::kBinary && f.id == 1)
      out.first = reader.binary();
    else if (f.type == ThriftType::kBinary && f.id == 2)
      out.second = reader.binary();
    else
      reader.skip(f.type);
  }
  return out;
}

void shift(ThriftValue* value, std::int64_t delta) {
  if (value) value->integer += delta;
}

void erase_fields(ThriftValue& value, std::initializer_list<int> ids) {
  for (std::size_t i = value.field_ids.size(); i-- > 0;)
    if (std::find(ids.begin(), ids.end(), value.field_ids[i]) != ids.end()) {
      value.field_ids.erase(value.field_ids.begin() + static_cast<std::ptrdiff_t>(i));
      value.items.erase(value.items.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

// Field ids within RowGroup, ColumnChunk and ColumnMetaData.
namespace row_group {
constexpr int kColumns = 1, kFileOffset = 5, kOrdinal = 7;
}
namespace column_chunk {
constexpr int kFilePath = 1, kFileOffset = 2, kMeta = 3, kIndexes[] = {4, 5, 6, 7};
}
namespace column_meta {
constexpr int kCompressedSize = 7, kDataPage = 9, kIndexPage = 10, kDictionaryPage = 11,
              kBloomOffset = 14, kBloomLength = 15;
}

/// Every place of the file that a row group names, moved by `delta`.
void shift_row_group(ThriftValue& group, std::int64_t delta) {
  shift(group.field(row_group::kFileOffset), delta);
  ThriftValue* columns = group.field(row_group::kColumns);
  if (!columns) return;
  for (ThriftValue& column : columns->items) {
    erase_fields(column, {column_chunk::kIndexes[0], column_chunk::kIndexes[1],
                          column_chunk::kIndexes[2], column_chunk::kIndexes[3]});
    if (ThriftValue* offset = column.field(column_chunk::kFileOffset);
        offset && offset->integer > 0)
      offset->integer += delta;  // deprecated; 0 = not set
    if (ThriftValue* meta = column.field(column_chunk::kMeta)) {
      erase_fields(*meta, {column_meta::kBloomOffset, column_meta::kBloomLength});
      for (const int place :
           {column_meta::kDataPage, column_meta::kIndexPage, column_meta::kDictionaryPage})
        shift(meta->field(place), delta);
    }
  }
}

std::string_view text_of(const Footer& footer, Footer::Range range) {
  return as_text(ByteView(footer.bytes).subspan(range.begin, range.end - range.begin));
}

ThriftValue read_group(const Footer& footer, std::size_t index) {
  ThriftReader reader(as_bytes(text_of(footer, footer.groups.at(index))));
  return read_thrift(reader, ThriftType::kStruct);
}
}  // namespace

Footer read_footer(const InputFile& file) {
  std::uint8_t tail[8] = {};
  if (file.size() < 12)
    throw InputError("not a Parquet file: " + std::to_string(file.size()) +
                     " bytes, the shortest has 12");
  file.read_at(file.size() - 8, tail);
  if (std::memcmp(tail + 4, "PARE", 4) == 0)
    throw InputError("the Parquet file has an encrypted footer; decrypt it first");
  if (std::memcmp(tail + 4, "PAR1", 4) != 0)
    throw InputError("not a Parquet file, or cut: the last four bytes are not 'PAR1'");
  std::uint32_t length = 0;
  std::memcpy(&length, tail, 4);
  if (length > file.size() - 12 || length > kMaxFooter)
    throw InputError("the Parquet footer claims " + std::to_string(length) +
                     " bytes in a file of " + std::to_string(file.size()) +
                     "; the file is damaged");
  Bytes bytes(length);
  const std::uint64_t start = file.size() - 8 - length;
  if (file.read_at(start, bytes) != length)
    throw InputError("the file became shorter while its footer was read");
  return parse_footer(std::move(bytes), start);
}

Footer parse_footer(Bytes bytes, std::uint64_t start) {
  Footer out;
  out.bytes = std::move(bytes);
  out.start = start;
  ParquetInfo& info = out.info;
  ThriftReader reader(out.bytes);
  std::vector<SchemaNode> nodes;
  const auto each = [&](const auto& take) {
    const ThriftReader::List list = reader.list();
    if (list.size && list.element != ThriftType::kStruct)
      throw InputError("the Parquet footer holds a list of the wrong kind; it is damaged");
    for (std::uint64_t i = 0; i < list.size; ++i) take();
  };
  std::int16_t previous = 0;
  for (auto f = reader.field(0); f.type != ThriftType::kStop; f = reader.field(previous)) {
    previous = f.id;
    const std::size_t begin = reader.position();
    const bool is_list = f.type == ThriftType::kList;
    if (f.id == file_meta::kSchema && is_list) {
      each([&] { nodes.push_back(read_node(reader)); });
      out.schema = {begin, reader.position()};
    } else if (f.id == file_meta::kRowGroups && is_list) {
      each([&] {
        const std::size_t group = reader.position();
        info.row_groups.push_back(read_group_rows(reader));
        out.groups.push_back({group, reader.position()});
      });
    } else if (f.id == file_meta::kKeyValues && is_list) {
      each([&] { info.key_values.push_back(read_key_value(reader)); });
    } else if (f.id == file_meta::kRows && f.type == ThriftType::kI64) {
      info.rows = static_cast<std::uint64_t>(std::max<std::int64_t>(0, reader.integer()));
    } else if (f.id == file_meta::kVersion && f.type == ThriftType::kI32) {
      out.version = reader.integer();
    } else {
      reader.skip(f.type);
      if (f.id == file_meta::kCreatedBy && f.type == ThriftType::kBinary)
        out.created_by = {begin, reader.position()};
      if (f.id == file_meta::kColumnOrders && is_list)
        out.column_orders = {begin, reader.position()};
    }
  }
  info.columns = SchemaWalk(nodes).columns();
  return out;
}

std::shared_ptr<const Footer> cached_footer(const fs::path& path) {
  struct Kept {
    fs::path path;
    std::uint64_t size = 0;
    fs::file_time_type changed;
    std::shared_ptr<const Footer> footer;
  };
  constexpr std::size_t kMost = 4;
  static std::mutex mutex;
  static std::vector<Kept> kept;
  const InputFile file(path);
  const fs::path absolute = fs::absolute(path);
  const fs::file_time_type changed = fs::last_write_time(path);
  const std::lock_guard lock(mutex);
  std::erase_if(kept, [&](const Kept& k) {
    return k.path == absolute && (k.size != file.size() || k.changed != changed);
  });
  for (const Kept& k : kept)
    if (k.path == absolute) return k.footer;
  auto footer = std::make_shared<const Footer>(read_footer(file));
  if (kept.size() == kMost) kept.erase(kept.begin());
  kept.push_back({absolute, file.size(), changed, footer});
  return footer;
}

void FooterMerger::take_head(const Footer& footer) {
  if (!schema_.empty()) return;
  version_ = footer.version;
  schema_ = text_of(footer, footer.schema);
  created_by_ = text_of(footer, footer.created_by);
  column_orders_ = text_of(footer, footer.column_orders);
}

void FooterMerger::add_group(const Footer& footer, std::size_t index, std::int64_t delta) {
  take_head(footer);
  ThriftValue group = read_group(footer, index);
  shift_row_group(group, delta);
  if (ThriftValue* ordinal = group.field(row_group::kOrdinal))
    ordinal->integer = static_cast<std::int16_t>(group_count_);
  ThriftWriter(pending_).value(group);
  if (pending_.size() >= kKeptGroups) {
    if (!spilled_) spilled_ = std::make_unique<SpillFile>("Parquet footer");
    spilled_->append(pending_.data(), pending_.size());
    pending_.clear();
  }
  rows_ += footer.info.row_groups[index];
  ++group_count_;
}

GroupBytes group_bytes(const Footer& footer, std::size_t index) {
  ThriftValue group = read_group(footer, index);
  ThriftValue* columns = group.field(row_group::kColumns);
  GroupBytes out{footer.start, 4};
  const auto refuse = [](const char* why) {
    throw InputError(std::string("a row group of the Parquet footer ") + why + "; it is damaged");
  };
  if (!columns) refuse("has no columns");
  for (ThriftValue& column : columns->items) {
    if (column.field(column_chunk::kFilePath)) refuse("keeps its pages in another file");
    ThriftValue* meta = column.field(column_chunk::kMeta);
    ThriftValue* size = meta ? meta->field(column_meta::kCompressedSize) : nullptr;
    ThriftValue* page = meta ? meta->field(column_meta::kDataPage) : nullptr;
    if (!size || !page) refuse("does not say where its pages are");
    std::int64_t begin = page->integer;
    const ThriftValue* dictionary = meta->field(column_meta::kDictionaryPage);
    if (dictionary && dictionary->integer > 0) begin = std::min(begin, dictionary->integer);
    const auto limit = static_cast<std::int64_t>(footer.start);
    if (begin < 4 || begin > limit || size->integer < 0 || size->integer > limit - begin)
      refuse("names a place outside the file");
    out.begin = std::min(out.begin, static_cast<std::uint64_t>(begin));
    out.end = std::max(out.end, static_cast<std::uint64_t>(begin + size->integer));
  }
  return out;
}

std::vector<ChunkFacts> chunk_facts(const Footer& footer, std::size_t index) {
  // Field ids within ColumnMetaData and Statistics.
  constexpr int kValues = 5, kStatistics = 12;
  constexpr int kOldMax = 1, kOldMin = 2, kMissing = 3, kMax = 5, kMin = 6;
  ThriftValue group = read_group(footer, index);
  ThriftValue* columns = group.field(row_group::kColumns);
  std::vector<ChunkFacts> out;
  if (!columns) return out;
  for (ThriftValue& column : columns->items) {
    ChunkFacts& facts = out.emplace_back();
    ThriftValue* meta = column.field(column_chunk::kMeta);
    if (!meta) continue;
    if (const ThriftValue* values = meta->field(kValues))
      facts.values = static_cast<std::uint64_t>(std::max<std::int64_t>(0, values->integer));
    ThriftValue* statistics = meta->field(kStatistics);
    if (!statistics) continue;
    const auto bound = [&](int id) -> std::optional<std::string> {
      const ThriftValue* value = statistics->field(id);
      return value ? std::optional(value->binary) : std::nullopt;
    };
    facts.min = bound(kMin);
    facts.max = bound(kMax);
    if (!facts.min && !facts.max) {
      facts.min = bound(kOldMin);
      facts.max = bound(kOldMax);
      facts.old_bounds = true;
    }
    if (const ThriftValue* missing = statistics->field(kMissing); missing && missing->integer >= 0)
      facts.missing = static_cast<std::uint64_t>(missing->integer);
  }
  return out;
}

void FooterMerger::write_groups(const std::function<void(std::string_view)>& write) const {
  if (spilled_) {
    std::string piece(kKeptGroups, '\0');
    for (std::uint64_t at = 0; at < spilled_->size(); at += piece.size()) {
      piece.resize(std::min<std::uint64_t>(kKeptGroups, spilled_->size() - at));
      spilled_->read(at, piece.data(), piece.size());
      write(piece);
    }
  }
  write(pending_);
}

void FooterMerger::finish(const std::vector<std::pair<std::string, std::string>>& key_values,
                          const std::function<void(std::string_view)>& write) const {
  std::string head, tail;
  std::int16_t previous = 0;
  const auto begin = [&](std::string& out, std::int16_t id, ThriftType type) {
    ThriftWriter(out).field(id, previous, type);
    previous = id;
  };
  begin(head, file_meta::kVersion, ThriftType::kI32);
  ThriftWriter(head).integer(version_);
  begin(head, file_meta::kSchema, ThriftType::kList);
  head += schema_;
  begin(head, file_meta::kRows, ThriftType::kI64);
  ThriftWriter(head).integer(static_cast<std::int64_t>(rows_));
  begin(head, file_meta::kRowGroups, ThriftType::kList);
  ThriftWriter(head).list(group_count_, ThriftType::kStruct);
  ThriftWriter writer(tail);
  if (!key_values.empty()) {
    begin(tail, file_meta::kKeyValues, ThriftType::kList);
    writer.list(key_values.size(), ThriftType::kStruct);
    for (const auto& [key, value] : key_values) {
      writer.field(1, 0, ThriftType::kBinary);
      writer.binary(key);
      writer.field(2, 1, ThriftType::kBinary);
      writer.binary(value);
      writer.stop();
    }
  }
  if (!created_by_.empty()) {
    begin(tail, file_meta::kCreatedBy, ThriftType::kBinary);
    tail += created_by_;
  }
  if (!column_orders_.empty()) {
    begin(tail, file_meta::kColumnOrders, ThriftType::kList);
    tail += column_orders_;
  }
  writer.stop();
  const std::uint64_t groups = (spilled_ ? spilled_->size() : 0) + pending_.size();
  const std::uint64_t size = head.size() + groups + tail.size();
  if (size > kMaxFooter)
    throw OutputError("the footer of a Parquet file with " + std::to_string(group_count_) +
                      " row groups has " + std::to_string(size) + " bytes, " +
                      std::to_string(kMaxFooter) +
                      " is the most that readers take; let its files roll over earlier");
  const auto length = static_cast<std::uint32_t>(size);
  tail.append(reinterpret_cast<const char*>(&length), 4);
  tail += "PAR1";
  write(head);
  write_groups(write);
  write(tail);
}

}  // namespace reelcell::table
