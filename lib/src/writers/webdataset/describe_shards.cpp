// What is in shards, quickly: tar headers only, data is passed over.
#include <fmt/format.h>

#include <map>
#include <set>

#include "internal/sample_rules.hpp"
#include "internal/shard_names.hpp"
#include "internal/tar_reader.hpp"
#include "internal/webdataset.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::webdataset {
namespace {

/// A compressed shard is unpacked to be listed: larger ones are not, in a look that takes a second.
constexpr std::uint64_t kUnpacked = 256 << 20;
constexpr std::size_t kShownKeys = 3;

struct Contents {
  std::map<std::string, std::uint64_t> members, bytes;  ///< by extension
  std::vector<std::string> keys;                        ///< the first ones
  std::uint64_t samples = 0, size = 0, unlisted = 0;
  std::string damage;
};

bool is_compressed(const std::string& name) { return !name.ends_with(".tar"); }

void list_shard(const fs::path& path, Contents& contents) {
  const auto source = file_source(path);
  TarReader reader(*source);
  TarEntry entry;
  std::string last;
  while (reader.next(entry)) {
    if (entry.type != TarType::kFile || is_skipped_name(entry.name)) continue;
    const auto name = split_name(entry.name);
    if (!name) continue;
    if (contents.samples == 0 || name->first != last) {
      ++contents.samples;
      if (contents.keys.size() < kShownKeys) contents.keys.push_back(name->first);
      last = name->first;
    }
    ++contents.members[name->second];
    contents.bytes[name->second] += entry.size;
  }
  for (const TarProblem& problem : reader.problems())
    if (problem.trouble != TarTrouble::kNoEnd && contents.damage.empty())
      contents.damage =
          fmt::format("{}: byte {}: {}", path.filename().string(), problem.offset, problem.message);
}

}  // namespace

Json describe(const fs::path& path) {
  const bool single = fs::is_regular_file(path);
  const fs::path root = single ? path.parent_path() : path;
  const std::vector<std::string> shards =
      single ? std::vector<std::string>{path.filename().string()} : shards_in(root);
  Contents contents;
  for (const std::string& shard : shards) {
    const std::uint64_t size = fs::file_size(root / shard);
    contents.size += size;
    if (is_compressed(shard) && size > kUnpacked)
      ++contents.unlisted;
    else
      list_shard(root / shard, contents);
  }
  Json members = Json::array();
  for (const auto& [extension, count] : contents.members)
    members.push_back(
        {{"extension", extension}, {"count", count}, {"bytes", contents.bytes[extension]}});
  Json json = {{"bytes", contents.size},
               {"shards", shards.size()},
               {"samples", contents.samples},
               {"members", std::move(members)},
               {"first_keys", contents.keys}};
  if (contents.unlisted > 0)
    json["note"] = std::to_string(contents.unlisted) +
                   " large compressed shards were not unpacked; what is in them is not counted";
  if (!contents.damage.empty()) json["damage"] = contents.damage;
  return json;
}

}  // namespace reelcell::webdataset
