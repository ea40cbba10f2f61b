#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "reelcell/base/error.hpp"
#include "reelcell/model/recording.hpp"
#include "support/support.hpp"

namespace reelcell::readers {
const ReaderRow& video_reader();

namespace {

using reelcell::test::data_path;
using reelcell::test::TempFolder;
using ::testing::HasSubstr;

const std::string kNasa = "video/meta-pytorch_torchcodec/test/resources/nasa_13013.mp4";
const std::string kLuxonis = "e2e/luxonis_depthai-core/recording.mp4";

std::unique_ptr<Recording> open(const fs::path& path, const Json& options = Json::object()) {
  Diagnostics diagnostics;
  const ReaderRow& row = video_reader();
  return row.open({path, "", OptionValues::parse(options, row.options, "test")}, diagnostics);
}

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

TEST(VideoReader, ListsVideoAndAudioTracks) {
  const auto recording = open(data_path(kNasa));
  std::vector<std::string> streams;
  for (const StreamInfo& info : recording->streams())
    streams.push_back(info.item + " " + std::string(to_string(info.kind)) + " " +
                      info.suggested_name);
  EXPECT_EQ(streams,
            (std::vector<std::string>{"0 video nasa_13013_0", "1 audio nasa_13013_audio_1",
                                      "3 video nasa_13013_3", "4 audio nasa_13013_audio_4"}));
  EXPECT_EQ(recording->streams()[2].video->width, 480);
  EXPECT_FALSE(recording->streams()[2].rate_hz) << "a header's rate is a guess; the frames tell";
}

TEST(VideoReader, SoundLiesWhereItsPacketsAreWhateverAFragmentedHeaderClaims) {
  const auto recording = open(data_path(
      "video/androidx_media/libraries/test_data/src/test/assets/media/mp4/sample_fragmented.mp4"));
  const StreamInfo& sound = recording->streams().at(1);
  ASSERT_EQ(sound.kind, StreamKind::kAudio);
  ASSERT_TRUE(sound.first && sound.last);
  EXPECT_EQ(ns_of(*sound.first), 0);
  EXPECT_NEAR(static_cast<double>(ns_of(*sound.last)), 1.068e9, 0.05e9);
}

TEST(VideoReader, OpensTheTrackThatIsAskedFor) {
  const auto recording = open(data_path(kNasa));
  Diagnostics diagnostics;
  EXPECT_EQ(recording->open_video("0", diagnostics)->format().width, 320);
  EXPECT_EQ(recording->open_video("3", diagnostics)->format().width, 480);
  EXPECT_EQ(recording->open_video("", diagnostics)->format().width, 320);
  EXPECT_THAT(message_of([&] { recording->open_video("1", diagnostics); }),
              HasSubstr("unknown video track '1'; allowed: '0' or '3'"));
  EXPECT_THAT(message_of([&] { recording->open_series("0", diagnostics); }),
              HasSubstr("holds no series"));
  EXPECT_THAT(message_of([&] { recording->open_events("0", diagnostics); }),
              HasSubstr("holds no events"));
}

TEST(VideoReader, RecognisesVideoByContent) {
  const auto score = [](const fs::path& path) {
    const InputFile file(path);
    Bytes head(std::min<std::uint64_t>(file.size(), 65536));
    head.resize(file.read_at(0, head));
    return video_reader().sniff(path, head);
  };
  for (const char* name :
       {"mp4/sample.mp4", "mkv/sample.mkv", "mkv/bbb_642x642_768kbps_30fps_vp9.webm",
        "ts/sample_h264.ts", "mp4/sample_fragmented.mp4"})
    EXPECT_GE(score(data_path("video/androidx_media/libraries/test_data/src/test/assets/media/" +
                              std::string(name))),
              50)
        << name;
  EXPECT_EQ(
      score(data_path("lerobot/YifanTian07_G1-policy-train/data/chunk-000/episode_000001.parquet")),
      0);
  EXPECT_EQ(score(data_path("lerobot/YifanTian07_G1-policy-train/meta/info.json")), 0);
  EXPECT_EQ(score(data_path("lerobot/YifanTian07_G1-policy-train/meta/episodes.jsonl")), 0);
}

class FrameTimes : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_symlink(data_path(kLuxonis), folder_ / "front.mp4"); }
  std::string stamps(std::size_t count, std::int64_t first_us, std::int64_t step_us) {
    std::string text = "seq; stamp_us\n";
    for (std::size_t i = 0; i < count; ++i)
      text += std::to_string(i) + ";" +
              std::to_string(first_us + static_cast<std::int64_t>(i) * step_us) + "\n";
    return text;
  }
  Json options() const {
    return {{"times", "front.csv"}, {"times_column", "stamp_us"}, {"times_unit", "us"}};
  }
  TempFolder folder_;
};

TEST_F(FrameTimes, ReplaceTheContainersTimesAndNothingElse) {
  write(folder_ / "front.csv", stamps(103, 1'700'000'000'000'000, 33'000));
  Diagnostics diagnostics;
  const auto plain = open(folder_ / "front.mp4")->open_video("", diagnostics);
  const auto stamped = open(folder_ / "front.mp4", options())->open_video("", diagnostics);
  ASSERT_EQ(stamped->frames().frames.size(), 103u);
  EXPECT_TRUE(plain->frames().times_from_container);
  EXPECT_FALSE(stamped->frames().times_from_container);
  for (std::size_t i = 0; i < 103; ++i) {
    const FrameRecord &a = plain->frames().frames[i], &b = stamped->frames().frames[i];
    EXPECT_EQ(a.pts, b.pts);
    EXPECT_EQ(a.key, b.key);
    EXPECT_EQ(ns_of(b.time),
              (1'700'000'000'000'000 + static_cast<std::int64_t>(i) * 33'000) * 1000);
  }
}

TEST_F(FrameTimes, AreRefusedWhenTheirCountDiffers) {
  write(folder_ / "front.csv", stamps(124, 0, 33'000));
  Diagnostics diagnostics;
  const auto recording = open(folder_ / "front.mp4", options());
  EXPECT_THAT(message_of([&] { recording->open_video("", diagnostics); }),
              ::testing::AllOf(
                  HasSubstr("front.csv: holds 124 stamps, but front.mp4 track 0 shows 103 frames"),
                  HasSubstr("21 unmatched"), HasSubstr("never stretched")));
}

TEST_F(FrameTimes, AreRefusedWhenBrokenWithTheLineThatIs) {
  Diagnostics diagnostics;
  const auto attempt = [&](const std::string& text) {
    write(folder_ / "front.csv", text);
    const auto recording = open(folder_ / "front.mp4", options());
    return message_of([&] { recording->open_video("", diagnostics); });
  };
  EXPECT_THAT(attempt("seq;stamp_us\n0;5\n1;x\n"),
              HasSubstr("front.csv: line 3: found 'x' in column 'stamp_us'"));
  EXPECT_THAT(attempt("seq;stamp_us\n0;5\n1\n"), HasSubstr("line 3: found ''"));
  EXPECT_THAT(attempt("seq;stamp_us\n0;5\n1;4\n"),
              HasSubstr("line 3: the stamp 0.000004000 s is not later"));
  EXPECT_THAT(attempt("seq;stamp_ms\n0;5\n"),
              HasSubstr("unknown column 'stamp_us'; allowed: 'seq' or 'stamp_ms'"));
  EXPECT_THAT(attempt(""), HasSubstr("unknown column"));
  fs::remove(folder_ / "front.csv");
  const auto recording = open(folder_ / "front.mp4", options());
  EXPECT_THAT(message_of([&] { recording->open_video("", diagnostics); }), HasSubstr("front.csv"));
}

TEST(VideoReader, VerifiesByReadingAndDecoding) {
  Findings good, cut;
  video_reader().verify(data_path(kLuxonis), {.deep = true}, good);
  EXPECT_EQ(good.count(FindingLevel::kError), 0u);
  std::uint64_t decoded = 0;
  for (const auto& [what, count] : good.checked())
    if (what == "frames decoded") decoded += count;
  EXPECT_EQ(decoded, 103u);
  const TempFolder folder;
  fs::copy_file(
      data_path("video/androidx_media/libraries/test_data/src/test/assets/media/mp4/sample.mp4"),
      folder / "cut.mp4");
  fs::permissions(folder / "cut.mp4", fs::perms::owner_all);
  fs::resize_file(folder / "cut.mp4", fs::file_size(folder / "cut.mp4") / 2);
  video_reader().verify(folder / "cut.mp4", {.deep = true}, cut);
  EXPECT_GE(cut.count(FindingLevel::kError), 1u);
}

}  // namespace
}  // namespace reelcell::readers
