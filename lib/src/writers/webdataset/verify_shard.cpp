#include "internal/verify_shard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "internal/sample_rules.hpp"
#include "internal/tar_reader.hpp"
#include "internal/verify_member.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"

namespace reelcell::webdataset {
namespace {

constexpr std::uint64_t kLargestMember = 4ull << 30;
constexpr std::size_t kPiece = 1 << 20;

struct SeenMember {
  std::string extension;
  std::uint64_t offset = 0, bytes = 0;
  std::string xxh3_128;
};
struct SeenSample {
  std::string key;
  std::uint64_t offset = 0;
  std::vector<SeenMember> members;
};

const char* code_of(TarTrouble trouble) {
  switch (trouble) {
    case TarTrouble::kBadHeader:
      return "WDS-TAR-HEADER";
    case TarTrouble::kTruncated:
      return "WDS-TAR-TRUNCATED";
    case TarTrouble::kBadExtension:
      return "WDS-TAR-PAX";
    case TarTrouble::kNoEnd:
      return "WDS-TAR-NO-END";
    case TarTrouble::kLoneZeroBlock:
      return "WDS-TAR-ZERO-BLOCK";
    case TarTrouble::kAfterEnd:
      return "WDS-TAR-AFTER-END";
  }
  return "WDS-TAR-HEADER";
}
FindingLevel level_of(TarTrouble trouble) {
  const bool harmless = trouble == TarTrouble::kNoEnd || trouble == TarTrouble::kAfterEnd;
  return harmless ? FindingLevel::kWarning : FindingLevel::kError;
}

class ShardCheck {
 public:
  ShardCheck(ByteSource& source, std::string path, const Json& index, const VerifyOptions& options)
      : reader_(source), path_(std::move(path)), index_(index), options_(options) {}

  ShardFacts run() {
    TarEntry entry;
    while (reader_.next(entry)) look(entry);
    finish_sample();
    for (const TarProblem& problem : reader_.problems())
      facts_.findings.add(level_of(problem.trouble), code_of(problem.trouble), path_,
                          fmt::format("byte {}", problem.offset), problem.message);
    if (samples_.empty())
      facts_.findings.warning("WDS-EMPTY", path_, "", "no sample in this shard");
    if (uneven_ > 0)
      facts_.findings.warning(
          "WDS-UNEVEN", path_, first_uneven_,
          fmt::format("{} of {} samples have other members than the first one; loaders that ask "
                      "for a fixed set fail on them",
                      uneven_, samples_.size()));
    if (!index_.is_null()) compare_index();
    for (SeenSample& sample : samples_) facts_.keys.push_back(std::move(sample.key));
    return std::move(facts_);
  }

 private:
  void look(const TarEntry& entry) {
    const std::string unsafe = unsafe_name(entry.name);
    if (!unsafe.empty())
      facts_.findings.error(
          "WDS-PATH", path_, entry.name,
          "the member's name " + unsafe + "; an archive like this must not be extracted");
    if (entry.type == TarType::kFolder) return;
    if (entry.type != TarType::kFile) {
      odd_member(entry);
      return;
    }
    if (is_skipped_name(entry.name)) {
      facts_.findings.note("WDS-SKIPPED", path_, entry.name,
                           "names of the form __x__ are skipped by readers");
      return;
    }
    const auto split = split_name(entry.name);
    if (!split) {
      facts_.findings.warning("WDS-NO-EXTENSION", path_, entry.name,
                              "has no key or no extension; readers leave it out. KEY.EXTENSION is "
                              "expected");
      return;
    }
    place(entry, split->first, split->second);
  }

  void odd_member(const TarEntry& entry) {
    if (entry.type == TarType::kSparse) {
      facts_.findings.warning("WDS-SPARSE", path_, entry.name,
                              "is stored as a sparse file; its content was not checked");
      return;
    }
    const char* what = entry.type == TarType::kHardLink       ? "a hard link"
                       : entry.type == TarType::kSymbolicLink ? "a symbolic link"
                       : entry.type == TarType::kDevice       ? "a device"
                                                              : "of an unknown type";
    const std::string to = entry.link.empty() ? "" : " to '" + entry.link + "'";
    facts_.findings.warning("WDS-MEMBER-TYPE", path_, entry.name,
                            fmt::format("is {}{}; readers take regular files only", what, to));
    if (!entry.link.empty() && !unsafe_name(entry.link).empty())
      facts_.findings.error("WDS-PATH", path_, entry.name,
                            "links to '" + entry.link + "', which " + unsafe_name(entry.link));
  }

  void place(const TarEntry& entry, const std::string& key, const std::string& extension) {
    if (samples_.empty() || samples_.back().key != key) {
      finish_sample();
      if (!keys_.insert(key).second)
        facts_.findings.error("WDS-NOT-ADJACENT", path_, entry.name,
                              "the sample '" + key +
                                  "' began earlier and another one came between; readers see two "
                                  "samples. Sort the archive by name.");
      samples_.push_back({key, entry.header_offset, {}});
    }
    SeenSample& sample = samples_.back();
    for (const SeenMember& member : sample.members)
      if (member.extension == extension)
        facts_.findings.error("WDS-DUPLICATE", path_, entry.name,
                              "the sample has a second member with the extension '" + extension +
                                  "'; readers refuse it");
    sample.members.push_back({extension, entry.data_offset, entry.size, ""});
    take(entry, sample.members.back());
  }

  /// Reads what is to be hashed or looked into, piece by piece: sizes in a header may lie.
  void take(const TarEntry& entry, SeenMember& member) {
    ++facts_.members;
    facts_.bytes += entry.size;
    const bool content = is_checked_content(member.extension, options_.deep);
    const bool hash = !index_.is_null();
    const bool keep = content && entry.size <= kLargestMember;
    if (content && !keep)
      facts_.findings.note("WDS-LARGE", path_, entry.name,
                           "is larger than 4 GiB; its content was not checked");
    if (!keep && !hash) return;
    Hasher hasher(Hasher::Kinds::kXxh3Only);
    Bytes data;
    std::uint64_t done = 0;
    while (done < entry.size) {
      const auto want = std::min<std::uint64_t>(kPiece, entry.size - done);
      const std::size_t at = keep ? data.size() : 0;
      data.resize(at + want);
      const std::size_t got = reader_.read(std::span(data).subspan(at));
      data.resize(at + got);
      if (hash) hasher.update(ByteView(data).subspan(at));
      done += got;
      if (got < want) return;  // truncated: the reader's problems say so
    }
    if (hash) member.xxh3_128 = hasher.finish().xxh3_128;
    if (keep) kept_.push_back({entry.name, member.extension, std::move(data)});
  }

  void finish_sample() {
    if (samples_.empty()) return;
    const SeenSample& sample = samples_.back();
    std::set<std::string> extensions;
    for (const SeenMember& member : sample.members) extensions.insert(member.extension);
    if (samples_.size() == 1) {
      facts_.extensions = extensions;
    } else if (extensions != facts_.extensions && uneven_++ == 0) {
      first_uneven_ = sample.key;
    }
    verify_sample(kept_, std::move(extensions), path_, sample.key, options_.deep,
                  facts_.object_labels, facts_.findings);
    kept_.clear();
  }

  void compare_index() {
    const auto fail = [&](const std::string& where, const std::string& message) {
      facts_.findings.error("WDS-INDEX", path_, where, message);
    };
    try {
      const Json& listed = index_.at("samples");
      if (listed.size() != samples_.size())
        fail("index",
             fmt::format("lists {} samples, the shard holds {}", listed.size(), samples_.size()));
      const std::size_t count = std::min<std::size_t>(listed.size(), samples_.size());
      for (std::size_t i = 0; i < count; ++i) compare_sample(listed.at(i), samples_[i], fail);
    } catch (const Json::exception& error) {
      fail("index", std::string("cannot be read: ") + error.what());
    }
  }

  template <class Fail>
  void compare_sample(const Json& listed, const SeenSample& seen, const Fail& fail) {
    if (listed.at("key") != seen.key || listed.at("offset") != seen.offset)
      return fail(seen.key, fmt::format("the index has {} at byte {}, the shard '{}' at byte {}",
                                        listed.at("key").dump(), listed.at("offset").dump(),
                                        seen.key, seen.offset));
    const Json& members = listed.at("members");
    if (members.size() != seen.members.size())
      return fail(seen.key, fmt::format("the index lists {} members, the shard holds {}",
                                        members.size(), seen.members.size()));
    for (std::size_t i = 0; i < members.size(); ++i) {
      const Json& entry = members.at(i);
      const SeenMember& member = seen.members[i];
      const std::string where = seen.key + "." + member.extension;
      if (entry.at("extension") != member.extension || entry.at("offset") != member.offset ||
          entry.at("bytes") != member.bytes)
        fail(where, "extension, offset or size differ from the index");
      else if (entry.at("xxh3_128") != member.xxh3_128 && !member.xxh3_128.empty())
        facts_.findings.error("WDS-HASH", path_, where,
                              "the content's XXH3-128 is " + member.xxh3_128 + ", the index says " +
                                  entry.at("xxh3_128").dump() +
                                  "; the shard changed after it was written");
    }
  }

  TarReader reader_;
  std::string path_;
  const Json& index_;
  VerifyOptions options_;
  ShardFacts facts_;
  std::set<std::string> keys_;
  std::vector<SeenSample> samples_;
  std::vector<ReadMember> kept_;
  std::size_t uneven_ = 0;
  std::string first_uneven_;
};

}  // namespace

ShardFacts verify_shard(ByteSource& source, const std::string& path, const Json& index,
                        const VerifyOptions& options) {
  return ShardCheck(source, path, index, options).run();
}

}  // namespace reelcell::webdataset
