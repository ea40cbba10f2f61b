// Row groups of a footer: where their pages are, what is said of their columns, and moving them
// into the footer of another file.
#include <algorithm>
#include <initializer_list>

#include "internal/footer.hpp"
#include "internal/footer_ids.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::table {
namespace {

constexpr std::size_t kKeptGroups = 1 << 16;  ///< bytes of row groups in memory

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
