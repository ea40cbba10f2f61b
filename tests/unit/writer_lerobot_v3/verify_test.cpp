#include "verify_support.hpp"

namespace reelcell::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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
