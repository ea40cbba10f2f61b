#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include "internal/shard_names.hpp"
#include "internal/verify_shard.hpp"
#include "internal/webdataset.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/ordered_pool.hpp"

namespace reelcell::webdataset {
namespace {

Json read_index(const fs::path& path, const std::string& name, Findings& findings) {
  if (!fs::exists(path)) return nullptr;
  try {
    Json index = read_json_file(path);
    if (index.is_object() && index.value("format", Json()) == "reelcell-webdataset-index")
      return index;
    findings.note("WDS-INDEX-FOREIGN", name, "", "is not an index of ours; not used");
  } catch (const InputError& error) {
    findings.error("WDS-INDEX", name, "", error.message());
  }
  return nullptr;
}

ShardFacts verify_file(const fs::path& folder, const std::string& name,
                       const VerifyOptions& options) {
  Findings before;
  const std::string index_name = *shard_stem(name) + ".index.json";
  const Json index = read_index(folder / index_name, index_name, before);
  ShardFacts facts;
  try {
    const auto source = file_source(folder / name);
    facts = verify_shard(*source, name, index, options);
  } catch (const InputError& error) {
    facts.findings.error("WDS-READ", name, "", error.message());
  }
  for (const Finding& finding : before.all())
    facts.findings.add(finding.level, finding.code, finding.path, finding.where, finding.message);
  return facts;
}

/// "train-000003" -> ("train-", 3); nullopt without a number at the end.
std::optional<std::pair<std::string, std::uint64_t>> numbered(const std::string& stem) {
  std::size_t start = stem.size();
  while (start > 0 && std::isdigit(static_cast<unsigned char>(stem[start - 1]))) --start;
  const std::string digits = stem.substr(start);
  if (digits.empty() || digits.size() > 18) return std::nullopt;
  return std::pair(stem.substr(0, start), std::stoull(digits));
}

void check_numbers(const std::vector<std::string>& shards, Findings& findings) {
  std::map<std::string, std::vector<std::uint64_t>> series;
  for (const std::string& name : shards)
    if (const auto number = numbered(*shard_stem(name)))
      series[number->first].push_back(number->second);
  for (auto& [prefix, numbers] : series) {
    std::sort(numbers.begin(), numbers.end());
    for (std::size_t i = 1; i < numbers.size(); ++i)
      if (numbers[i] > numbers[i - 1] + 1)
        findings.warning("WDS-SHARD-GAP", prefix, "",
                         "after shard " + std::to_string(numbers[i - 1]) + " comes " +
                             std::to_string(numbers[i]) +
                             "; a pattern like {000000..} would ask for those between");
  }
}

class KeyCheck {
 public:
  void add(const std::string& shard, const std::vector<std::string>& keys, Findings& findings) {
    for (const std::string& key : keys) {
      const auto [it, is_new] = seen_.try_emplace(key, shard);
      if (is_new || it->second == shard) continue;
      if (repeated_++ == 0)
        findings.warning("WDS-KEY-REPEATED", shard, key,
                         "this key is in " + it->second +
                             " too; tools that join by key mix the samples up (further ones are "
                             "not listed)");
    }
  }

 private:
  std::map<std::string, std::string> seen_;
  std::size_t repeated_ = 0;
};

}  // namespace

int recognise(const fs::path& folder) {
  std::error_code error;
  if (fs::is_regular_file(folder, error)) return shard_stem(folder.filename().string()) ? 70 : 0;
  bool tar = false, index = false;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    tar = tar || shard_stem(name);
    index = index || name.ends_with(".index.json");
  }
  return tar && index ? 95 : tar ? 50 : 0;
}

void verify(const fs::path& folder, const VerifyOptions& options, Findings& findings) {
  const bool single = fs::is_regular_file(folder);
  const fs::path root = single ? folder.parent_path() : folder;
  const std::vector<std::string> shards =
      single ? std::vector<std::string>{folder.filename().string()} : shards_in(root);
  if (shards.empty()) {
    findings.error("WDS-NO-SHARDS", "", "", "no .tar, .tar.gz, .tgz or .tar.zst file in here");
    return;
  }
  if (single && !shard_stem(shards[0])) {
    findings.error("WDS-NO-SHARDS", shards[0], "", "a name ending in .tar is expected");
    return;
  }
  check_numbers(shards, findings);
  KeyCheck keys;
  ObjectLabels labels;
  std::uint64_t samples = 0, members = 0, bytes = 0;
  ordered_pool<ShardFacts>(
      shards.size(), options.threads,
      [&](std::size_t i) { return verify_file(root, shards[i], options); },
      [&](std::size_t i, ShardFacts&& facts) {
        for (const Finding& f : facts.findings.all())
          findings.add(f.level, f.code, f.path, f.where, f.message);
        keys.add(shards[i], facts.keys, findings);
        labels.merge(facts.object_labels);
        samples += facts.keys.size();
        members += facts.members;
        bytes += facts.bytes;
      });
  labels.report(single ? shards[0] : "", findings);
  findings.checked("shards", shards.size());
  findings.checked("samples", samples);
  findings.checked("members", members);
  findings.checked("bytes", bytes);
}

}  // namespace reelcell::webdataset
