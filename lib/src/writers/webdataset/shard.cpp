#include "internal/shard.hpp"

namespace reelcell::webdataset {

std::uint64_t sample_size(const std::string& key, const std::vector<Member>& members) {
  std::uint64_t size = 0;
  for (const Member& member : members)
    size += TarWriter::member_size(key + "." + member.extension, member.data.size());
  return size;
}

Shard::Shard(fs::path folder, std::string name)
    : folder_(std::move(folder)),
      name_(std::move(name)),
      file_name_(name_ + ".tar"),
      file_(folder_ / file_name_),
      tar_([this](ByteView bytes) {
        hasher_.update(bytes);
        file_.write(bytes);
      }) {}

Json Shard::add(const std::string& key, const std::vector<Member>& members) {
  const std::uint64_t start = tar_.size();
  Json entries = Json::array();
  for (const Member& member : members) {
    Hasher hasher(Hasher::Kinds::kXxh3Only);
    hasher.update(member.data);
    const std::uint64_t offset = tar_.add(key + "." + member.extension, member.data);
    entries.push_back({{"extension", member.extension},
                       {"offset", offset},
                       {"bytes", member.data.size()},
                       {"xxh3_128", hasher.finish().xxh3_128}});
  }
  Json sample = {
      {"key", key}, {"offset", start}, {"bytes", tar_.size() - start}, {"members", entries}};
  samples_.add(sample);
  return sample;
}

std::vector<CorpusFile> Shard::close() {
  tar_.finish();
  file_.commit();
  const Digests digests = hasher_.finish();
  // One line a sample: a big index stays readable by people and by line tools.
  const std::string index = name_ + ".index.json";
  AtomicFile file(folder_ / index);
  Hasher hasher;
  const auto write = [&](const std::string& text) {
    file.write(text);
    hasher.update(as_bytes(text));
  };
  write("{\n  \"format\": \"reelcell-webdataset-index\",\n  \"version\": 1,\n  \"shard\": " +
        Json(file_name_).dump() + ",\n  \"bytes\": " + std::to_string(digests.bytes) +
        ",\n  \"xxh3_128\": \"" + digests.xxh3_128 + "\",\n  \"samples\": [");
  const char* separator = "\n    ";
  samples_.for_each([&](Json&& sample, std::uint64_t) {
    write(separator + sample.dump());
    separator = ",\n    ";
  });
  write("\n  ]\n}\n");
  file.commit();
  return {{file_name_, digests}, {index, hasher.finish()}};
}

}  // namespace reelcell::webdataset
