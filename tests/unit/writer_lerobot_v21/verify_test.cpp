#include <gmock/gmock.h>
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

std::vector<std::string> annotation_findings(const fs::path& set) {
  std::vector<std::string> lines;
  Findings findings;
  row().verify(set, {}, findings);
  for (const Finding& f : findings.all())
    if (f.code == "LR-ANNOTATION-INDEX") lines.push_back(f.path + " " + f.where + ": " + f.message);
  return lines;
}

TEST(LeRobotVerify, FindsAnnotationsThatAreNoTasks) {
  TempFolder folder;
  write_annotated_set(folder.path(), row(), {{"gr00t", true}});
  const fs::path set = folder / "lerobot";
  EXPECT_EQ(annotation_findings(set), std::vector<std::string>{});
  // Of the six tasks four are left; the rows of both episodes name 4 or 5.
  const fs::path tasks = set / "meta/tasks.jsonl";
  const std::string lines = read_text_file(tasks);
  std::size_t end = 0;
  for (int i = 0; i < 4; ++i) end = lines.find('\n', end) + 1;
  write_file_atomic(tasks, lines.substr(0, end));
  const auto found = annotation_findings(set);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(found[0], testing::StartsWith("data/chunk-000/episode_000000.parquet episode 0, "
                                            "frame 3: annotation.human.stage is 4, there are 4 "
                                            "tasks"));
  EXPECT_THAT(found[1], testing::StartsWith("data/chunk-000/episode_000001.parquet episode 1, "
                                            "frame 0: annotation.human.stage is 5"));
}

TEST(LeRobotVerify, FindsAnnotationsOfAnotherTypeThanAnIndex) {
  TempFolder folder;
  write_annotated_set(folder.path(), row(), {{"gr00t", true}});
  const fs::path set = folder / "lerobot", path = set / "meta/modality.json";
  Json modality = read_json_file(path);
  modality["annotation"]["human.note"] = {{"original_key", "note"}};
  modality["annotation"]["human.arm"] = {{"original_key", "observation.state"}};
  write_file_atomic(path, dump_json(modality));
  const auto found = annotation_findings(set);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(found[1], testing::StartsWith("meta/modality.json /annotation/human.arm: is "
                                            "'observation.state', "));
  EXPECT_THAT(found[0], testing::StartsWith("meta/modality.json /annotation/human.note: is "
                                            "'note', string of 1 values a row"));
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
