#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "reelcell/media/mp4.hpp"
#include "reelcell/media/video_file.hpp"
#include "reelcell/table/parquet.hpp"
#include "support/made_episodes.hpp"
#include "support/support.hpp"

namespace reelcell::writers {
const WriterRow& lerobot_v3_writer();
}  // namespace reelcell::writers

namespace reelcell::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Findings verify(const fs::path& folder, bool deep = false) {
  Findings findings;
  writers::lerobot_v3_writer().verify(folder, {.deep = deep, .threads = 1}, findings);
  return findings;
}

/// "error LR-X file where", without the message.
std::vector<std::string> brief(const Findings& findings, bool notes = true) {
  std::vector<std::string> lines;
  for (const Finding& f : findings.all())
    if (notes || f.level != FindingLevel::kNote)
      lines.push_back(std::string(to_string(f.level)) + " " + f.code + " " + f.path +
                      (f.where.empty() ? "" : " " + f.where));
  return lines;
}

std::string message_of(const Findings& findings, const std::string& code) {
  for (const Finding& f : findings.all())
    if (f.code == code) return f.message;
  return "no " + code;
}

std::uint64_t checked(const Findings& findings, const std::string& what) {
  for (const auto& [name, count] : findings.checked())
    if (name == what) return count;
  return 0;
}

// ---- data sets of other people

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

// ---- a good set, broken in one place

class BrokenSet : public ::testing::Test {
 protected:
  void SetUp() override {
    write_made_set(folder_.path(), writers::lerobot_v3_writer());
    root_ = folder_ / "lerobot";
  }
  void change_json(const std::string& file, const std::function<void(Json&)>& change) {
    Json json = read_json_file(root_ / file);
    change(json);
    write_file_atomic(root_ / file, dump_json(json));
  }
  /// Rewrites a table with some values changed; `columns` are those of the file unless given.
  void change_rows(const std::string& file, const std::function<void(std::vector<Json>&)>& change,
                   std::function<void(std::vector<table::ParquetColumn>&)> retype = {},
                   bool key_values = true) {
    const table::ParquetInfo info = table::parquet_info(root_ / file);
    std::vector<Json> rows = table::read_parquet_rows(root_ / file);
    std::vector<table::ParquetColumn> columns = info.columns;
    if (retype) retype(columns);
    change(rows);
    table::ParquetWriter::Options options;
    if (key_values) options.key_values = info.key_values;
    table::ParquetWriter writer(root_ / file, columns, options);
    for (const Json& row : rows) {
      std::vector<Json> values;
      for (const table::ParquetColumn& column : columns)
        values.push_back(row.value(column.name, Json()));
      writer.append_row(values);
    }
    writer.close();
  }
  std::vector<std::string> codes(bool deep = false) {
    std::vector<std::string> codes;
    const Findings findings = verify(root_, deep);
    for (const Finding& f : findings.all()) codes.push_back(f.code);
    return codes;
  }

  static constexpr const char* kData = "data/chunk-000/file-000.parquet";
  static constexpr const char* kEpisodes = "meta/episodes/chunk-000/file-000.parquet";
  static constexpr const char* kVideo = "videos/observation.images.front/chunk-000/file-000.mp4";
  TempFolder folder_;
  fs::path root_;
};

TEST_F(BrokenSet, IsGoodBeforeItIsBroken) { EXPECT_THAT(codes(true), IsEmpty()); }

TEST_F(BrokenSet, WithTornInfo) {
  write_file_atomic(root_ / "meta/info.json", "{\"fps\": 30,");
  EXPECT_THAT(codes(), ElementsAre("LR-INFO-JSON"));
  write_file_atomic(root_ / "meta/info.json", "[]");
  EXPECT_THAT(codes(), ElementsAre("LR-INFO-JSON"));
}

TEST_F(BrokenSet, WithWrongTotalsAndSplits) {
  change_json("meta/info.json", [](Json& info) {
    info["total_frames"] = 70;
    info["total_tasks"] = 3;
    info["splits"] = {{"train", "0:9"}, {"val", "two"}};
  });
  EXPECT_THAT(codes(),
              ElementsAre("LR-INFO-TOTALS", "LR-INFO-TOTALS", "LR-INFO-SPLITS", "LR-INFO-SPLITS"));
}

TEST_F(BrokenSet, WithAFractionOfARate) {
  change_json("meta/info.json", [](Json& info) { info["fps"] = 29.97; });
  EXPECT_THAT(codes(), ElementsAre("LR-INFO-FPS"));
}

TEST_F(BrokenSet, WhoseTasksPandasWouldNumber) {
  change_rows(
      "meta/tasks.parquet", [](std::vector<Json>&) {}, {}, false);
  const Findings findings = verify(root_);
  EXPECT_THAT(brief(findings),
              ElementsAre("error LR-TASKS-INDEX meta/tasks.parquet footer key 'pandas'"));
  EXPECT_THAT(message_of(findings, "LR-TASKS-INDEX"),
              HasSubstr("task texts silently turn into integers"));
}

TEST_F(BrokenSet, WithTasksOutOfOrder) {
  change_rows("meta/tasks.parquet", [](std::vector<Json>& rows) { std::swap(rows[0], rows[1]); });
  EXPECT_THAT(codes(), ElementsAre("LR-TASKS-ORDER"));
}

TEST_F(BrokenSet, WithATaskThatIsNotListed) {
  change_rows(kData, [](std::vector<Json>& rows) { rows[3]["task_index"] = 5; });
  EXPECT_THAT(codes(), Contains("LR-TASKS-RANGE"));
}

TEST_F(BrokenSet, WithNumberingThatJumps) {
  change_rows(kData, [](std::vector<Json>& rows) {
    rows[10]["frame_index"] = 11;
    rows[40]["index"] = 900;
  });
  EXPECT_THAT(codes(),
              ::testing::IsSupersetOf({"LR-ROWS-FRAME-INDEX", "LR-ROWS-INDEX", "LR-STATS-VALUE"}));
}

TEST_F(BrokenSet, WithAStampOffByAMillisecond) {
  change_rows(kData, [](std::vector<Json>& rows) {
    rows[30]["timestamp"] = rows[30]["timestamp"].get<double>() + 0.001;
  });
  EXPECT_THAT(codes(), ElementsAre("LR-ROWS-TIMESTAMP", "LR-LOOKUP"));
}

TEST_F(BrokenSet, WithRowsMissing) {
  change_rows(kData, [](std::vector<Json>& rows) { rows.pop_back(); });
  const auto found = codes();
  EXPECT_THAT(found, ::testing::IsSupersetOf({"LR-ROWS-LENGTH", "LR-VIDEO-RANGE", "LR-VIDEO-FRAMES",
                                              "LR-STATS-COUNT"}));
}

TEST_F(BrokenSet, WithColumnsOfOtherTypes) {
  change_rows(
      kData, [](std::vector<Json>&) {},
      [](std::vector<table::ParquetColumn>& columns) {
        for (table::ParquetColumn& column : columns)
          if (column.name == "step") column.dtype = DType::kInt32;
        std::erase_if(columns,
                      [](const table::ParquetColumn& column) { return column.name == "action"; });
        columns.push_back({"surprise", DType::kInt64, 0});
      });
  EXPECT_THAT(codes(),
              ::testing::IsSupersetOf({"LR-COLUMN-TYPE", "LR-COLUMN-MISSING", "LR-COLUMN-EXTRA"}));
}

TEST_F(BrokenSet, WhoseFooterDoesNotTypeItsColumns) {
  change_rows(
      kData, [](std::vector<Json>&) {}, {}, false);
  EXPECT_THAT(brief(verify(root_)),
              ElementsAre("note LR-COLUMN-HUGGINGFACE data footer key 'huggingface'"));
}

TEST_F(BrokenSet, WhoseFooterTypesAColumnOtherwise) {
  change_json("meta/info.json", [](Json& info) { info["features"]["step"]["dtype"] = "int32"; });
  EXPECT_THAT(brief(verify(root_)), Contains(std::string("error LR-COLUMN-HUGGINGFACE ") + kData +
                                             " footer key 'huggingface'"));
}

TEST_F(BrokenSet, WithRowsOfAnEpisodeThatIsNotListed) {
  change_rows(kData, [](std::vector<Json>& rows) {
    const Json last = rows.back()["episode_index"];
    for (Json& row : rows)
      if (row["episode_index"] == last) row["episode_index"] = 7;
  });
  EXPECT_THAT(codes(), Contains("LR-ROWS-EPISODE-INDEX"));
}

TEST_F(BrokenSet, WithListsOfAnotherLength) {
  change_json("meta/info.json", [](Json& info) { info["features"]["action"]["shape"] = {3}; });
  EXPECT_THAT(codes(), ElementsAre("LR-COLUMN-SHAPE"));
}

TEST_F(BrokenSet, WithNanAmongTheValues) {
  // NaN as JSON is null, which a writer of tables keeps as missing.
  change_rows(kData, [](std::vector<Json>& rows) { rows[2]["action"] = {nullptr, 0.25}; });
  EXPECT_THAT(codes(), Contains("LR-ROWS-NAN"));
}

TEST_F(BrokenSet, WithADataFileThatIsCut) {
  fs::resize_file(root_ / kData, fs::file_size(root_ / kData) / 2);
  EXPECT_THAT(codes(), Contains("LR-DATA-UNREADABLE"));
}

TEST_F(BrokenSet, WithFilesLargerThanTheirCaps) {
  change_json("meta/info.json", [](Json& info) {
    info["data_files_size_in_mb"] = 0;
    info["video_files_size_in_mb"] = 0;
  });
  EXPECT_THAT(codes(), ElementsAre("LR-FILE-SIZE", "LR-FILE-SIZE"));
}

TEST_F(BrokenSet, WithAStrayDataFile) {
  fs::copy_file(root_ / kData, root_ / "data/chunk-000/file-007.parquet");
  EXPECT_THAT(codes(), Contains("LR-DATA-UNREFERENCED"));
}

TEST_F(BrokenSet, WithoutItsDataFile) {
  fs::remove(root_ / kData);
  EXPECT_THAT(codes(), Contains("LR-DATA-MISSING"));
}

TEST_F(BrokenSet, WithEpisodesOutOfOrder) {
  change_rows(kEpisodes, [](std::vector<Json>& rows) { std::swap(rows[0], rows[1]); });
  EXPECT_THAT(codes(), ::testing::IsSupersetOf({"LR-EPISODES-ORDER", "LR-EPISODES-RANGE"}));
}

TEST_F(BrokenSet, WithBordersSummedFromFloats) {
  change_rows(kEpisodes, [](std::vector<Json>& rows) {
    rows[1]["videos/observation.images.front/from_timestamp"] = 20.0 / 30 + 0.0004;
    rows[0]["videos/observation.images.front/to_timestamp"] = 20.0 / 30 + 0.0004;
  });
  EXPECT_THAT(codes(), ElementsAre("LR-LOOKUP"));
}

TEST_F(BrokenSet, WhoseEpisodeStartsBetweenKeyFrames) {
  change_rows(kEpisodes, [](std::vector<Json>& rows) {
    for (const char* border : {"from_timestamp", "to_timestamp"}) {
      Json& value = rows[2][std::string("videos/observation.images.front/") + border];
      value = value.get<double>() - 4.0 / 30;
    }
  });
  EXPECT_THAT(codes(), ElementsAre("LR-VIDEO-RANGE", "LR-VIDEO-FRAMES", "LR-VIDEO-KEYFRAME"));
}

TEST_F(BrokenSet, WithoutItsVideo) {
  fs::remove(root_ / kVideo);
  EXPECT_THAT(codes(), ElementsAre("LR-VIDEO-CAMERA"));
}

TEST_F(BrokenSet, WhoseVideoIsCut) {
  fs::resize_file(root_ / kVideo, fs::file_size(root_ / kVideo) * 3 / 4);
  EXPECT_THAT(codes(true), Contains("LR-VIDEO-UNREADABLE"));
}

TEST_F(BrokenSet, WhoseVideoRunsAtAnotherRate) {
  const CommandResult ffmpeg =
      run("ffmpeg -v error -y -i " + (root_ / kVideo).string() +
          " -vf setpts=N/25/TB -r 25 -c:v libx264 " + (folder_ / "slow.mp4").string());
  ASSERT_EQ(ffmpeg.exit_code, 0) << ffmpeg.err;
  fs::rename(folder_ / "slow.mp4", root_ / kVideo);
  const auto found = codes();
  EXPECT_THAT(found, ::testing::IsSupersetOf({"LR-VIDEO-RATE", "LR-LOOKUP"}));
}

TEST_F(BrokenSet, WhoseVideoStartsLate) {
  const CommandResult ffmpeg =
      run("ffmpeg -v error -y -itsoffset 0.5 -i " + (root_ / kVideo).string() +
          " -c copy -movflags +faststart " + (folder_ / "late.mp4").string());
  ASSERT_EQ(ffmpeg.exit_code, 0) << ffmpeg.err;
  fs::rename(folder_ / "late.mp4", root_ / kVideo);
  EXPECT_THAT(codes(), ElementsAre("LR-VIDEO-FIRST-PTS", "LR-LOOKUP"));
}

TEST_F(BrokenSet, WhoseVideoGoesOnFarBeyondFloat32) {
  const CommandResult ffmpeg =
      run("ffmpeg -v error -y -i " + (root_ / kVideo).string() +
          " -vf 'setpts=N/30/TB+gte(N\\,50)*1000/TB' -fps_mode passthrough -c:v libx264 " +
          (folder_ / "long.mp4").string());
  ASSERT_EQ(ffmpeg.exit_code, 0) << ffmpeg.err;
  fs::rename(folder_ / "long.mp4", root_ / kVideo);
  EXPECT_THAT(codes(), Contains("LR-VIDEO-LONG"));
}

TEST_F(BrokenSet, WhoseFirstFrameCannotBeDecoded) {
  Diagnostics diagnostics;
  VideoPacket first;
  ASSERT_TRUE(
      media::open_video_file(root_ / kVideo, -1, diagnostics)->packets_from(0)->next(first));
  std::string bytes = read_text_file(root_ / kVideo);
  const std::size_t at = bytes.find(as_text(*first.data));
  ASSERT_NE(at, std::string::npos);
  // The length of its slice stays, so that the file can be read through.
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at) + 5, first.data->size() - 5, '\0');
  write_file_atomic(root_ / kVideo, bytes);
  EXPECT_THAT(codes(), IsEmpty());
  EXPECT_THAT(brief(verify(root_, true)),
              Contains(std::string("error LR-VIDEO-DECODE ") + kVideo + " frame 0"));
}

TEST_F(BrokenSet, WhoseInfoNamesAnotherCodec) {
  change_json("meta/info.json", [](Json& info) {
    info["features"][kFront]["info"]["video.codec"] = "av1";
    info["features"][kFront]["shape"] = {96, 128, 3};
  });
  EXPECT_THAT(codes(), ElementsAre("LR-VIDEO-FORMAT"));
}

TEST_F(BrokenSet, WithoutStatistics) {
  fs::remove(root_ / "meta/stats.json");
  EXPECT_THAT(codes(), ElementsAre("LR-STATS-MISSING"));
}

TEST_F(BrokenSet, WithStatisticsOfOtherData) {
  change_json("meta/stats.json", [](Json& stats) {
    stats["action"]["mean"][0] = 0.9;                // wrong value
    stats["observation.state"]["q01"][1] = 99999.0;  // outside [min, max]
    stats["observation.state"]["q50"][0] = 0.99;     // inside, but no median
    stats["step"]["count"] = {12};
    stats[kFront]["std"] = {{{0.0}}, {{0.0}}, {{0.0}}};  // squares that overflowed
    stats["ready"]["max"] = {1, 1};
    stats.erase("timestamp");
  });
  EXPECT_THAT(brief(verify(root_)),
              ElementsAre("error LR-STATS-QUANTILE meta/stats.json /observation.state",
                          "error LR-STATS-VALUE meta/stats.json /action",
                          "error LR-STATS-COUNT meta/stats.json /step",
                          "error LR-STATS-SHAPE meta/stats.json /ready",
                          "error LR-STATS-IMAGE meta/stats.json /" + std::string(kFront),
                          "warning LR-STATS-MISSING meta/stats.json"));
}

TEST_F(BrokenSet, WithStatisticsOfOtherPictures) {
  change_json("meta/stats.json", [](Json& stats) {
    stats[kFront]["mean"] = {{{0.9}}, {{0.9}}, {{0.9}}};
  });
  EXPECT_THAT(codes(), IsEmpty());
  EXPECT_THAT(brief(verify(root_, true)),
              ElementsAre("error LR-STATS-PICTURES meta/stats.json /" + std::string(kFront)));
}

TEST_F(BrokenSet, WithOneFigureOfPicturesThatIsWrong) {
  const fs::path file = root_ / "meta/stats.json";
  const Json good = read_json_file(file);
  const auto scaled = [&](const char* stat, double by, double plus) {
    Json stats = good;
    for (Json& channel : stats[kFront][stat])
      channel[0][0] = channel[0][0].get<double>() * by + plus;
    write_file_atomic(file, dump_json(stats));
    return codes(true);
  };
  EXPECT_THAT(scaled("std", 1.3, 0), ElementsAre("LR-STATS-PICTURES"));
  EXPECT_THAT(scaled("std", 0.7, 0), ElementsAre("LR-STATS-PICTURES"));
  EXPECT_THAT(scaled("q50", 1, 0.1), Contains("LR-STATS-PICTURES"));
  EXPECT_THAT(scaled("q99", 1, -0.2), Contains("LR-STATS-PICTURES"));
  EXPECT_THAT(scaled("mean", 1, 0), IsEmpty());
}

TEST_F(BrokenSet, WithFiguresOfPicturesInAnotherForm) {
  const fs::path file = root_ / "meta/stats.json";
  const Json good = read_json_file(file);
  const auto changed = [&](const std::function<void(Json&)>& change) {
    Json stats = good;
    change(stats);
    write_file_atomic(file, dump_json(stats));
    return brief(verify(root_));
  };
  const std::string at = std::string(" meta/stats.json /") + kFront;
  EXPECT_THAT(changed([](Json& s) {
                s[kFront]["mean"] = {0.5, 0.5, 0.5};
              }),
              Contains("error LR-STATS-SHAPE" + at));
  EXPECT_THAT(changed([](Json& s) { s[kFront]["count"] = {1}; }),
              ElementsAre("error LR-STATS-COUNT" + at));
  EXPECT_THAT(changed([](Json& s) { s[kFront].erase("std"); }),
              ElementsAre("error LR-STATS-MISSING" + at));
  EXPECT_THAT(changed([](Json& s) { s["action"].erase("std"); }),
              ElementsAre("error LR-STATS-MISSING meta/stats.json /action"));
  EXPECT_THAT(changed([](Json& s) { s["action"].erase("q01"); }),
              ElementsAre("warning LR-STATS-MISSING meta/stats.json /action"));
  EXPECT_THAT(changed([](Json& s) { s.erase("action"); }),
              ElementsAre("error LR-STATS-MISSING meta/stats.json"));
  EXPECT_THAT(changed([](Json& s) { s.erase(kFront); }),
              ElementsAre("warning LR-STATS-MISSING meta/stats.json"));
}

TEST_F(BrokenSet, WhoseVideoHasSoundThatInfoDoesNotName) {
  const CommandResult ffmpeg =
      run("ffmpeg -v error -y -i " + (root_ / kVideo).string() +
          " -f lavfi -i sine=d=0.3 -map 0:v -map 1:a -c:v copy -c:a aac -movflags +faststart " +
          (folder_ / "loud.mp4").string());
  ASSERT_EQ(ffmpeg.exit_code, 0) << ffmpeg.err;
  fs::rename(folder_ / "loud.mp4", root_ / kVideo);
  EXPECT_THAT(codes(), ElementsAre("LR-VIDEO-FORMAT"));
}

TEST_F(BrokenSet, WithQuantilesOfPicturesOutOfOrder) {
  change_json("meta/stats.json", [](Json& stats) {
    stats[kFront]["q50"] = {{{0.05}}, {{0.5}}, {{0.5}}};
    stats[kFront]["q10"] = {{{0.5}}, {{0.5}}, {{0.5}}};
  });
  EXPECT_THAT(codes(), Contains("LR-STATS-QUANTILE"));
}

TEST_F(BrokenSet, WhoseVideoHasItsIndexBehindItsFrames) {
  const CommandResult ffmpeg = run("ffmpeg -v error -y -i " + (root_ / kVideo).string() +
                                   " -c copy " + (folder_ / "late.mp4").string());
  ASSERT_EQ(ffmpeg.exit_code, 0) << ffmpeg.err;
  fs::rename(folder_ / "late.mp4", root_ / kVideo);
  EXPECT_THAT(brief(verify(root_)),
              ElementsAre(std::string("note LR-VIDEO-FASTSTART videos ") + kVideo));
}

TEST_F(BrokenSet, WithPathsThatLeaveTheSet) {
  change_json("meta/info.json", [](Json& info) {
    info["video_path"] = "../../{video_key}/{chunk_index}/{file_index}.mp4";
  });
  EXPECT_THAT(codes(), ElementsAre("LR-VIDEO-CAMERA", "LR-VIDEO-UNREFERENCED"));
}

TEST_F(BrokenSet, WithValuesOfTheWrongTypeEverywhere) {
  const Json good = read_json_file(root_ / "meta/info.json");
  for (const auto& [key, value] : good.items()) {
    for (const Json& bad : {Json(nullptr), Json(-1), Json("x"), Json::array({1}), Json{{"a", 1}}}) {
      Json info = good;
      info[key] = bad;
      write_file_atomic(root_ / "meta/info.json", dump_json(info));
      EXPECT_NO_THROW(verify(root_)) << key << " = " << bad.dump();
    }
  }
}

}  // namespace
}  // namespace reelcell::test
