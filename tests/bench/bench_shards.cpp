// Shard write and read: samples of 68 kB through the WebDataset writer's own shard and verifier,
// beside GNU tar on the same members. Prints one JSON object; every file is written once before it
// is timed (first touch of new blocks is slower).
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "../../lib/src/writers/webdataset/internal/shard.hpp"
#include "../../lib/src/writers/webdataset/internal/verify_shard.hpp"

namespace {

namespace wds = reelcell::webdataset;
using reelcell::Bytes;
using reelcell::Json;
namespace fs = std::filesystem;

struct Cost {
  double wall = 0, cpu = 0;  ///< s; cpu of this process and of the children that ended
};
double cpu_seconds() {
  double sum = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    for (const timeval& time : {usage.ru_utime, usage.ru_stime})
      sum += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  }
  return sum;
}
Cost cost_of(const auto& body) {
  const double cpu = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  body();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  return {wall.count(), cpu_seconds() - cpu};
}

/// A picture that does not compress, an array and a document: 68 kB in all.
std::vector<wds::Member> sample_members() {
  std::mt19937_64 random(1);
  Bytes picture(60'000), array(7'000);
  for (auto& byte : picture) byte = static_cast<std::uint8_t>(random());
  const std::string json = "{\"key\": \"" + std::string(980, 'x') + "\"}";
  return {{"jpg", picture}, {"json", {json.begin(), json.end()}}, {"npy.bin", array}};
}

std::string key_of(int i) {
  char text[16];
  std::snprintf(text, sizeof text, "s%07d", i);
  return text;
}

void write_shard(const fs::path& folder, int samples, const std::vector<wds::Member>& members) {
  wds::Shard shard(folder, "train-000000");
  for (int i = 0; i < samples; ++i) shard.add(key_of(i), members);
  shard.close();
}

/// The same members as files, for tar.
void write_files(const fs::path& folder, int samples, const std::vector<wds::Member>& members) {
  fs::create_directories(folder);
  for (int i = 0; i < samples; ++i)
    for (const wds::Member& member : members) {
      std::FILE* file = std::fopen((folder / (key_of(i) + "." + member.extension)).c_str(), "wb");
      if (!file) std::abort();
      std::fwrite(member.data.data(), 1, member.data.size(), file);
      std::fclose(file);
    }
}

void gnu_tar(const std::string& command) {
  if (std::system(command.c_str()) != 0) std::abort();  // NOLINT(cert-env33-c)
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path folder = argc > 1 ? argv[1] : "/tmp/reelcell-bench";
  const int samples = argc > 2 ? std::atoi(argv[2]) : 4000;
  fs::create_directories(folder);
  const auto members = sample_members();
  const fs::path tar = folder / "train-000000.tar", index = folder / "train-000000.index.json";
  write_shard(folder, samples, members);
  const Cost write = cost_of([&] { write_shard(folder, samples, members); });
  const Json listed = reelcell::read_json_file(index);
  std::size_t findings = 0;
  const auto read = [&](const Json& against) {
    return cost_of([&] {
      const auto source = wds::file_source(tar);
      findings += wds::verify_shard(*source, "bench", against, {}).findings.all().size();
    });
  };
  read(listed);
  const Cost verify = read(listed), walk = read(nullptr);
  write_files(folder / "files", samples, members);
  const std::string base = "cd " + (folder / "files").string() + " && ls > ../names && ";
  const std::string create = base + "tar --format=ustar -cf ../gnu.tar -T ../names";
  gnu_tar(create);
  const Cost gnu_write = cost_of([&] { gnu_tar(create); });
  const Cost gnu_synced = cost_of([&] { gnu_tar(create + " && sync -d ../gnu.tar"); });
  const Cost gnu_read = cost_of([&] { gnu_tar("tar -xOf " + tar.string() + " > /dev/null"); });
  const auto rate = [&](const Cost& cost) {
    return Json{{"per_s", samples / cost.wall}, {"per_cpu_s", samples / cost.cpu}};
  };
  const Json result = {{"samples", samples},
                       {"bytes", fs::file_size(tar)},
                       {"findings", findings},
                       {"write_hashed_durable", rate(write)},
                       {"gnu_tar_write", rate(gnu_write)},
                       {"gnu_tar_write_durable", rate(gnu_synced)},
                       {"verify_hashed", rate(verify)},
                       {"walk", rate(walk)},
                       {"gnu_tar_read", rate(gnu_read)}};
  std::printf("%s\n", result.dump(2).c_str());
  fs::remove_all(folder);
  return findings ? 1 : 0;
}
