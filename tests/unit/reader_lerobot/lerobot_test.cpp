#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "reelcell/base/error.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/media/video_file.hpp"
#include "reelcell/model/recording.hpp"
#include "reelcell/readers/modality.hpp"
#include "reelcell/readers/registry.hpp"
#include "reelcell/table/parquet.hpp"
#include "support/support.hpp"

namespace reelcell::readers {
const ReaderRow& lerobot_reader();
EpisodeParts lerobot_parts(const fs::path& path, const std::string& episode);
}  // namespace reelcell::readers

namespace reelcell::readers::lerobot {
namespace {

const char* const kG1 = "lerobot/YifanTian07_G1-policy-train";
const char* const kSo101 =
    "lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/"
    "lerobot_dataset_example";
const char* const kGroot = "lerobot/hmk55555_Isaac-GR00T/demo_data/robot_sim.PickNPlace";

struct Opened {
  Diagnostics diagnostics;
  std::unique_ptr<Recording> recording;
  const StreamInfo* stream(const std::string& item) const {
    for (const StreamInfo& info : recording->streams())
      if (info.item == item) return &info;
    return nullptr;
  }
  std::string attribute(const std::string& name) const {
    for (const auto& [key, value] : recording->attributes())
      if (key == name) return to_text(value);
    return "(none)";
  }
  SeriesBatch rows() {
    SeriesBatch all, batch;
    const auto cursor = recording->open_series("frames", diagnostics);
    while (cursor->next(batch)) {
      if (all.columns.empty()) {
        all = batch;
        continue;
      }
      all.times.insert(all.times.end(), batch.times.begin(), batch.times.end());
      for (std::size_t i = 0; i < batch.columns.size(); ++i)
        all.columns[i].append_rows(batch.columns[i], 0, batch.size());
    }
    return all;
  }
};

std::unique_ptr<Opened> open(const fs::path& path, const std::string& episode) {
  auto out = std::make_unique<Opened>();
  out->recording = lerobot_reader().open({path, episode, {}}, out->diagnostics);
  return out;
}

const Column& column(const SeriesBatch& batch, const std::string& name) {
  for (const Column& c : batch.columns)
    if (c.spec.name == name) return c;
  throw std::runtime_error("no column " + name);
}

Json seen_by_hyparquet(const fs::path& path) {
  const auto result =
      test::run("node " + test::source_path("tests/independent/parquet_dump.mjs").string() + " '" +
                path.string() + "'");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return Json::parse(result.out);
}

/// Every number of the batch against what an independent reader has in rows [first, ..).
void expect_values(const SeriesBatch& batch, const Json& rows, std::size_t first) {
  for (const Column& c : batch.columns)
    for (std::size_t row = 0; row < batch.size(); ++row) {
      if (c.spec.dtype == DType::kString) continue;
      const Json& expected = rows[first + row][c.spec.name];
      for (std::size_t e = 0; e < c.spec.width; ++e) {
        const Json& value = expected.is_array() ? expected[e] : expected;
        ASSERT_EQ(c.number(row, e), value.is_boolean() ? value.get<bool>() : value.get<double>())
            << c.spec.name << " row " << row;
      }
    }
}

TEST(LerobotReader, RecognisesDataSetFoldersAndListsTheirEpisodes) {
  const ReaderRow& row = lerobot_reader();
  EXPECT_GT(row.sniff(test::data_path(kSo101), {}), 50);
  EXPECT_EQ(row.sniff(test::data_path("video/androidx_media"), {}), 0);
  EXPECT_EQ(row.episodes(test::data_path(kSo101)),
            (std::vector<std::string>{"episode_000000", "episode_000001", "episode_000002",
                                      "episode_000003", "episode_000004", "episode_000005"}));
  EXPECT_EQ(row.episodes(test::data_path(kG1)).size(), 100u);
  EXPECT_EQ(row.episodes(test::data_path(kGroot)).size(), 5u);
}

TEST(LerobotReader, ReadsEveryValueOfAV3Episode) {
  const auto opened = open(test::data_path(kSo101), "episode_000003");
  const SeriesBatch rows = opened->rows();
  ASSERT_EQ(rows.size(), 382u);
  const Json all =
      seen_by_hyparquet(test::data_path(kSo101) / "data/chunk-000/file-000.parquet")["data"];
  expect_values(rows, all, 1148);
  const Column& state = column(rows, "observation.state");
  EXPECT_EQ(state.spec.width, 6u);
  EXPECT_EQ(state.spec.dtype, DType::kFloat32);
  EXPECT_EQ(state.spec.element_names,
            (std::vector<std::string>{"j0", "j1", "j2", "j3", "j4", "j5"}));
  for (std::size_t row = 0; row < rows.size(); ++row)
    ASSERT_EQ(rows.times[row],
              stream_time(tick_time(static_cast<std::int64_t>(row), {30, 1}).count()));
  EXPECT_FALSE(opened->diagnostics.has_loss());
}

TEST(LerobotReader, ReadsEveryValueOfAV21Episode) {
  const auto opened = open(test::data_path(kG1), "episode_000012");
  const SeriesBatch rows = opened->rows();
  const fs::path file = test::data_path(kG1) / "data/chunk-000/episode_000012.parquet";
  expect_values(rows, seen_by_hyparquet(file)["data"], 0);
  EXPECT_EQ(column(rows, "action").spec.element_names.at(25), "kRightHandThumbRotation");
  EXPECT_EQ(*opened->stream("frames")->count, rows.size());
}

TEST(LerobotReader, TellsWhatTheEpisodeIs) {
  const auto opened = open(test::data_path(kSo101), "episode_000005");
  EXPECT_EQ(opened->attribute("task"), "pick and place");
  EXPECT_EQ(opened->attribute("robot_type"), "so101_follower");
  EXPECT_EQ(opened->attribute("fps"), "30");
  EXPECT_EQ(opened->attribute("split"), "train");
  EXPECT_EQ(opened->attribute("episode_index"), "5");
  EXPECT_EQ(opened->attribute("codebase_version"), "v3.0");
  EXPECT_EQ(opened->attribute("tasks"), "(none)");
  const auto groot = open(test::data_path(kGroot), "episode_000001");
  EXPECT_EQ(groot->attribute("task"),
            "pick the sweet potato from the counter and place it in the plate");
  EXPECT_NE(groot->attribute("tasks").find("\"valid\""), std::string::npos);
}

TEST(LerobotReader, KeepsTimesThatDoNotStartAtZeroAndSaysSo) {
  // GR00T's demo set: first timestamp 0.05 s at 20 fps, stored with a drift of 5e-8 s a frame, and
  // no frame_index column.
  const auto opened = open(test::data_path(kGroot), "episode_000000");
  const SeriesBatch rows = opened->rows();
  ASSERT_EQ(rows.size(), 416u);
  for (std::size_t row = 0; row < rows.size(); ++row)
    ASSERT_EQ(ns_of(rows.times[row]), 50'000'000 * static_cast<std::int64_t>(row + 1));
  EXPECT_EQ(opened->diagnostics.count("lerobot-first-timestamp"), 1u);
  EXPECT_EQ(column(rows, "next.done").spec.dtype, DType::kBool);
  expect_values(
      rows,
      seen_by_hyparquet(test::data_path(kGroot) / "data/chunk-000/episode_000000.parquet")["data"],
      0);
}

TEST(LerobotReader, GivesAnnotationsAsTheTextsThatTheirNumbersName) {
  std::map<std::int64_t, std::string> tasks;
  std::ifstream file(test::data_path(kGroot) / "meta/tasks.jsonl");
  for (std::string line; std::getline(file, line);) {
    const Json task = Json::parse(line);
    tasks[task["task_index"]] = task["task"];
  }
  const auto opened = open(test::data_path(kGroot), "episode_000002");
  const SeriesBatch rows = opened->rows();
  const Json seen =
      seen_by_hyparquet(test::data_path(kGroot) / "data/chunk-000/episode_000002.parquet")["data"];
  for (const char* name :
       {"annotation.human.action.task_description", "annotation.human.validity"}) {
    const Column& texts = column(rows, name);
    ASSERT_EQ(texts.spec.dtype, DType::kString);
    ASSERT_EQ(texts.rows(), 470u);
    for (std::size_t row = 0; row < rows.size(); ++row)
      ASSERT_EQ(std::get<std::vector<std::string>>(texts.data)[row], tasks.at(seen[row][name]));
  }
  EXPECT_EQ(column(rows, "task_index").number(0), 3);
  EXPECT_EQ(opened->diagnostics.count("lerobot-annotation-index"), 0u);
  std::vector<std::string> announced;
  for (const ColumnSpec& spec : opened->stream("frames")->columns)
    if (spec.dtype == DType::kString) announced.push_back(spec.name);
  EXPECT_EQ(announced.size(), 2u);
}

TEST(LerobotReader, GoesOnWithoutACameraThatHasNoFiles) {
  // The set names observation.images.egoview, but only ego_view has files. Its data_path template
  // puts episode 1 into chunk-001, where it is not.
  const auto opened = open(test::data_path(kGroot), "episode_000001");
  EXPECT_EQ(opened->diagnostics.count("lerobot-missing-video"), 1u);
  EXPECT_GE(opened->diagnostics.count("lerobot-path-template"), 1u);
  EXPECT_EQ(opened->stream("observation.images.egoview"), nullptr);
  const StreamInfo* camera = opened->stream("observation.images.ego_view");
  ASSERT_NE(camera, nullptr);
  EXPECT_EQ(camera->suggested_name, "ego_view");
  EXPECT_EQ(camera->video->codec, "h264");
  EXPECT_EQ(
      opened->recording->open_video(camera->item, opened->diagnostics)->frames().frames.size(),
      470u);
  EXPECT_EQ(opened->rows().size(), 470u);
  EXPECT_THROW(opened->recording->open_video("observation.images.egoview", opened->diagnostics),
               InputError);
}

TEST(LerobotReader, WindowsAreTheFramesOfTheSharedFile) {
  const fs::path file =
      test::data_path(kSo101) / "videos/observation.images.wrist/chunk-000/file-000.mp4";
  Diagnostics diagnostics;
  const auto whole = media::open_video_file(file, -1, diagnostics);
  const std::size_t lengths[] = {383, 386, 379, 382, 90, 162};
  std::size_t first = 0;
  for (std::size_t e = 0; e < std::size(lengths); ++e) {
    const auto opened = open(test::data_path(kSo101), "episode_00000" + std::to_string(e));
    const auto video =
        opened->recording->open_video("observation.images.wrist", opened->diagnostics);
    const FrameTable& frames = video->frames();
    ASSERT_EQ(frames.frames.size(), lengths[e]);
    for (std::size_t i = 0; i < lengths[e]; ++i) {
      ASSERT_EQ(frames.frames[i].pts, whole->frames().frames[first + i].pts);
      ASSERT_EQ(frames.frames[i].packet, whole->frames().frames[first + i].packet);
      ASSERT_EQ(frames.frames[i].time,
                stream_time(tick_time(static_cast<std::int64_t>(i), {30, 1}).count()));
    }
    EXPECT_FALSE(opened->diagnostics.has_loss());
    first += lengths[e];
  }
}

TEST(LerobotReader, AWindowDecodesToTheSamePicturesAndEndsWithItsLastFrame) {
  const fs::path file =
      test::data_path(kSo101) / "videos/observation.images.wrist/chunk-000/file-000.mp4";
  const auto opened = open(test::data_path(kSo101), "episode_000004");
  Diagnostics& diagnostics = opened->diagnostics;
  const std::shared_ptr<VideoSource> whole = media::open_video_file(file, -1, diagnostics);
  const auto window = opened->recording->open_video("observation.images.wrist", diagnostics);
  media::FrameCursor expected(whole, 1530, diagnostics), found(window, 0, diagnostics);
  media::DecodedFrame a, b;
  std::size_t count = 0;
  while (found.next(b)) {
    ASSERT_TRUE(expected.next(a));
    ASSERT_EQ(a.pts, b.pts);
    ASSERT_EQ(b.ordinal, count);
    ASSERT_EQ(a.luma(640).data, b.luma(640).data);
    ++count;
  }
  EXPECT_EQ(count, 90u);
  const auto cursor = window->packets_from(0);
  VideoPacket packet;
  std::uint32_t last = 0;
  while (cursor->next(packet)) last = packet.ordinal;
  EXPECT_EQ(last, 1619u);
}

TEST(LerobotReader, TellsTheTaskOfEachStretch) {
  const auto opened = open(test::data_path(kGroot), "episode_000002");
  const auto cursor = opened->recording->open_events("tasks", opened->diagnostics);
  StreamEvent event;
  ASSERT_TRUE(cursor->next(event));
  EXPECT_EQ(event.kind, "task");
  EXPECT_EQ(to_text(*event.field("task")),
            "pick the meat from the counter and place it in the plate");
  EXPECT_EQ(ns_of(event.time), 50'000'000);
  EXPECT_EQ(ns_of(event.end), 23'500'000'000);
  EXPECT_FALSE(cursor->next(event));
}

TEST(LerobotReader, NamesTheEpisodesThereAre) {
  for (const char* wrong : {"episode_000006", "", "seat"}) {
    try {
      open(test::data_path(kSo101), wrong);
      FAIL() << wrong;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("6 from 'episode_000000' to 'episode_000005'"),
                std::string::npos)
          << error.what();
    }
  }
  EXPECT_THROW(open(test::data_path("lerobot"), ""), InputError);
}

TEST(LerobotReader, ReadsWhatItCanOfASetWithExplodedColumns) {
  const fs::path set =
      test::data_path("malformed/CentroidLabs_torq-robotics/tests/fixtures/data/lerobot");
  EXPECT_EQ(lerobot_reader().episodes(set).size(), 2u);
  const auto opened = open(set, "episode_000001");
  EXPECT_EQ(opened->diagnostics.count("lerobot-no-version"), 1u);
  EXPECT_EQ(opened->diagnostics.count("lerobot-missing-column"), 2u);  // observation.state, action
  EXPECT_EQ(opened->diagnostics.count("lerobot-undeclared-column"), 28u);
  EXPECT_EQ(opened->diagnostics.count("lerobot-missing-video"), 1u);
  const SeriesBatch rows = opened->rows();
  EXPECT_EQ(rows.size(), 30u);
  EXPECT_EQ(rows.columns.size(), 4u + 28u);
  EXPECT_EQ(rows.times[1], stream_time(20'000'000));
}

TEST(LerobotReader, ReadsASetThatSaysV3ButIsLaidOutAsV2) {
  const auto opened = open(
      test::data_path("malformed/CentroidLabs_torq-robotics/tests/fixtures/data/lerobot_list_type"),
      "episode_000001");
  EXPECT_EQ(opened->diagnostics.count("lerobot-layout"), 1u);
  EXPECT_EQ(opened->diagnostics.count("lerobot-missing-video"), 1u);
  const SeriesBatch rows = opened->rows();
  EXPECT_EQ(rows.size(), 30u);
  EXPECT_EQ(column(rows, "observation.state").spec.width, 14u);
}

/// A v3.0 set of two episodes of 3 and 2 rows, without video.
class MadeSet : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* f : {"meta/episodes/chunk-000", "data/chunk-000"})
      fs::create_directories(folder_ / f);
    info_ = Json::parse(
        R"({"codebase_version":"v3.0","fps":10,"total_episodes":2,"splits":{"train":"0:1","val":"1:2"},
      "data_path":"data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
      "features":{"q":{"dtype":"float32","shape":[2],"names":["a","b"]},
                  "timestamp":{"dtype":"float32","shape":[1],"names":null},
                  "frame_index":{"dtype":"int64","shape":[1],"names":null},
                  "episode_index":{"dtype":"int64","shape":[1],"names":null},
                  "task_index":{"dtype":"int64","shape":[1],"names":null}}})");
  }
  void write(const std::vector<std::vector<Json>>& rows,
             const std::vector<std::pair<int, int>>& ranges) {
    std::ofstream(folder_ / "meta/info.json") << info_;
    std::ofstream(folder_ / "meta/tasks.jsonl") << R"({"task_index":0,"task":"grasp"})"
                                                   "\n"
                                                   R"({"task_index":1,"task":"place"})";
    std::vector<table::ParquetColumn> columns{{"q", DType::kFloat32, 1},
                                              {"timestamp", DType::kFloat32, 0},
                                              {"frame_index", DType::kInt64, 0},
                                              {"episode_index", DType::kInt64, 0},
                                              {"task_index", DType::kInt64, 0}};
    columns.insert(columns.end(), extra_.begin(), extra_.end());
    table::ParquetWriter data(folder_ / "data/chunk-000/file-000.parquet", columns, {});
    for (const auto& row : rows) data.append_row(row);
    data.close();
    table::ParquetWriter episodes(folder_ / "meta/episodes/chunk-000/file-000.parquet",
                                  {{"episode_index", DType::kInt64, 0},
                                   {"tasks", DType::kString, 1},
                                   {"length", DType::kInt64, 0},
                                   {"data/chunk_index", DType::kInt64, 0},
                                   {"data/file_index", DType::kInt64, 0},
                                   {"dataset_from_index", DType::kInt64, 0},
                                   {"dataset_to_index", DType::kInt64, 0}},
                                  {});
    for (std::size_t e = 0; e < ranges.size(); ++e)
      episodes.append_row({e,
                           {"grasp"},
                           ranges[e].second - ranges[e].first,
                           0,
                           0,
                           ranges[e].first,
                           ranges[e].second});
    episodes.close();
  }
  static std::vector<std::vector<Json>> good_rows() {
    return {{{1, 2}, 0.0, 0, 0, 0},
            {{3, 4}, 0.1, 1, 0, 0},
            {{5, 6}, 0.2, 2, 0, 1},
            {{7, 8}, 0.0, 0, 1, 1},
            {{9, 0}, 0.1, 1, 1, 1}};
  }
  test::TempFolder folder_;
  Json info_;
  std::vector<table::ParquetColumn> extra_;
  int changes_ = 0;
};

TEST_F(MadeSet, SplitsAndTaskStretchesAreTold) {
  write(good_rows(), {{0, 3}, {3, 5}});
  const auto opened = open(folder_.path(), "episode_000001");
  EXPECT_EQ(opened->attribute("split"), "val");
  EXPECT_EQ(opened->rows().size(), 2u);
  const auto first = open(folder_.path() / "meta/info.json", "episode_000000");
  const auto cursor = first->recording->open_events("tasks", first->diagnostics);
  StreamEvent event;
  std::vector<std::string> seen;
  while (cursor->next(event))
    seen.push_back(to_text(*event.field("task")) + " " + std::to_string(ns_of(event.time)) + " " +
                   std::to_string(ns_of(event.end)));
  EXPECT_EQ(seen, (std::vector<std::string>{"grasp 0 200000000", "place 200000000 200000000"}));
}

TEST_F(MadeSet, ReadsOnlyIndexColumnsThatModalityNamesAsTexts) {
  info_["features"]["stage"] = {{"dtype", "int64"}, {"shape", {1}}, {"names", nullptr}};
  auto rows = good_rows();
  for (std::size_t row = 0; row < rows.size(); ++row) rows[row].emplace_back(row == 1 ? 7 : 1);
  rows[2][1] = 0.05;  // goes back in time, and is left out
  const auto opened_with = [&](const std::string& modality) {
    extra_ = {{"stage", DType::kInt64, 0}};
    write(rows, {{0, 3}, {3, 5}});
    fs::remove(folder_ / "meta/modality.json");
    if (!modality.empty()) std::ofstream(folder_ / "meta/modality.json") << modality;
    // Sets are kept while their info.json stays as it is.
    fs::last_write_time(folder_ / "meta/info.json",
                        fs::file_time_type::clock::now() + std::chrono::seconds(++changes_));
    return open(folder_.path(), "episode_000000");
  };
  for (const char* modality : {"", R"({"annotation":{"stage":{}}})", R"({"annotation":[]})"}) {
    const auto opened = opened_with(modality);
    EXPECT_EQ(column(opened->rows(), "stage").number(1), 7) << modality;
    EXPECT_TRUE(opened->diagnostics.count("lerobot-modality") == 0) << modality;
  }
  EXPECT_EQ(opened_with("[1")->diagnostics.count("lerobot-modality"), 1u);
  const auto opened = opened_with(
      R"({"annotation":{"human.stage":{"original_key":"stage"},"x":{"original_key":"task_index"},
                        "y":{"original_key":"q"},"z":{"original_key":"nowhere"}}})");
  const SeriesBatch batch = opened->rows();
  EXPECT_EQ(std::get<std::vector<std::string>>(column(batch, "stage").data),
            (std::vector<std::string>{"place", ""}));
  EXPECT_EQ(opened->diagnostics.count("lerobot-annotation-index"), 1u);
  EXPECT_EQ(column(batch, "task_index").spec.dtype, DType::kInt64);
  EXPECT_EQ(column(batch, "q").number(1, 1), 4);
  StreamEvent event;
  const auto cursor = opened->recording->open_events("tasks", opened->diagnostics);
  ASSERT_TRUE(cursor->next(event));
  EXPECT_EQ(to_text(*event.field("task")), "grasp");
}

TEST_F(MadeSet, TellsGroupsThatFollowOneAnother) {
  const auto groups_of = [&](const char* state) {
    write(good_rows(), {{0, 3}, {3, 5}});
    std::ofstream(folder_ / "meta/modality.json") << state;
    return read_modality(folder_.path()).groups;
  };
  const auto good = groups_of(
      R"({"state":{"b":{"start":1,"end":2,"original_key":"q"},"a":{"start":0,"end":1,"original_key":"q"}}})");
  ASSERT_EQ(good.size(), 1u);
  EXPECT_EQ(good.at("q").section, "state");
  EXPECT_EQ(good.at("q").widths,
            (std::vector<std::pair<std::string, std::size_t>>{{"a", 1}, {"b", 1}}));
  for (const char* state : {R"({"state":{"b":{"start":1,"end":2}}})",
                            R"({"state":{"a":{"start":0,"end":2},"b":{"start":1,"end":2}}})",
                            R"({"action":{"a":{"start":0}}})", R"({"state":{"a":3}})"})
    EXPECT_TRUE(groups_of(state).empty()) << state;
}

TEST_F(MadeSet, AnEpisodeIsAnotherWhenATextThatItNamesChanges) {
  info_["features"]["annotation.stage"] = {{"dtype", "int64"}, {"shape", {1}}, {"names", nullptr}};
  extra_ = {{"annotation.stage", DType::kInt64, 0}};
  auto rows = good_rows();
  for (std::size_t row = 0; row < rows.size(); ++row) rows[row].emplace_back(row < 3 ? 0 : 1);
  const auto described = [&](const std::string& second) {
    write(rows, {{0, 3}, {3, 5}});
    std::ofstream(folder_ / "meta/modality.json") << R"({"annotation":{"stage":{}}})";
    std::ofstream(folder_ / "meta/tasks.jsonl") << R"({"task_index":0,"task":"grasp"})"
                                                << "\n"
                                                << Json{{"task_index", 1}, {"task", second}};
    fs::last_write_time(folder_ / "meta/info.json",
                        fs::file_time_type::clock::now() + std::chrono::seconds(++changes_));
    std::vector<std::string> parts;
    for (const char* episode : {"episode_000000", "episode_000001"})
      parts.push_back(lerobot_parts(folder_.path(), episode).description);
    return parts;
  };
  const auto before = described("place"), after = described("let go");
  EXPECT_EQ(before[0], after[0]);
  EXPECT_NE(before[1], after[1]);
}

TEST_F(MadeSet, RefusesMetadataThatPlacesAnEpisodeElsewhere) {
  write(good_rows(), {{0, 2}, {2, 5}});
  try {
    open(folder_.path(), "episode_000001");
    FAIL() << "rows of episode 0 were given as episode 1";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("row 2 of the file has episode_index 0"),
              std::string::npos)
        << error.what();
  }
  write(good_rows(), {{0, 3}, {3, 7}});
  fs::last_write_time(folder_ / "meta/info.json", fs::file_time_type::clock::now());
  EXPECT_THROW(open(folder_.path(), "episode_000001"), InputError);
}

TEST_F(MadeSet, UsesStoredTimesThatAreNotOnTheGridAndDropsBackwardOnes) {
  auto rows = good_rows();
  rows[1][1] = 0.1375;  // exact in float32, 37 ms off the grid
  rows[2][1] = 0.05;
  write(rows, {{0, 3}, {3, 5}});
  const auto opened = open(folder_.path(), "episode_000000");
  const SeriesBatch batch = opened->rows();
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_NEAR(static_cast<double>(ns_of(batch.times[1])), 137'500'000, 10);
  EXPECT_EQ(column(batch, "q").number(1, 1), 4);
  EXPECT_EQ(opened->diagnostics.count("lerobot-time-order"), 1u);
}

TEST_F(MadeSet, ComparesTypesAndShapesWithTheFile) {
  info_["features"]["q"]["dtype"] = "float64";
  info_["features"]["q"]["shape"] = {3};
  write(good_rows(), {{0, 3}, {3, 5}});
  const auto opened = open(folder_.path(), "episode_000000");
  EXPECT_EQ(opened->diagnostics.count("lerobot-dtype"), 1u);
  EXPECT_EQ(opened->diagnostics.count("lerobot-shape"), 1u);
  EXPECT_EQ(column(opened->rows(), "q").spec.width, 2u);
}

TEST_F(MadeSet, RefusesTemplatesThatLeaveTheFolder) {
  for (const char* path :
       {"../{chunk_index:03d}/file-{file_index:03d}.parquet", "/etc/{file_index}",
        "data/{file_index", "data/{episode}/{file_index}", "{file_index:s}"}) {
    info_["data_path"] = path;
    write(good_rows(), {{0, 3}, {3, 5}});
    EXPECT_THROW(open(folder_.path(), "episode_000000"), InputError) << path;
  }
}

TEST_F(MadeSet, RefusesInfoThatMakesNoSense) {
  for (const auto& [pointer, value] : std::vector<std::pair<std::string, Json>>{
           {"/fps", 0},
           {"/fps", "30"},
           {"/chunks_size", 0},
           {"/codebase_version", "v9.0"},
           {"/features", Json::array()},
           {"/features/q/shape", {-1}},
           {"/features/q/shape", {1'000'000'000, 1'000'000'000}}}) {
    const Json good = info_;
    info_[Json::json_pointer(pointer)] = value;
    write(good_rows(), {{0, 3}, {3, 5}});
    EXPECT_THROW(open(folder_.path(), "episode_000000"), InputError) << pointer << " " << value;
    info_ = good;
  }
}

}  // namespace
}  // namespace reelcell::readers::lerobot
