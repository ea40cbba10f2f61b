// Any bytes as one file of a LeRobot data set whose other files are whole: its info, its episode
// and task lists, its tables. Only InputError may come out.
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "log_fuzz.hpp"

namespace reelcell::readers {
const ReaderRow& lerobot_reader();
}

namespace {

using namespace reelcell;

struct Member {
  std::string path;
  Bytes bytes;
  bool table = false;  ///< Parquet
};
using Members = std::vector<Member>;

/// The small files of real data sets, one of each layout, without their videos: those are other
/// targets' work.
std::vector<Members> skeletons() {
  const char* const given = std::getenv("REELCELL_DATA");
  const fs::path data = given ? given : "../shared/data";
  struct Layout {
    const char* root;
    std::vector<const char*> files;
  };
  const std::array<Layout, 3> layouts{
      {{"malformed/CentroidLabs_torq-robotics/tests/fixtures/data/lerobot",
        {"meta/info.json", "data/chunk-000/episode_000000.parquet",
         "data/chunk-000/episode_000001.parquet"}},
       {"lerobot/hmk55555_Isaac-GR00T/demo_data/robot_sim.PickNPlace",
        {"meta/info.json", "meta/episodes.jsonl", "meta/tasks.jsonl"}},
       {"lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/"
        "lerobot_dataset_example",
        {"meta/info.json", "meta/tasks.parquet", "meta/episodes/chunk-000/file-000.parquet",
         "data/chunk-000/file-000.parquet"}}}};
  std::vector<Members> all;
  for (const Layout& layout : layouts) {
    Members members;
    for (const char* file : layout.files)
      members.push_back({file, read_binary_file(data / layout.root / file),
                         std::string_view(file).ends_with(".parquet")});
    all.push_back(std::move(members));
  }
  return all;
}

void write_plain(const fs::path& path, ByteView bytes) {
  fs::create_directories(path.parent_path());
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (!file || std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size()) std::abort();
  std::fclose(file);
}

void read_episode(const ReaderRow& row, const fs::path& root, const std::string& episode) {
  Diagnostics diagnostics;
  const auto recording = row.open({root, episode, {}}, diagnostics);
  static_cast<void>(recording->attributes());
  for (const StreamInfo& stream : recording->streams()) {
    if (stream.kind == StreamKind::kSeries) {
      SeriesBatch batch;
      const auto cursor = recording->open_series(stream.item, diagnostics);
      while (cursor->next(batch))
        for (const Column& column : batch.columns)
          if (column.rows() != batch.size()) std::abort();
    } else if (stream.kind == StreamKind::kEvents) {
      StreamEvent event;
      const auto cursor = recording->open_events(stream.item, diagnostics);
      while (cursor->next(event))
        if (event.end < event.time) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<Members> sets = skeletons();
  // A data set is known by its folder, so each input gets one of its own.
  static const fs::path base =
      fs::path("/dev/shm") / ("fuzz_lerobot." + std::to_string(::getpid()));
  static std::uint64_t number = 0;
  const ReaderRow& row = reelcell::readers::lerobot_reader();
  const bool table =
      size >= 4 && std::string_view(reinterpret_cast<const char*>(data), 4) == "PAR1";
  for (const Members& members : sets)
    for (std::size_t role = 0; role < members.size(); ++role) {
      if (members[role].table != table) continue;
      const fs::path root = base / std::to_string(number++);
      for (std::size_t i = 0; i < members.size(); ++i)
        write_plain(root / members[i].path,
                    i == role ? ByteView(data, size) : ByteView(members[i].bytes));
      try {
        const auto episodes = row.episodes(root);
        for (std::size_t i = 0; i < std::min<std::size_t>(episodes.size(), 2); ++i) try {
            read_episode(row, root, episodes[i]);
          } catch (const InputError&) {
          }
      } catch (const InputError&) {
      }
      fs::remove_all(root);
    }
  return 0;
}
