#include "verify_support.hpp"

namespace reelcell::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LeRobotVerify, NamesTheFaultyStatisticsOfSo101) {
  const Findings findings = verify(data_path("lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/"
                                             "local_dataset_ros2/data/lerobot_dataset_example"),
                                   true);
  const std::string episodes = "meta/episodes/chunk-000/file-000.parquet episode 0";
  EXPECT_THAT(brief(findings),
              ElementsAre("error LR-STATS-VALUE " + episodes, "error LR-STATS-IMAGE " + episodes,
                          "error LR-STATS-PICTURES " + episodes,
                          "warning LR-STATS-QUANTILE meta/stats.json /timestamp",
                          "error LR-STATS-IMAGE meta/stats.json /observation.images.wrist",
                          "error LR-STATS-PICTURES meta/stats.json /observation.images.wrist",
                          "error LR-STATS-VALUE meta/stats.json /observation.state",
                          "warning LR-STATS-QUANTILE meta/stats.json /episode_index",
                          "error LR-STATS-VALUE meta/stats.json /action",
                          "warning LR-STATS-QUANTILE meta/stats.json /index",
                          "warning LR-STATS-QUANTILE meta/stats.json /frame_index"));
  EXPECT_THAT(message_of(findings, "LR-STATS-IMAGE"), HasSubstr("uint8"));
  EXPECT_THAT(message_of(findings, "LR-STATS-QUANTILE"), HasSubstr("merged"));
  EXPECT_EQ(checked(findings, "rows"), 1782u);
  EXPECT_EQ(checked(findings, "frame look-ups"), 1782u);
  EXPECT_EQ(checked(findings, "border frames decoded"), 12u);
}

TEST(LeRobotVerify, NamesWhatIsWrongWithTheGrootDemo) {
  const Findings findings =
      verify(data_path("lerobot/hmk55555_Isaac-GR00T/demo_data/robot_sim.PickNPlace"), true);
  std::vector<std::string> expected{"warning LR-INFO-FPS meta/info.json /fps",
                                    "error LR-FEATURE-SPEC meta/info.json /features/timestamp",
                                    "error LR-FEATURE-MISSING meta/info.json /features/frame_index",
                                    "error LR-INFO-PATH meta/info.json /data_path"};
  for (int i = 0; i < 5; ++i)
    expected.push_back("error LR-ROWS-TIMESTAMP data/chunk-000/episode_00000" + std::to_string(i) +
                       ".parquet episode " + std::to_string(i) + ", frame 0");
  expected.insert(
      expected.end(),
      {"error LR-INFO-TOTALS meta/info.json /total_videos",
       "error LR-INFO-TOTALS meta/info.json /total_chunks",
       "error LR-INFO-SPLITS meta/info.json /splits/train",
       "error LR-VIDEO-CAMERA videos/chunk-000/observation.images.egoview/episode_000000.mp4 "
       "/features/observation.images.egoview",
       "error LR-INFO-PATH meta/info.json /video_path"});
  // The first stamp is 0.05 s, so the last row asks for a frame past the end.
  const int last[] = {415, 469, 469, 411, 327};
  for (int i = 0; i < 5; ++i)
    expected.push_back(
        "error LR-LOOKUP videos/chunk-000/observation.images.ego_view/episode_00000" +
        std::to_string(i) + ".mp4 episode " + std::to_string(i) + ", frame " +
        std::to_string(last[i]));
  EXPECT_EQ(brief(findings, false), expected);
  EXPECT_THAT(message_of(findings, "LR-VIDEO-B-FRAMES"), HasSubstr("pts are exact"));
  EXPECT_EQ(checked(findings, "rows"), 2096u);
}

TEST(LeRobotVerify, CountsTheMissingVideosOfG1) {
  const Findings findings = verify(data_path("lerobot/YifanTian07_G1-policy-train"));
  EXPECT_THAT(brief(findings),
              ElementsAre("error LR-VIDEO-MISSING videos/chunk-000/observation.images.cam_high/"
                          "episode_000000.mp4 /features/observation.images.cam_high",
                          "note LR-VIDEO-FASTSTART videos videos/chunk-000/"
                          "observation.images.cam_high/episode_000001.mp4"));
  EXPECT_THAT(message_of(findings, "LR-VIDEO-FASTSTART"), HasSubstr("7 of 7 files"));
  EXPECT_THAT(message_of(findings, "LR-VIDEO-MISSING"), HasSubstr("93 episodes: 0, 3-9, 15-99"));
  EXPECT_EQ(checked(findings, "rows"), 35965u);
  EXPECT_EQ(checked(findings, "frame look-ups"), 2523u);
}

TEST(LeRobotVerify, NamesWhatIsWrongWithASetOfFlatColumns) {
  const Findings findings =
      verify(data_path("malformed/CentroidLabs_torq-robotics/tests/fixtures/data/lerobot"), true);
  const std::string first = "data/chunk-000/episode_000000.parquet",
                    second = "data/chunk-000/episode_000001.parquet";
  EXPECT_THAT(
      brief(findings, false),
      ElementsAre(
          "error LR-INFO-VERSION meta/info.json /codebase_version",
          "error LR-FEATURE-SPEC meta/info.json /features/observation.images.top",
          "error LR-FEATURE-MISSING meta/info.json /features/task_index",
          "error LR-INFO-KEY meta/info.json /total_tasks",
          "error LR-INFO-KEY meta/info.json /chunks_size",
          "error LR-INFO-KEY meta/info.json /data_path",
          "error LR-INFO-KEY meta/info.json /video_path", "error LR-TASKS-MISSING meta/tasks.jsonl",
          "error LR-EPISODES-MISSING meta/episodes.jsonl", "error LR-COLUMN-MISSING " + first,
          "error LR-COLUMN-EXTRA " + first, "error LR-COLUMN-MISSING " + second,
          "error LR-COLUMN-EXTRA " + second,
          "error LR-VIDEO-CAMERA videos/chunk-000/observation.images.top/episode_000000.mp4 "
          "/features/observation.images.top",
          "warning LR-VIDEO-UNREFERENCED "
          "videos/chunk-000/observation.images.top_episode_000000.mp4",
          "error LR-STATS-MISSING meta/episodes_stats.jsonl"));
}

TEST(LeRobotVerify, NamesWhatIsWrongWithAV3SetLaidOutAsV2) {
  const Findings findings = verify(
      data_path("malformed/CentroidLabs_torq-robotics/tests/fixtures/data/lerobot_list_type"),
      true);
  EXPECT_THAT(
      brief(findings, false),
      ElementsAre(
          "error LR-FEATURE-SPEC meta/info.json /features/observation.images.top",
          "error LR-INFO-KEY meta/info.json /total_tasks",
          "error LR-INFO-KEY meta/info.json /chunks_size",
          "error LR-TASKS-MISSING meta/tasks.parquet", "error LR-EPISODES-MISSING meta/episodes",
          "error LR-INFO-PATH meta/info.json /data_path",
          "error LR-INFO-PATH meta/info.json /video_path",
          "warning LR-VIDEO-UNREFERENCED videos/observation.images.top/chunk-000/file-000.mp4",
          "error LR-STATS-MISSING meta/stats.json"));
}

TEST(LeRobotVerify, TellsV3ByItsInfo) {
  const auto& v3 = writers::lerobot_v3_writer();
  const fs::path torq = data_path("malformed/CentroidLabs_torq-robotics/tests/fixtures/data");
  EXPECT_EQ(v3.recognise(torq / "lerobot_list_type"), 95);
  EXPECT_EQ(v3.recognise(torq / "lerobot"), 0);
  EXPECT_EQ(v3.recognise(torq), 0);
  EXPECT_EQ(v3.recognise(data_path("lerobot/YifanTian07_G1-policy-train")), 0);
}

}  // namespace
}  // namespace reelcell::test
