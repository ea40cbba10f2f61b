#include "verify_support.hpp"

namespace reelcell::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

}  // namespace
}  // namespace reelcell::test
