#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "reelcell/base/error.hpp"
#include "reelcell/table/parquet.hpp"
#include "support/made_episodes.hpp"
#include "support/support.hpp"

namespace reelcell::writers {
const WriterRow& lerobot_v3_writer();
}

namespace reelcell::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const WriterRow& row() { return writers::lerobot_v3_writer(); }

Json info_of(const fs::path& root) { return read_json_file(root / "lerobot/meta/info.json"); }

std::vector<Json> episodes_of(const fs::path& root) {
  return table::read_parquet_rows(root / "lerobot/meta/episodes/chunk-000/file-000.parquet");
}

std::string codes(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings.all())
    text += finding.code + " " + finding.path + ": " + finding.message + "\n";
  return text;
}

TEST(LeRobotV3Writer, IsReadFrameByFrameByAnIndependentReader) {
  TempFolder folder;
  write_made_set(folder.path(), row());
  write_file_atomic(folder / "numbers.json", made_numbers({20, 33, 15}).dump());
  const CommandResult read = run(
      "/usr/bin/python3 " + source_path("tests/independent/lerobot_reader.py").string() + " " +
      (folder / "lerobot").string() + " --stats --numbers " + (folder / "numbers.json").string());
  EXPECT_EQ(read.err, "");
  ASSERT_EQ(read.exit_code, 0);
  const Json summary = parse_json(read.out, "reader");
  EXPECT_EQ(summary["look_ups"], 68);
  EXPECT_EQ(summary["tasks"], Json({"inspect seat point 1", "inspect seat point 2"}));
  EXPECT_LT(summary["worst_s"].get<double>(), 1e-5);
}

TEST(LeRobotV3Writer, PassesItsOwnVerification) {
  TempFolder folder;
  write_made_set(folder.path(), row(), {{"gr00t", true}});
  Findings findings;
  row().verify(folder / "lerobot", {.deep = true, .threads = 2}, findings);
  EXPECT_EQ(codes(findings), "");
  EXPECT_EQ(row().recognise(folder / "lerobot"), 95);
}

TEST(LeRobotV3Writer, ListsEveryFileWithItsHashesAndLeavesNoOther) {
  TempFolder folder;
  const WriterReport report = write_made_set(folder.path(), row());
  std::vector<std::string> listed;
  for (const CorpusFile& file : report.files) {
    listed.push_back(file.path);
    EXPECT_EQ(file.digests, hash_file(folder.path() / file.path));
  }
  std::vector<std::string> there;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
    if (entry.is_regular_file())
      there.push_back(fs::relative(entry.path(), folder.path()).string());
  std::sort(there.begin(), there.end());
  EXPECT_EQ(listed, there);
  EXPECT_THAT(
      listed,
      ElementsAre("lerobot/data/chunk-000/file-000.parquet",
                  "lerobot/meta/episodes/chunk-000/file-000.parquet", "lerobot/meta/info.json",
                  "lerobot/meta/labels.jsonl", "lerobot/meta/pixels.jsonl",
                  "lerobot/meta/stats.json", "lerobot/meta/tasks.parquet",
                  "lerobot/native/joints/chunk-000/file-000.parquet",
                  "lerobot/videos/observation.images.front/chunk-000/file-000.mp4"));
}

TEST(LeRobotV3Writer, GivesTheSameBytesOnEveryRun) {
  TempFolder first, second;
  const WriterReport a = write_made_set(first.path(), row()),
                     b = write_made_set(second.path(), row());
  ASSERT_EQ(a.files.size(), b.files.size());
  for (std::size_t i = 0; i < a.files.size(); ++i)
    EXPECT_EQ(a.files[i].digests, b.files[i].digests) << a.files[i].path;
}

TEST(LeRobotV3Writer, DescribesTheSetInInfoJson) {
  TempFolder folder;
  write_made_set(folder.path(), row());
  const Json info = info_of(folder.path());
  EXPECT_EQ(info["codebase_version"], "v3.0");
  EXPECT_EQ(info["total_episodes"], 3);
  EXPECT_EQ(info["total_frames"], 68);
  EXPECT_EQ(info["total_tasks"], 2);
  EXPECT_EQ(info["fps"], 30);
  EXPECT_EQ(info["splits"].dump(), R"({"train":"0:2","val":"2:3"})");
  std::vector<std::string> names;
  for (const auto& [name, feature] : info["features"].items()) names.push_back(name);
  EXPECT_THAT(
      names,
      ElementsAre("observation.state", "action", "step", "ready", kFront, "reelcell.time_ns",
                  "reelcell.front.time_ns", "reelcell.front.skew_ns", "reelcell.front.flag",
                  "reelcell.joints.time_ns", "reelcell.joints.skew_ns", "reelcell.joints.flag",
                  "timestamp", "frame_index", "episode_index", "index", "task_index"));
  const Json& video = info["features"][kFront];
  EXPECT_EQ(video["shape"], Json({kMadeHeight, kMadeWidth, 3}));
  EXPECT_EQ(video["info"]["video.codec"], "h264");
  EXPECT_EQ(video["info"]["video.fps"], 30);
  EXPECT_EQ(info["features"]["observation.state"]["names"], Json({"j0", "j1", "gripper"}));
  EXPECT_EQ(info["features"]["reelcell.front.flag"]["info"]["values"]["4"], "gap");
}

TEST(LeRobotV3Writer, KeepsTheTrueTimesOfEveryRow) {
  TempFolder folder;
  write_made_set(folder.path(), row());
  const auto rows = table::read_parquet_rows(folder / "lerobot/data/chunk-000/file-000.parquet");
  const Json& second = rows.at(21);  // row 1 of episode 1
  EXPECT_EQ(second["reelcell.time_ns"], 10'033'333'333);
  EXPECT_EQ(second["reelcell.front.time_ns"], 10'033'329'333);
  EXPECT_EQ(second["reelcell.front.skew_ns"], -4000);
  EXPECT_EQ(second["reelcell.front.flag"], 3);
  // No such stream in this session: all rows are gaps.
  EXPECT_EQ(second["reelcell.joints.flag"], 4);
}

TEST(LeRobotV3Writer, TypesLabelColumnsByTheirValues) {
  TempFolder folder;
  write_made_set(folder.path(), row());
  const auto rows = episodes_of(folder.path());
  EXPECT_EQ(rows[0]["label/quality"], "OK");
  EXPECT_EQ(rows[0]["label/quality/confidence"], 0.9);
  EXPECT_TRUE(rows[1]["label/quality"].is_null());  // unknown is never a value
  EXPECT_EQ(rows[0]["label/score"], 7.0);
  EXPECT_EQ(rows[1]["label/score"], 7.5);
  EXPECT_TRUE(rows[2]["label/score"].is_null());
  std::ifstream in(folder / "lerobot/meta/labels.jsonl");
  std::string line;
  std::getline(in, line);
  const Json labels = parse_json(line, "labels.jsonl");
  EXPECT_EQ(labels["labels"][0]["rule"], "last(verdicts.result)");
  EXPECT_EQ(labels["labels"][0]["inputs"], Json::array({"verdicts.result@1.5s"}));
}

TEST(LeRobotV3Writer, KeepsFastSeriesBesideTheGrid) {
  TempFolder folder;
  write_made_set(folder.path(), row());
  const auto rows =
      table::read_parquet_rows(folder / "lerobot/native/joints/chunk-000/file-000.parquet");
  ASSERT_EQ(rows.size(), 4u * 68);
  EXPECT_EQ(rows[81]["episode_index"], 1);
  EXPECT_EQ(rows[81]["frame_index"], 0);
  EXPECT_EQ(rows[81]["time_ns"], 2'000'000);
  EXPECT_EQ(rows[81]["q"], Json({0.001, -0.002}));
  EXPECT_EQ(rows[83]["frame_index"], -1);
  const auto episodes = episodes_of(folder.path());
  EXPECT_EQ(episodes[1]["native/joints/from_row"], 80);
  EXPECT_EQ(episodes[1]["native/joints/to_row"], 80 + 4 * 33);
}

TEST(LeRobotV3Writer, LeavesNativeSeriesOutWhenTold) {
  TempFolder folder;
  write_made_set(folder.path(), row(), {{"native", false}});
  EXPECT_FALSE(fs::exists(folder / "lerobot/native"));
}

TEST(LeRobotV3Writer, StartsANewVideoFileWhereTheTrackCannotGoOn) {
  TempFolder folder;
  const CorpusSchema schema = made_schema();
  Diagnostics diagnostics;
  auto writer =
      row().make(made_context(folder.path(), schema, row(), {{"chunks_size", 1}}, &diagnostics));
  media::EncodeOptions hevc;
  hevc.codec = "hevc";
  writer->add(made_episode(schema, 0, 20, "a"));
  writer->add(made_episode(schema, 1, 10, "a", "train", hevc));
  writer->add(made_episode(schema, 2, 10, "a"));
  writer->close();
  const auto rows = episodes_of(folder.path());
  const std::string prefix = "videos/observation.images.front/";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(rows[static_cast<std::size_t>(i)][prefix + "chunk_index"], i);
    EXPECT_EQ(rows[static_cast<std::size_t>(i)][prefix + "file_index"], 0);
    EXPECT_EQ(rows[static_cast<std::size_t>(i)][prefix + "from_timestamp"], 0.0);
  }
  EXPECT_EQ(diagnostics.count("lerobot-mixed-codecs"), 1u);
  Findings findings;
  row().verify(folder / "lerobot", {}, findings);
  ASSERT_EQ(findings.all().size(), 1u) << codes(findings);
  EXPECT_EQ(findings.all()[0].code, "LR-VIDEO-FORMAT");
}

TEST(LeRobotV3Writer, RollsDataFilesAtTheirCap) {
  TempFolder folder;
  CorpusSchema schema;
  schema.features = {vector_feature("observation.state", 2000)};
  schema.true_times = false;
  auto writer = row().make(made_context(folder.path(), schema, row(),
                                        {{"data_files_size_in_mb", 1}, {"chunks_size", 2}}));
  std::vector<SamplePlace> places;
  for (std::uint64_t index = 0; index < 4; ++index) {
    Episode episode;
    episode.index = index;
    episode.key = "wide-" + std::to_string(index);
    episode.rows = 100;  // 0.8 MB
    std::vector<double> values;
    for (std::size_t i = 0; i < 100 * 2000; ++i)
      values.push_back(std::sin(static_cast<double>(i * (index + 1))));
    episode.columns.push_back(made_column(schema.features[0], values));
    places.push_back(writer->add(episode));
  }
  writer->close();
  const auto rows = episodes_of(folder.path());
  std::vector<std::string> files;
  for (const Json& entry : rows)
    files.push_back(entry["data/chunk_index"].dump() + "/" + entry["data/file_index"].dump());
  EXPECT_THAT(files, ElementsAre("0/0", "0/1", "1/0", "1/1"));
  EXPECT_EQ(places[2].file, "lerobot/data/chunk-001/file-000.parquet");
  Findings findings;
  row().verify(folder / "lerobot", {}, findings);
  EXPECT_EQ(codes(findings), "");
  EXPECT_TRUE(info_of(folder.path())["video_path"].is_null());
}

TEST(LeRobotV3Writer, SaysWhichPartsOfAVectorAreWhichForGroot) {
  TempFolder folder;
  write_made_set(folder.path(), row(), {{"gr00t", true}});
  const Json modality = read_json_file(folder / "lerobot/meta/modality.json");
  EXPECT_EQ(modality["state"].dump(),
            R"({"joints_q":{"start":0,"end":2},"gripper_width":{"start":2,"end":3}})");
  EXPECT_EQ(modality["action"].dump(), R"({"action":{"start":0,"end":2}})");
  EXPECT_EQ(modality["video"].dump(), R"({"front":{"original_key":"observation.images.front"}})");
  EXPECT_EQ(modality["annotation"]["human.task_description"]["original_key"], "task_index");
}

TEST(LeRobotV3Writer, WarnsOnceWhenPicturesCameWithoutStatistics) {
  TempFolder folder;
  const CorpusSchema schema = made_schema();
  Diagnostics diagnostics;
  auto writer =
      row().make(made_context(folder.path(), schema, row(), Json::object(), &diagnostics));
  Episode episode = made_episode(schema, 0, 10, "a");
  episode.video_stats = Json::object();
  writer->add(episode);
  writer->close();
  EXPECT_EQ(diagnostics.count("lerobot-no-pixel-stats"), 1u);
  EXPECT_FALSE(read_json_file(folder / "lerobot/meta/stats.json").contains(kFront));
}

TEST(LeRobotV3Writer, IsNoDataSetBeforeItIsClosed) {
  TempFolder folder;
  const CorpusSchema schema = made_schema();
  {
    auto writer = row().make(made_context(folder.path(), schema, row()));
    writer->add(made_episode(schema, 0, 10, "a"));
    EXPECT_EQ(row().recognise(folder / "lerobot"), 0);
  }
  for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
    EXPECT_FALSE(entry.is_regular_file()) << entry.path();
}

TEST(LeRobotV3Writer, ClearsWhatAnInterruptedRunLeftButNothingElse) {
  TempFolder folder;
  for (const char* name :
       {"data/chunk-000/file-001.parquet", "data/chunk-000/notes.txt", "meta/stats.json"}) {
    fs::create_directories((folder.path() / "lerobot" / name).parent_path());
    std::ofstream(folder.path() / "lerobot" / name) << "left";
  }
  write_made_set(folder.path(), row());
  EXPECT_FALSE(fs::exists(folder / "lerobot/data/chunk-000/file-001.parquet"));
  EXPECT_TRUE(fs::exists(folder / "lerobot/data/chunk-000/notes.txt"));
}

std::string plan_error(const std::function<void()>& body) {
  try {
    body();
  } catch (const PlanError& error) {
    return error.what();
  }
  return "no PlanError";
}

TEST(LeRobotV3Writer, RefusesWhatLeRobotCannotHold) {
  TempFolder folder;
  const auto make = [&](const CorpusSchema& schema) {
    row().make(made_context(folder.path(), schema, row()));
  };
  CorpusSchema schema = made_schema();
  schema.rate = {30000, 1001};
  EXPECT_THAT(plan_error([&] { make(schema); }), HasSubstr("whole number"));
  schema = made_schema();
  schema.features[0].name = "observation/state";
  EXPECT_THAT(plan_error([&] { make(schema); }), HasSubstr("without '/'"));
  schema = made_schema();
  schema.features[0].name = "task";  // set by the loader itself
  EXPECT_THAT(plan_error([&] { make(schema); }), HasSubstr("would hide this feature"));
  schema.features[0].name = "timestamp";
  EXPECT_THAT(plan_error([&] { make(schema); }), HasSubstr("taken"));
  schema = made_schema();
  schema.features[0].shape = {3, 2};
  EXPECT_THAT(plan_error([&] { make(schema); }), HasSubstr("dimension"));
  schema = made_schema();
  schema.time_streams = {"/a/b", "a.b"};
  EXPECT_THAT(plan_error([&] { make(schema); }), HasSubstr("rename"));
  write_made_set(folder.path(), row());
  EXPECT_THAT(plan_error([&] { make(made_schema()); }), HasSubstr("finished"));
}

TEST(LeRobotV3Writer, RefusesEpisodesThatDoNotFit) {
  TempFolder folder;
  const CorpusSchema schema = made_schema();
  auto writer = row().make(made_context(folder.path(), schema, row()));
  EXPECT_THAT(plan_error([&] { writer->close(); }), HasSubstr("no episode"));
  const auto add = [&](auto change) {
    Episode episode = made_episode(schema, 0, 10, "a");
    change(episode);
    return plan_error([&] { writer->add(episode); });
  };
  EXPECT_THAT(add([](Episode& e) { e.index = 4; }), HasSubstr("index 4"));
  EXPECT_THAT(add([](Episode& e) { e.clips.clear(); }),
              HasSubstr("no clip for 'observation.images.front'"));
  EXPECT_THAT(add([](Episode& e) { e.clips[0].packets.frames = 9; }),
              HasSubstr("9 frames for 10 rows"));
  EXPECT_THAT(add([](Episode& e) { e.clips[0].packets.rate = {25, 1}; }), HasSubstr("25/1"));
  EXPECT_THAT(add([](Episode& e) { e.clips[0].packets.format.width = 80; }), HasSubstr("80x48"));
}

TEST(LeRobotV3Writer, GoesOnBehindFinishedFiles) {
  TempFolder first, second, whole;
  const CorpusSchema schema = made_schema();
  std::vector<Episode> episodes;
  for (std::uint64_t i = 0; i < 3; ++i)
    episodes.push_back(made_episode(schema, i, 8 + i, "a", i == 1 ? "val" : "train"));
  auto begun = row().make(made_context(first.path(), schema, row()));
  const SamplePlace finished[] = {begun->add(episodes[0]), begun->add(episodes[1])};
  begun->close();

  auto writer = row().make(made_context(second.path(), schema, row()));
  for (std::size_t i = 0; i < 2; ++i) {
    Episode told = episodes[i];
    for (EpisodeClip& clip : told.clips) clip.packets.packets.clear();
    told.native.clear();
    writer->adopt(told, finished[i]);
  }
  const SamplePlace next = writer->add(episodes[2]);
  const WriterReport report = writer->close();
  EXPECT_EQ(next.file, "lerobot/data/chunk-000/file-001.parquet");
  for (const CorpusFile& file : report.files)
    EXPECT_FALSE(file.path.ends_with("file-000.parquet") &&
                 file.path.find("/data/") != std::string::npos)
        << file.path;

  // Over the first set it makes one that is whole, with the figures of a set written in one go.
  fs::copy(second.path(), first.path(),
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  Findings findings;
  row().verify(first / "lerobot", {.deep = true, .threads = 2}, findings);
  EXPECT_EQ(codes(findings), "");
  auto all = row().make(made_context(whole.path(), schema, row()));
  for (const Episode& episode : episodes) all->add(episode);
  all->close();
  EXPECT_EQ(read_text_file(first / "lerobot/meta/stats.json"),
            read_text_file(whole / "lerobot/meta/stats.json"));
  EXPECT_EQ(info_of(first.path()).dump(), info_of(whole.path()).dump());
}

TEST(LeRobotV3Writer, RefusesAPlaceThatIsNone) {
  TempFolder folder;
  const CorpusSchema schema = made_schema();
  auto writer = row().make(made_context(folder.path(), schema, row()));
  SamplePlace place{0, "lerobot/data/part.parquet", Json::object()};
  try {
    writer->adopt(made_episode(schema, 0, 5, "a", "train"), place);
    FAIL() << "the place was taken";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("part.parquet"));
  }
}

TEST(LeRobotV3Writer, ListsTheRangesOfASplitThatComesBack) {
  TempFolder folder;
  const CorpusSchema schema = made_schema();
  auto writer = row().make(made_context(folder.path(), schema, row()));
  writer->add(made_episode(schema, 0, 5, "a", "train"));
  writer->add(made_episode(schema, 1, 5, "a", "val"));
  writer->add(made_episode(schema, 2, 5, "a", "train"));
  writer->close();
  EXPECT_EQ(info_of(folder.path())["splits"].dump(), R"({"train":"0:1,2:3","val":"1:2"})");
}

TEST(LeRobotV3Writer, AdoptedAnnotationsGetTheNumbersThatTheirFilesHave) {
  TempFolder folder;
  const Json options = {{"gr00t", true}};
  write_annotated_set(folder.path(), row(), options);
  const auto numbers = [](const fs::path& set) {
    Json all = Json::array();
    for (const Json& line : table::read_parquet_rows(set / "data/chunk-000/file-000.parquet"))
      all.push_back({line["annotation.human.stage"], line["annotation.human.validity"]});
    return all;
  };
  EXPECT_EQ(numbers(folder / "lerobot").dump(),
            "[[2,1],[2,3],[0,3],[4,3],[5,3],[2,3],[4,3],[4,1]]");
  // The same files, with the metadata made anew from the episodes' texts.
  const CorpusSchema schema = annotated_schema();
  TempFolder again;
  auto first = row().make(made_context(again.path(), schema, row(), options));
  std::vector<SamplePlace> places;
  for (const Episode& episode : annotated_episodes(schema)) places.push_back(first->add(episode));
  first->close();
  fs::remove(again / "lerobot/meta/info.json");
  TempFolder kept;
  fs::rename(again / "lerobot/data", kept / "data");
  auto second = row().make(made_context(again.path(), schema, row(), options));
  fs::rename(kept / "data", again / "lerobot/data");
  const std::vector<Episode> episodes = annotated_episodes(schema);
  for (std::size_t i = 0; i < episodes.size(); ++i) second->adopt(episodes[i], places[i]);
  second->close();
  for (const char* file : {"meta/tasks.parquet", "meta/stats.json", "meta/info.json",
                           "meta/modality.json", "meta/episodes/chunk-000/file-000.parquet"})
    EXPECT_EQ(read_text_file(again / "lerobot" / file), read_text_file(folder / "lerobot" / file))
        << file;
}

}  // namespace
}  // namespace reelcell::test
