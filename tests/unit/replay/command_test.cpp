// The command itself on a real recording, read back with ffprobe.
#include <gmock/gmock.h>

#include <fstream>
#include <string>

#include "reelcell/base/file.hpp"
#include "reelcell/base/json.hpp"
#include "support/support.hpp"

namespace reelcell::test {
namespace {

using ::testing::HasSubstr;

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }
std::string replay(const fs::path& session) {
  return quoted(binary_path()) + " replay " + quoted(session) + " ";
}

/// A camera of 30 frames at 10 Hz, a signal at 100 Hz over 4 s and three verdicts.
void write_session(const TempFolder& folder) {
  const auto video =
      run("ffmpeg -v error -f lavfi -i testsrc=size=160x120:rate=10:duration=3 -c:v "
          "libx264 -pix_fmt yuv420p -bf 0 " +
          quoted(folder / "front.mp4"));
  ASSERT_EQ(video.exit_code, 0) << video.err;
  std::ofstream force(folder / "force.csv");
  force << "t,fz\n";
  for (int i = 0; i < 400; ++i) force << i * 10 << "," << (i % 50) << "\n";
  std::ofstream verdicts(folder / "verdicts.csv");
  verdicts << "t,result\n500,OK\n1500,NG\n2500,undecided\n";
  std::ofstream session(folder / "session.json");
  session << R"({"version": 1, "id": "made", "streams": [
    {"name": "front", "kind": "video", "path": "front.mp4"},
    {"name": "force", "kind": "series", "path": "force.csv",
     "options": {"time_column": "t", "time_unit": "ms"}},
    {"name": "verdicts", "kind": "events", "path": "verdicts.csv", "role": "verdicts",
     "options": {"time_column": "t", "time_unit": "ms", "kind": "verdict"}}]})";
}

Json probe(const fs::path& video) {
  const auto result = run("ffprobe -v error -count_frames -show_streams -of json " + quoted(video));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return Json::parse(result.out).at("streams").at(0);
}

TEST(ReplayCommand, WritesTheFramesTheSizeAndTheLengthItSays) {
  const TempFolder folder;
  write_session(folder);
  const auto result = run(replay(folder.path()) +
                          "--start 500ms --end 2500ms --fps 20 --height 120 "
                          "--json --render " +
                          quoted(folder / "out.mp4"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  const Json written = Json::parse(result.out);
  EXPECT_EQ(written.at("frames"), 40);
  const Json stream = probe(folder / "out.mp4");
  EXPECT_EQ(stream.at("nb_read_frames"), "40");
  EXPECT_EQ(stream.at("avg_frame_rate"), "20/1");
  EXPECT_DOUBLE_EQ(std::stod(stream.at("duration").get<std::string>()), 2.0);
  EXPECT_EQ(stream.at("width"), written.at("width"));
  EXPECT_EQ(stream.at("height"), written.at("height"));
}

TEST(ReplayCommand, ShowsNoFrameFurtherAwayThanTheTolerance) {
  const TempFolder folder;
  write_session(folder);
  const auto result = run(replay(folder.path()) +
                          "--end 1s --fps 100 --tolerance 20ms --height 64 --json --render " +
                          quoted(folder / "out.mp4"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json camera = Json::parse(result.out).at("cameras").at(0);
  // Of each 100 ms the 20 ms on either side of a frame, both ends included; the first frame has no
  // left side and the range ends before the eleventh frame's left side is done.
  EXPECT_EQ(camera.at("shown").get<int>(), 3 + 9 * 5 + 2);
  EXPECT_EQ(camera.at("missing").get<int>(), 50);
  EXPECT_LE(camera.at("largest_difference_ms").get<double>(), 20.0);
}

TEST(ReplayCommand, DrawsASheetTileForEachSegment) {
  const TempFolder folder;
  write_session(folder);
  std::ofstream(folder / "recipe.json") << R"({"version": 1, "name": "w", "grid": {"rate_hz": 10},
             "segments": [{"kind": "window", "length": "1s"}],
             "outputs": [{"format": "webdataset", "folder": "w"}]})";
  const auto result = run(replay(folder.path()) + "--recipe " + quoted(folder / "recipe.json") +
                          " --json --sheet " + quoted(folder / "sheet.png"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json written = Json::parse(result.out);
  EXPECT_GE(written.at("tiles").get<int>(), 2);
  EXPECT_EQ(written.at("tiles"), written.at("segments"));
  const Json picture = probe(folder / "sheet.png");
  EXPECT_EQ(picture.at("codec_name"), "png");
  EXPECT_EQ(picture.at("width"), written.at("width"));
  EXPECT_EQ(picture.at("height"), written.at("height"));
}

TEST(ReplayCommand, GivesTheSameBytesOnEveryRun) {
  const TempFolder folder;
  write_session(folder);
  for (const char* name : {"a.mp4", "b.mp4"}) {
    const auto result =
        run(replay(folder.path()) + "--end 1s --height 64 --render " + quoted(folder / name));
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  EXPECT_EQ(read_binary_file(folder / "a.mp4"), read_binary_file(folder / "b.mp4"));
}

TEST(ReplayCommand, AsksForExactlyOneOutput) {
  const TempFolder folder;
  write_session(folder);
  EXPECT_EQ(run(replay(folder.path())).exit_code, 2);
  EXPECT_EQ(run(replay(folder.path()) + "--render a.mp4 --sheet a.png").exit_code, 2);
}

TEST(ReplayCommand, AsksWhichSessionOfADataSetIsMeant) {
  const auto result = run(replay(data_path("lerobot")) + "--sheet /nonexistent/sheet.png");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("--session"));
}

}  // namespace
}  // namespace reelcell::test
