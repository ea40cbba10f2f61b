// A shard and its index, written together.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "members.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/base/json_stream.hpp"
#include "reelcell/model/corpus.hpp"
#include "tar_writer.hpp"

namespace reelcell::webdataset {

/// Bytes that a sample takes in a shard.
std::uint64_t sample_size(const std::string& key, const std::vector<Member>& members);

/// NAME.tar and NAME.index.json. Nothing is there before close() returned.
class Shard {
 public:
  Shard(fs::path folder, std::string name);
  std::uint64_t size() const { return tar_.size(); }
  std::uint64_t samples() const { return samples_.size(); }
  const std::string& file_name() const { return file_name_; }
  /// The sample's entry in the index.
  Json add(const std::string& key, const std::vector<Member>& members);
  /// Tar and index; paths relative to the shard's folder.
  std::vector<CorpusFile> close();

 private:
  fs::path folder_;
  std::string name_, file_name_;
  AtomicFile file_;
  Hasher hasher_;
  TarWriter tar_;
  JsonSpool samples_;
};

}  // namespace reelcell::webdataset
