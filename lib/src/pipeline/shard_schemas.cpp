#include "internal/shard_schemas.hpp"

#include "internal/documents.hpp"
#include "reelcell/audit/schema_check.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/ordered_pool.hpp"
#include "reelcell/pipeline/schemas.hpp"
#include "reelcell/writers/shard_documents.hpp"

namespace reelcell::pipeline {
namespace {

/// Documents of one shard that do not fit and are told of; one writer makes the same fault in all.
constexpr std::size_t kMostTold = 5;

struct ShardResult {
  Findings findings;
  std::uint64_t fitting = 0;
};

void check_index(const fs::path& shard, Findings& findings) {
  std::string name = shard.filename().string();
  name = name.substr(0, name.rfind(".t")) + ".index.json";
  const fs::path file = shard.parent_path() / name;
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return;
  try {
    const Json index = read_json_file(file);
    if (document_kind(index) == "webdataset-index")
      audit::check_schema(schema_named("webdataset-index"), index, name, findings);
  } catch (const InputError&) {
    // No JSON: the check of the shards says so.
  }
}

ShardResult check_shard(const fs::path& shard) {
  ShardResult result;
  check_index(shard, result.findings);
  const std::string path = shard.filename().string();
  const audit::SchemaCheck schema(schema_named("webdataset-sample"));
  std::size_t bad = 0;
  try {
    writers::for_each_shard_document(shard, [&](const std::string& name, const Json& document) {
      Findings found;
      if (schema.check(document, path, name, found))
        ++result.fitting;
      else if (++bad <= kMostTold)
        for (const Finding& finding : found.all())
          result.findings.error(finding.code, path, finding.where, finding.message);
      return true;
    });
  } catch (const InputError&) {
    // The check of the shard itself says that it cannot be read.
  }
  if (bad > kMostTold)
    result.findings.error(
        "DOC-SCHEMA", path, "",
        std::to_string(bad - kMostTold) + " further samples do not fit the schema either");
  return result;
}

}  // namespace

void check_shard_documents(const fs::path& path, std::size_t threads, Findings& findings) {
  const std::vector<fs::path> shards = writers::shards_of(path);
  std::uint64_t fitting = 0;
  ordered_pool<ShardResult>(
      shards.size(), threads, [&](std::size_t i) { return check_shard(shards[i]); },
      [&](std::size_t, ShardResult&& result) {
        for (const Finding& finding : result.findings.all())
          findings.add(finding.level, finding.code, finding.path, finding.where, finding.message);
        fitting += result.fitting;
      });
  if (fitting > 0) findings.checked("documents", fitting);
}

}  // namespace reelcell::pipeline
