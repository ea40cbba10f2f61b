// WebDataset shards of 68 kB samples: written with every hash and made durable, read back and
// verified.
#include <cstdio>
#include <random>

#include "../../lib/src/writers/webdataset/internal/shard.hpp"
#include "../../lib/src/writers/webdataset/internal/verify_shard.hpp"
#include "bench.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::bench {

namespace {

constexpr const char* kName = "train-000000";

/// A picture that does not compress, an array and a document: 68 kB in all.
std::vector<webdataset::Member> sample_members() {
  std::mt19937_64 random(1);
  Bytes picture(60'000);
  for (auto& byte : picture) byte = static_cast<std::uint8_t>(random());
  const std::string json = "{\"key\": \"" + std::string(980, 'x') + "\"}";
  return {{"jpg", picture}, {"json", {json.begin(), json.end()}}, {"npy.bin", Bytes(7'000)}};
}

std::string key_of(int i) {
  char text[16];
  std::snprintf(text, sizeof text, "s%07d", i);
  return text;
}

}  // namespace

Json run_write_shard(const Arguments& arguments) {
  const fs::path folder = arguments.at(0);
  const int samples = std::stoi(arguments.at(1));
  const auto members = sample_members();
  make_folders(folder);
  const Clock clock;
  webdataset::Shard shard(folder, kName);
  for (int i = 0; i < samples; ++i) shard.add(key_of(i), members);
  const Json added = clock.lap();
  shard.close();
  Json cost = clock.lap();
  cost["added"] = added;  // before the fsync
  cost["bytes"] = fs::file_size(folder / (std::string(kName) + ".tar"));
  return result(std::move(cost), static_cast<std::uint64_t>(samples), "");
}

Json run_verify_shard(const Arguments& arguments) {
  const fs::path folder = arguments.at(0);
  const std::string name = kName;
  const Clock clock;
  const Json index = read_json_file(folder / (name + ".index.json"));
  const auto source = webdataset::file_source(folder / (name + ".tar"));
  const webdataset::ShardFacts facts = webdataset::verify_shard(*source, name, index, {});
  Json cost = clock.lap();
  if (!facts.findings.all().empty()) throw InputError("the shard has findings");
  return result(
      std::move(cost), facts.keys.size(),
      std::to_string(facts.members) + " members, " + std::to_string(facts.bytes) + " bytes");
}

}  // namespace reelcell::bench
