#include "internal/shard_names.hpp"

#include <string_view>

namespace reelcell::webdataset {
namespace {
constexpr std::string_view kShardEndings[] = {".tar", ".tar.gz", ".tgz", ".tar.zst"};
}  // namespace

std::optional<std::string> shard_stem(const std::string& name) {
  for (const std::string_view ending : kShardEndings)
    if (name.size() > ending.size() && name.ends_with(ending))
      return name.substr(0, name.size() - ending.size());
  return std::nullopt;
}

std::vector<std::string> shards_in(const fs::path& folder) {
  std::vector<std::string> shards;
  for (const std::string& file : list_files(folder))
    if (shard_stem(file)) shards.push_back(file);
  return shards;
}

}  // namespace reelcell::webdataset
