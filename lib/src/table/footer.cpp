#include "internal/footer.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "internal/footer_ids.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::table {

namespace {
// Field ids and enums of github.com/apache/parquet-format, parquet.thrift; see also
// internal/footer_ids.hpp.
namespace schema_element {
constexpr std::int16_t kType = 1, kRepetition = 3, kName = 4, kChildren = 5, kConverted = 6;
}
constexpr std::int64_t kRepeated = 2;

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

}  // namespace reelcell::table
