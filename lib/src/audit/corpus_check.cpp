#include "reelcell/audit/corpus_check.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/base/ordered_pool.hpp"

namespace reelcell::audit {
namespace {

struct NamedFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::string xxh3_128, sha256;
};

void collect(const Json& list, std::vector<NamedFile>& files) {
  for (const Json& entry : list)
    files.push_back({entry.at("path").get<std::string>(), entry.value("bytes", std::uint64_t{0}),
                     entry.value("xxh3_128", ""), entry.value("sha256", "")});
}

std::string check_file(const fs::path& folder, const NamedFile& file, bool deep,
                       std::string& code) {
  fs::path path;
  try {
    path = safe_join(folder, file.path);
  } catch (const InputError& error) {
    code = "CORPUS-UNSAFE-PATH";
    return error.what();
  }
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    code = "CORPUS-FILE-MISSING";
    return "the manifest names this file, but it is not there; restore it or build the corpus "
           "again";
  }
  const std::uint64_t size = fs::file_size(path, error);
  if (size != file.bytes) {
    code = "CORPUS-FILE-SIZE";
    return "is " + std::to_string(size) + " bytes, the manifest says " +
           std::to_string(file.bytes) + "; it was changed or cut";
  }
  if (!deep) return "";
  const Digests digests = hash_file(path);
  if (digests.xxh3_128 == file.xxh3_128 && digests.sha256 == file.sha256) return "";
  code = "CORPUS-FILE-HASH";
  return "SHA-256 is " + digests.sha256 + ", the manifest says " + file.sha256 +
         "; the content was changed";
}

void check_files(const fs::path& folder, const std::vector<NamedFile>& files,
                 const VerifyOptions& options, Findings& findings) {
  struct Result {
    std::string code, message;
  };
  ordered_pool<Result>(
      files.size(), options.threads,
      [&](std::size_t i) {
        Result result;
        result.message = check_file(folder, files[i], options.deep, result.code);
        return result;
      },
      [&](std::size_t i, Result&& result) {
        if (!result.message.empty()) findings.error(result.code, files[i].path, "", result.message);
      });
  findings.checked(options.deep ? "files hashed" : "files", files.size());
}

void check_samples(const Json& manifest, Findings& findings) {
  const Json samples = manifest.value("samples", Json::array());
  std::map<std::string, std::string> split_of_group;
  std::set<std::string> keys;
  std::map<std::string, std::uint64_t> episodes, rows;
  std::uint64_t index = 0;
  for (const Json& sample : samples) {
    const std::string where = "/samples/" + std::to_string(index);
    const std::string key = sample.value("key", "");
    const std::string group = sample.value("group", "");
    const std::string split = sample.value("split", "");
    if (sample.value("episode", ~std::uint64_t{0}) != index)
      findings.error("CORPUS-INDEX", "corpus.json", where,
                     "episode numbers must run from 0 without gaps");
    if (!keys.insert(key).second)
      findings.error("CORPUS-KEY", "corpus.json", where, "the key '" + key + "' is used twice");
    const auto [known, added] = split_of_group.try_emplace(group, split);
    if (!added && known->second != split)
      findings.error(
          "CORPUS-SPLIT-LEAK", "corpus.json", where,
          "group '" + group + "' is in the splits '" + known->second + "' and '" + split + "'");
    if (sample.value("places", Json::array()).empty())
      findings.error("CORPUS-PLACE", "corpus.json", where, "sample '" + key + "' is in no output");
    if (sample.value("lineage", Json::array()).empty())
      findings.error("CORPUS-LINEAGE", "corpus.json", where, "sample '" + key + "' has no lineage");
    ++episodes[split];
    rows[split] += sample.value("rows", std::uint64_t{0});
    ++index;
  }
  const Json counts = manifest.value("counts", Json::object());
  if (counts.value("episodes", std::uint64_t{0}) != index)
    findings.error("CORPUS-COUNT", "corpus.json", "/counts/episodes",
                   "says " + counts.value("episodes", Json()).dump() + ", but " +
                       std::to_string(index) + " samples are listed");
  const Json splits = manifest.value("splits", Json::object());
  for (const auto& [split, count] : splits.items())
    if (count.value("episodes", std::uint64_t{0}) != episodes[split] ||
        count.value("rows", std::uint64_t{0}) != rows[split])
      findings.error("CORPUS-COUNT", "corpus.json", "/splits/" + split,
                     "does not agree with the samples listed");
  findings.checked("samples in the manifest", index);
}

}  // namespace

void check_corpus(const fs::path& folder, const Json& manifest, const VerifyOptions& options,
                  Findings& findings) {
  std::vector<NamedFile> files;
  collect(manifest.value("files", Json::array()), files);
  for (const Json& output : manifest.value("outputs", Json::array()))
    collect(output.value("files", Json::array()), files);
  check_files(folder, files, options, findings);
  std::set<std::string> named = {"corpus.json"};
  for (const NamedFile& file : files) named.insert(file.path);
  for (const std::string& file : list_files(folder))
    if (!named.contains(file))
      findings.warning("CORPUS-FILE-UNKNOWN", file, "",
                       "is not in the manifest; it is no part of the corpus");
  check_samples(manifest, findings);
}

}  // namespace reelcell::audit
