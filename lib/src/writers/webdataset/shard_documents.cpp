#include "reelcell/writers/shard_documents.hpp"

#include <algorithm>
#include <optional>

#include "internal/sample_rules.hpp"
#include "internal/shard_names.hpp"
#include "internal/tar_reader.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::writers {
namespace {
using namespace webdataset;

constexpr std::uint64_t kLargestDocument = 64 << 20;
/// A shard of ours has a document in its first sample; other people's are not read through for one.
constexpr std::size_t kMembersWithout = 1000;

std::optional<Json> read_document(TarReader& reader, const TarEntry& entry) {
  if (entry.size > kLargestDocument) return std::nullopt;
  constexpr std::size_t kPiece = 1 << 20;  // the size in a header may lie
  Bytes data;
  while (data.size() < entry.size) {
    const std::size_t at = data.size();
    data.resize(at + std::min<std::uint64_t>(kPiece, entry.size - at));
    const std::size_t got = reader.read(std::span(data).subspan(at));
    const bool cut = at + got < data.size();
    data.resize(at + got);
    if (cut) return std::nullopt;
  }
  try {
    return parse_json(as_text(data), entry.name);
  } catch (const InputError&) {
    return std::nullopt;
  }
}
}  // namespace

std::vector<fs::path> shards_of(const fs::path& path) {
  if (fs::is_regular_file(path)) return {path};
  std::vector<fs::path> shards;
  for (const std::string& name : shards_in(path)) shards.push_back(path / name);
  return shards;
}

void for_each_shard_document(const fs::path& shard,
                             const std::function<bool(const std::string&, const Json&)>& take) {
  const auto source = file_source(shard);
  TarReader reader(*source);
  TarEntry entry;
  bool ours = false;
  for (std::size_t members = 0; reader.next(entry); ++members) {
    if (!ours && members == kMembersWithout) return;
    const auto name = split_name(entry.name);
    if (entry.type != TarType::kFile || !name || name->second != "json") continue;
    const std::optional<Json> document = read_document(reader, entry);
    if (!document) continue;
    const bool is_one =
        document->is_object() && document->value("format", Json()) == "reelcell-webdataset";
    if (!is_one && !ours) return;
    ours = true;
    if (!take(entry.name, *document)) return;
  }
}

}  // namespace reelcell::writers
