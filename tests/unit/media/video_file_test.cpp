// Frames of real recordings against what other programs find in them.
#include "reelcell/media/video_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <set>

#include "media_support.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::media::test {
namespace {

using reelcell::test::TempFolder;
using ::testing::HasSubstr;

std::string seconds_text(std::int64_t pts, Rational time_base) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6f",
                static_cast<double>(pts) * static_cast<double>(time_base.num) /
                    static_cast<double>(time_base.den));
  return text;
}

TEST(VideoFile, FindsTheFrameTimesThatTorchcodecLists) {
  for (const int track : {0, 3}) {
    Diagnostics diagnostics;
    const auto source = open_video_file(torchcodec("nasa_13013.mp4"), track, diagnostics);
    const Json expected = read_json_file(
        torchcodec("nasa_13013.mp4.stream" + std::to_string(track) + ".all_frames_info.json"));
    const FrameTable& table = source->frames();
    ASSERT_EQ(table.frames.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(seconds_text(table.frames[i].pts, table.time_base),
                expected[i]["pts_time"].get<std::string>())
          << i;
    EXPECT_TRUE(diagnostics.empty());
  }
}

/// Frames that are in the file and cannot be decoded by anyone: the pictures are encrypted, cut or
/// broken.
const std::map<std::string, std::size_t> kUndecodable = {
    {"sample_fragmented_sgpd_v2.mp4", 850},
    {"sample_fragmented_variable_length_sgpd.mp4", 850},
    {"sample_fragmented_uuid.mp4", 30},
    {"sample_with_invalid_nalu.mp4", 1}};
const std::set<std::string> kWithoutVideo = {"sample_audio_only.mp4", "sample_missing_stsd.mp4"};

/// Table, decoder and ffprobe must agree on every frame of every recording of a folder.
void expect_ffprobes_frames(const std::string& folder) {
  std::size_t files = 0;
  for (const fs::path& path : videos_under(folder)) {
    const std::string name = path.filename().string();
    SCOPED_TRACE(name);
    ++files;
    Diagnostics diagnostics;
    std::shared_ptr<const VideoSource> source;
    try {
      source = open_video_file(path, -1, diagnostics);
    } catch (const InputError& error) {
      EXPECT_TRUE(ffprobe_text(path, "-select_streams v -show_entries stream=codec_name").empty())
          << error.what();
      continue;
    }
    const FrameTable& table = source->frames();
    if (!has_decoder(source->format().codec)) {  // VVC: no decoder, but its packets are all there
      EXPECT_EQ(table.packets, ffprobe_values(path, 0, "packet=pts").size());
      continue;
    }
    const std::string describe = source->describe();
    const int track = std::stoi(describe.substr(describe.rfind(' ') + 1));
    const auto decoded = decoded_pts(source, 0, diagnostics);
    const auto known = kUndecodable.find(name);
    const std::size_t lost = known == kUndecodable.end() ? 0 : known->second;
    EXPECT_EQ(decoded.size() + lost, table.frames.size());
    EXPECT_EQ(diagnostics.count("video-undecodable-frame"), lost);
    if (lost > 1) continue;
    const auto shown = ffprobe_values(path, track, "frame=pts");
    if (lost == 0) {
      EXPECT_EQ(table_pts(table), shown);
    }
    EXPECT_EQ(decoded, shown);
  }
  EXPECT_GT(files, 0u);
}

TEST(EveryRecording, MkvAgreesWithFfprobe) {
  expect_ffprobes_frames("video/androidx_media/libraries/test_data/src/test/assets/media/mkv");
}
TEST(EveryRecording, Mp4AgreesWithFfprobe) {
  expect_ffprobes_frames("video/androidx_media/libraries/test_data/src/test/assets/media/mp4");
}
TEST(EveryRecording, TsAgreesWithFfprobe) {
  expect_ffprobes_frames("video/androidx_media/libraries/test_data/src/test/assets/media/ts");
}
TEST(EveryRecording, TorchcodecAgreesWithFfprobe) {
  expect_ffprobes_frames("video/meta-pytorch_torchcodec");
}
TEST(EveryRecording, GoproAgreesWithFfprobe) { expect_ffprobes_frames("video/gopro_gpmf-parser"); }
TEST(EveryRecording, LuxonisAgreesWithFfprobe) {
  expect_ffprobes_frames("e2e/luxonis_depthai-core");
}
TEST(EveryRecording, PlotjugglerAgreesWithFfprobe) {
  expect_ffprobes_frames("mcap/PlotJuggler_pj-mcap-server");
}
TEST(EveryRecording, GrootAgreesWithFfprobe) {
  expect_ffprobes_frames("lerobot/hmk55555_Isaac-GR00T");
}

TEST(VideoFile, FindsRatesFromTheFramesThemselves) {
  const std::map<std::string, Rational> rates = {
      {"mp4/sample.mp4", {30000, 1001}},
      {"mkv/sample.mkv", {30, 1}},  // stamps in ms: 67, 100, 134, 167
      {"mp4/bbb_800x640_768kbps_30fps_avc_pyramid_3b.mp4", {30, 1}},
      {"mp4/sample_12_5fps_720p_1s.mp4", {25, 2}},
      {"mp4/sample_fragmented_sgpd_v2.mp4", {25, 1}}};
  for (const auto& [name, rate] : rates) {
    Diagnostics diagnostics;
    EXPECT_EQ(open_video_file(androidx(name), -1, diagnostics)->format().average_rate, rate)
        << name;
  }
}

TEST(VideoFile, KeepsAFirstTimeThatIsNotZero) {
  Diagnostics diagnostics;
  const auto source = open_video_file(
      androidx("mp4/bbb_800x640_768kbps_30fps_avc_2b_firstpts_10_sec.mp4"), -1, diagnostics);
  EXPECT_GE(ns_of(source->frames().frames.front().time), 10'000'000'000);
  EXPECT_LT(ns_of(source->frames().frames.front().time), 10'200'000'000);
}

TEST(VideoFile, LeavesOutWhatAnEditListCutAway) {
  Diagnostics diagnostics;
  const auto source = open_video_file(androidx("mp4/sample_edit_list.mp4"), -1, diagnostics);
  EXPECT_EQ(source->frames().frames.size(), 77u);
  EXPECT_EQ(source->frames().packets, 86u);
  EXPECT_EQ(source->frames().frames.front().pts, 0);
}

TEST(VideoFile, ListsTracksTagsAndAudio) {
  const FileInfo info = probe_file(torchcodec("nasa_13013.mp4"));
  EXPECT_EQ(info.container, "mov,mp4,m4a,3gp,3g2,mj2");
  ASSERT_EQ(info.tracks.size(), 6u);
  EXPECT_EQ(info.tracks[3].video->codec, "h264");
  EXPECT_EQ(info.tracks[3].video->pix_fmt, "yuv420p");
  EXPECT_EQ(*info.tracks[3].frames_from_header, 390);
  EXPECT_EQ(info.tracks[1].audio->codec, "aac");
  EXPECT_FALSE(info.tags.empty());
}

TEST(VideoFile, SaysWhatIsWrongWithAFileThatCannotBeOpened) {
  const TempFolder folder;
  Diagnostics diagnostics;
  const auto message = [&](const fs::path& path, int track = -1) -> std::string {
    try {
      open_video_file(path, track, diagnostics);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message(folder / "none.mp4"), HasSubstr("none.mp4"));
  write_bytes(folder / "empty.mp4", {});
  EXPECT_THAT(message(folder / "empty.mp4"), HasSubstr("the file is empty"));
  write_bytes(folder / "text.mp4", as_bytes(std::string(5000, 'x')));
  EXPECT_THAT(message(folder / "text.mp4"), HasSubstr("not a video container"));
  EXPECT_THAT(message(androidx("mp4/sample_audio_only.mp4")), HasSubstr("no video track"));
  EXPECT_THAT(message(torchcodec("nasa_13013.mp4"), 1),
              HasSubstr("track 1 is not a video track; video tracks are"));
  // libav's usual layout ends with the index: cut, nothing tells where the pictures are.
  const Bytes whole = read_binary_file(torchcodec("testsrc2_hdr.mp4"));
  const std::size_t moov = as_text(whole).find("moov");
  ASSERT_GT(moov, whole.size() / 2);
  write_bytes(folder / "cut.mp4", ByteView(whole).first(moov - 4));
  EXPECT_THAT(message(folder / "cut.mp4"), HasSubstr("no index: the 'moov' box"));
  write_bytes(folder / "cut.mp4", ByteView(whole).first(moov + 100));
  EXPECT_THAT(message(folder / "cut.mp4"), HasSubstr("breaks off: the file is cut at"));
  EXPECT_THAT(message(folder / "cut.mp4"), HasSubstr("behind the pictures"));
  write_bytes(folder / "cut.mp4", ByteView(whole).first(20));
  EXPECT_THAT(message(folder / "cut.mp4"), HasSubstr("ends after 20 bytes, without pictures"));
  // An index in front that is cut: there are no pictures to save.
  const Bytes fast = read_binary_file(torchcodec("testsrc2.mp4"));
  write_bytes(folder / "cut.mp4", ByteView(fast).first(as_text(fast).find("moov") + 100));
  EXPECT_THAT(message(folder / "cut.mp4"), HasSubstr("before its first picture"));
}

TEST(VideoFile, DoesNotTakeACutMatroskaHeaderForABrokenDisk) {
  const TempFolder folder;
  const Bytes whole = read_binary_file(androidx("mkv/sample.mkv"));
  for (const std::size_t bytes : {20, 60, 120}) {
    write_bytes(folder / "cut.mkv", ByteView(whole).first(bytes));
    Diagnostics diagnostics;
    try {
      open_video_file(folder / "cut.mkv", -1, diagnostics);
      FAIL() << bytes << " bytes were opened";
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("before it says what tracks it holds")) << bytes;
    }
  }
}

TEST(VideoFile, TellsHowMuchOfACutFileIsLostAndWhen) {
  const TempFolder folder;
  const fs::path whole_path = torchcodec("testsrc2.mp4");
  const Bytes whole = read_binary_file(whole_path);
  Diagnostics clean;
  const auto reference = open_video_file(whole_path, -1, clean);
  const auto all = table_pts(reference->frames());
  ASSERT_LT(as_text(whole).find("moov"), as_text(whole).find("mdat"));
  write_bytes(folder / "cut.mp4", ByteView(whole).first(whole.size() * 6 / 10));
  Diagnostics diagnostics;
  const std::shared_ptr<const VideoSource> source =
      open_video_file(folder / "cut.mp4", -1, diagnostics);
  const FrameTable& table = source->frames();
  EXPECT_FALSE(table.complete);
  const std::uint64_t lost = diagnostics.count("video-truncated");
  EXPECT_GT(lost, 10u);
  EXPECT_EQ(table.frames.size() + lost, all.size());
  const auto summary = diagnostics.summary();
  ASSERT_EQ(summary.size(), 1u);
  EXPECT_GT(*summary[0].first_ns, 0);
  EXPECT_EQ(*summary[0].last_ns, ns_of(reference->frames().frames.back().time));
  const auto decoded = decoded_pts(source, 0, diagnostics);
  EXPECT_GE(decoded.size() + 4, table.frames.size());
}

TEST(VideoFile, LeavesOutWhatARestartedClockRecordedAgain) {
  const TempFolder folder;
  const Bytes whole = read_binary_file(androidx("ts/sample_h264_iframes_only.ts"));
  Bytes twice = whole;
  twice.insert(twice.end(), whole.begin(), whole.end());
  write_bytes(folder / "once.ts", whole);
  write_bytes(folder / "twice.ts", twice);
  Diagnostics diagnostics, clean;
  const std::shared_ptr<const VideoSource> once = open_video_file(folder / "once.ts", -1, clean);
  const std::shared_ptr<const VideoSource> source =
      open_video_file(folder / "twice.ts", -1, diagnostics);
  const auto first = table_pts(once->frames()), both = table_pts(source->frames());
  EXPECT_FALSE(clean.has_loss());
  EXPECT_GT(diagnostics.count("video-time-backwards"), 0u);
  EXPECT_GE(both.size(), first.size());
  std::uint64_t lost = 0;
  for (const Diagnostic& entry : diagnostics.summary())
    if (entry.severity == Severity::kLoss) lost += entry.count;
  EXPECT_EQ(both.size() + lost, source->frames().packets);
  EXPECT_TRUE(std::is_sorted(both.begin(), both.end()));
  EXPECT_FALSE(source->frames().complete);
}

/// Whatever is left of a file, reading it ends, throws nothing but InputError, and never gives a
/// wrong frame.
void expect_no_harm(const fs::path& path, const std::vector<std::int64_t>& all, std::size_t steps) {
  const TempFolder folder;
  const Bytes whole = read_binary_file(path);
  for (std::size_t i = 1; i < steps; ++i) {
    const fs::path cut = folder / ("cut" + path.extension().string());
    write_bytes(cut, ByteView(whole).first(whole.size() * i / steps));
    SCOPED_TRACE(path.filename().string() + " cut to " + std::to_string(fs::file_size(cut)));
    Diagnostics diagnostics;
    try {
      const std::shared_ptr<const VideoSource> source = open_video_file(cut, -1, diagnostics);
      const auto pts = decoded_pts(source, 0, diagnostics);
      EXPECT_LE(pts.size(), all.size());
      EXPECT_TRUE(std::is_sorted(pts.begin(), pts.end()));
      const std::set<std::int64_t> real(all.begin(), all.end());
      std::size_t unknown = 0;
      for (const std::int64_t value : pts) unknown += real.count(value) == 0 ? 1 : 0;
      EXPECT_LE(unknown, 1u);
      if (pts.size() + 2 < all.size() && path.extension() == ".mp4") {
        EXPECT_TRUE(diagnostics.has_loss());
      }
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr(cut.filename().string()));
    }
  }
}

TEST(CutFiles, GiveWhatIsLeftAndNeverAWrongFrame) {
  for (const char* name :
       {"mp4/sample.mp4", "mp4/sample_fragmented.mp4", "mp4/h265_bframes.mp4", "mkv/sample.mkv",
        "mkv/sample_av1.mkv", "ts/sample_h264.ts", "ts/sample_h265.ts", "mp4/sample_av1.mp4"}) {
    Diagnostics diagnostics;
    const auto source = open_video_file(androidx(name), -1, diagnostics);
    expect_no_harm(androidx(name), table_pts(source->frames()), 23);
  }
}

TEST(DamagedFiles, NeverCrashAndCountWhatCannotBeDecoded) {
  const TempFolder folder;
  for (const char* name :
       {"mp4/sample.mp4", "mkv/sample.mkv", "ts/sample_h264.ts", "mp4/h265_bframes.mp4"}) {
    const Bytes whole = read_binary_file(androidx(name));
    std::uint32_t seed = 7;
    for (int round = 0; round < 24; ++round) {
      Bytes bytes = whole;
      for (int hit = 0; hit < 20; ++hit) {
        seed = seed * 1664525u + 1013904223u;
        bytes[seed % bytes.size()] ^= static_cast<std::uint8_t>(1u << (seed >> 29));
      }
      const fs::path path = folder / fs::path(name).filename().string();
      write_bytes(path, bytes);
      Diagnostics diagnostics;
      try {
        const std::shared_ptr<const VideoSource> source = open_video_file(path, -1, diagnostics);
        const auto decoded = decoded_pts(source, 0, diagnostics);
        EXPECT_EQ(decoded.size() + diagnostics.count("video-undecodable-frame"),
                  source->frames().frames.size());
      } catch (const InputError& error) {
        EXPECT_THAT(error.what(), HasSubstr(path.filename().string()));
      }
    }
  }
}

}  // namespace
}  // namespace reelcell::media::test
