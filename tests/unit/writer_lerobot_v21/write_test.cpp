#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "reelcell/base/error.hpp"
#include "reelcell/table/parquet.hpp"
#include "support/made_episodes.hpp"
#include "support/support.hpp"

namespace reelcell::writers {
const WriterRow& lerobot_v21_writer();
}

namespace reelcell::test {
namespace {

using ::testing::ElementsAre;

const WriterRow& row() { return writers::lerobot_v21_writer(); }

TEST(LeRobotV21Writer, IsReadFrameByFrameByAnIndependentReader) {
  TempFolder folder;
  write_made_set(folder.path(), row());
  write_file_atomic(folder / "numbers.json", made_numbers({20, 33, 15}).dump());
  const CommandResult read = run(
      "/usr/bin/python3 " + source_path("tests/independent/lerobot_reader.py").string() + " " +
      (folder / "lerobot").string() + " --stats --numbers " + (folder / "numbers.json").string());
  EXPECT_EQ(read.err, "");
  ASSERT_EQ(read.exit_code, 0);
  EXPECT_EQ(parse_json(read.out, "reader")["look_ups"], 68);
}

TEST(LeRobotV21Writer, PassesItsOwnVerification) {
  TempFolder folder;
  write_made_set(folder.path(), row(), {{"gr00t", true}, {"chunks_size", 2}});
  Findings findings;
  row().verify(folder / "lerobot", {.deep = true, .threads = 1}, findings);
  for (const Finding& finding : findings.all())
    ADD_FAILURE() << finding.code << " " << finding.message;
  EXPECT_EQ(row().recognise(folder / "lerobot"), 95);
}

TEST(LeRobotV21Writer, PutsEachEpisodeIntoFilesOfItsOwn) {
  TempFolder folder;
  const WriterReport report = write_made_set(folder.path(), row(), {{"chunks_size", 2}});
  std::vector<std::string> listed;
  for (const CorpusFile& file : report.files)
    listed.push_back(file.path.substr(std::string("lerobot/").size()));
  EXPECT_THAT(listed, ElementsAre("data/chunk-000/episode_000000.parquet",
                                  "data/chunk-000/episode_000001.parquet",
                                  "data/chunk-001/episode_000002.parquet", "meta/episodes.jsonl",
                                  "meta/episodes_stats.jsonl", "meta/info.json",
                                  "meta/labels.jsonl", "meta/pixels.jsonl", "meta/tasks.jsonl",
                                  "native/joints/chunk-000/file-000.parquet",
                                  "videos/chunk-000/observation.images.front/episode_000000.mp4",
                                  "videos/chunk-000/observation.images.front/episode_000001.mp4",
                                  "videos/chunk-001/observation.images.front/episode_000002.mp4"));
  const Json info = read_json_file(folder / "lerobot/meta/info.json");
  EXPECT_EQ(info["codebase_version"], "v2.1");
  EXPECT_EQ(info["total_videos"], 3);
  EXPECT_EQ(info["total_chunks"], 2);
  EXPECT_EQ(info["video_path"],
            "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4");
  EXPECT_FALSE(info.contains("data_files_size_in_mb"));
}

TEST(LeRobotV21Writer, GivesGrootFiguresThatCanBeCutIntoParts) {
  TempFolder folder;
  write_made_set(folder.path(), row(), {{"gr00t", true}});
  const Json stats = read_json_file(folder / "lerobot/meta/stats.json");
  EXPECT_FALSE(stats.contains(kFront));
  for (const auto& [name, figures] : stats["observation.state"].items())
    EXPECT_EQ(figures.size(), 3u) << name << ": GR00T takes elements [start, end) of every figure";
  EXPECT_TRUE(fs::exists(folder / "lerobot/meta/modality.json"));
}

std::vector<std::string> task_texts(const fs::path& set) {
  std::vector<std::string> texts;
  std::istringstream lines(read_text_file(set / "meta/tasks.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_EQ(Json::parse(line)["task_index"], texts.size());
    texts.push_back(Json::parse(line)["task"]);
  }
  return texts;
}

TEST(LeRobotV21Writer, GivesGrootAnnotationsAsNumbersOfTasks) {
  TempFolder folder;
  write_annotated_set(folder.path(), row(), {{"gr00t", true}});
  const fs::path set = folder / "lerobot";
  // The episode's own task first, then what its rows name, in their order.
  EXPECT_THAT(task_texts(set), ElementsAre("grasp", "valid", "reach", "invalid", "lift", "place"));
  const std::vector<std::vector<int>> stages{{2, 2, 0, 4}, {5, 2, 4, 4}};
  const std::vector<std::vector<int>> validity{{1, 3, 3, 3}, {3, 3, 3, 1}};
  for (std::size_t episode = 0; episode < 2; ++episode) {
    const auto rows = table::read_parquet_rows(
        set / ("data/chunk-000/episode_00000" + std::to_string(episode) + ".parquet"));
    ASSERT_EQ(rows.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(rows[i]["annotation.human.stage"], stages[episode][i]);
      EXPECT_EQ(rows[i]["annotation.human.validity"], validity[episode][i]);
      EXPECT_EQ(rows[i]["task_index"], episode == 0 ? 0 : 5);
      EXPECT_EQ(rows[i]["note"], "by hand");
    }
  }
  const Json info = read_json_file(set / "meta/info.json");
  EXPECT_EQ(info["total_tasks"], 6);
  EXPECT_EQ(info["features"]["annotation.human.stage"]["dtype"], "int64");
  EXPECT_EQ(info["features"]["note"]["dtype"], "string");
  const Json modality = read_json_file(set / "meta/modality.json");
  EXPECT_EQ(modality["annotation"],
            Json::parse(R"({"human.task_description": {"original_key": "task_index"},
                            "human.validity": {"original_key": "annotation.human.validity"},
                            "human.stage": {"original_key": "annotation.human.stage"}})"));
  EXPECT_EQ(modality["state"], Json::parse(R"({"left_arm": {"start": 0, "end": 2},
                                               "left_hand": {"start": 2, "end": 3}})"));
  const Json stats = read_json_file(set / "meta/stats.json");
  EXPECT_EQ(stats["annotation.human.stage"]["min"].dump(), "[0]");
  EXPECT_EQ(stats["annotation.human.stage"]["max"].dump(), "[5]");
  EXPECT_EQ(stats["annotation.human.stage"]["mean"].dump(), "[2.875]");
  EXPECT_FALSE(stats.contains("note"));
  Findings findings;
  row().verify(set, {.deep = true, .threads = 1}, findings);
  for (const Finding& finding : findings.all())
    ADD_FAILURE() << finding.code << " " << finding.message;
}

TEST(LeRobotV21Writer, KeepsAnnotationsAsTextsForOthersThanGroot) {
  TempFolder folder;
  write_annotated_set(folder.path(), row());
  const fs::path set = folder / "lerobot";
  EXPECT_THAT(task_texts(set), ElementsAre("grasp", "place"));
  const auto rows = table::read_parquet_rows(set / "data/chunk-000/episode_000001.parquet");
  EXPECT_EQ(rows.at(0)["annotation.human.stage"], "place");
  EXPECT_EQ(read_json_file(set / "meta/info.json")["features"]["annotation.human.stage"]["dtype"],
            "string");
}

TEST(LeRobotV21Writer, KnowsNoFileSizeCaps) {
  EXPECT_THROW(OptionValues::parse({{"data_files_size_in_mb", 5}}, row().options, "recipe"),
               InputError);
}

TEST(LeRobotV21Writer, GivesTheSameBytesOnEveryRun) {
  TempFolder first, second;
  const WriterReport a = write_made_set(first.path(), row()),
                     b = write_made_set(second.path(), row());
  ASSERT_EQ(a.files.size(), b.files.size());
  for (std::size_t i = 0; i < a.files.size(); ++i)
    EXPECT_EQ(a.files[i].digests, b.files[i].digests) << a.files[i].path;
}

TEST(LeRobotV21Writer, LeavesNothingWhenItIsGivenUp) {
  TempFolder folder;
  { auto writer = row().make(made_context(folder.path(), made_schema(), row())); }
  for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
    EXPECT_FALSE(entry.is_regular_file()) << entry.path();
}

}  // namespace
}  // namespace reelcell::test
