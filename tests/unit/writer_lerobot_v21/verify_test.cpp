#include <gtest/gtest.h>

#include "support/made_episodes.hpp"
#include "support/support.hpp"

namespace reelcell::writers {
const WriterRow& lerobot_v21_writer();
}

namespace reelcell::test {
namespace {

const WriterRow& row() { return writers::lerobot_v21_writer(); }

std::vector<std::string> brief(const fs::path& folder) {
  Findings findings;
  row().verify(folder, {}, findings);
  std::vector<std::string> lines;
  for (const Finding& f : findings.all()) lines.push_back(f.code + " " + f.path + " " + f.where);
  return lines;
}

TEST(LeRobotVerify, TellsV2ByItsInfoOrItsLayout) {
  EXPECT_EQ(row().recognise(data_path("lerobot/YifanTian07_G1-policy-train")), 95);
  const fs::path torq = data_path("malformed/CentroidLabs_torq-robotics/tests/fixtures/data");
  EXPECT_EQ(row().recognise(torq / "lerobot"), 70);
  EXPECT_EQ(row().recognise(torq / "lerobot_list_type"), 0);
}

TEST(LeRobotVerify, FindsModalityPartsThatAreNotThere) {
  TempFolder folder;
  write_made_set(folder.path(), row(), {{"gr00t", true}});
  const fs::path path = folder / "lerobot/meta/modality.json";
  Json modality = read_json_file(path);
  modality["state"]["joints_q"]["end"] = 30;
  modality["video"]["front"]["original_key"] = "observation.images.wrist";
  write_file_atomic(path, dump_json(modality));
  EXPECT_EQ(brief(folder / "lerobot"),
            (std::vector<std::string>{"LR-MODALITY meta/modality.json /state/joints_q",
                                      "LR-MODALITY meta/modality.json /video/front"}));
}

TEST(LeRobotVerify, FindsStatisticsAndVideosOfEpisodesThatAreGone) {
  TempFolder folder;
  write_made_set(folder.path(), row());
  const fs::path root = folder / "lerobot";
  std::string lines = read_text_file(root / "meta/episodes_stats.jsonl");
  write_file_atomic(root / "meta/episodes_stats.jsonl", lines.substr(0, lines.find('\n') + 1));
  fs::remove(root / "videos/chunk-000/observation.images.front/episode_000002.mp4");
  EXPECT_EQ(brief(root),
            (std::vector<std::string>{"LR-VIDEO-MISSING videos/chunk-000/observation.images.front/"
                                      "episode_000002.mp4 /features/observation.images.front",
                                      "LR-STATS-MISSING meta/episodes_stats.jsonl "}));
}

}  // namespace
}  // namespace reelcell::test
