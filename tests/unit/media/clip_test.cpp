// Copies and encodes, read back by ffprobe and by ourselves.
#include "reelcell/media/clip.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "media_support.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/cause.hpp"
#include "reelcell/media/mp4.hpp"

namespace reelcell::media::test {
namespace {

/// Row runs [key, next key) of a track, as a segmenter would ask for them.
std::vector<std::vector<std::uint32_t>> gops(const FrameTable& table) {
  std::vector<std::vector<std::uint32_t>> out;
  for (std::uint32_t i = 0; i < table.frames.size(); ++i) {
    if (table.frames[i].key) out.emplace_back();
    if (!out.empty()) out.back().push_back(i);
  }
  return out;
}

std::vector<std::vector<std::uint8_t>> packet_bytes(const VideoSource& source, std::uint32_t first,
                                                    std::size_t count) {
  std::vector<Bytes> out;
  const auto cursor = source.packets_from(first);
  VideoPacket packet;
  while (out.size() < count && cursor->next(packet)) out.push_back(*packet.data);
  return out;
}

/// Writes the clips to one file and demands what a LeRobot reader needs of it.
void expect_exact_file(const fs::path& path, const std::vector<ClipPackets>& clips, Rational rate) {
  Mp4Writer writer(path, clips.front().format, rate);
  std::uint32_t frames = 0;
  for (const ClipPackets& clip : clips) {
    writer.add(clip);
    frames += clip.frames;
  }
  writer.close();
  ASSERT_EQ(ffprobe_text(path, "-select_streams v:0 -show_entries stream=avg_frame_rate"),
            std::to_string(rate.num) + "/" + std::to_string(rate.den));
  EXPECT_EQ(ffprobe_text(path, "-select_streams v:0 -show_entries stream=start_pts"), "0");
  EXPECT_EQ(ffprobe_text(path, "-select_streams v:0 -show_entries stream=nb_frames"),
            std::to_string(frames));
  const std::string base = ffprobe_text(path, "-select_streams v:0 -show_entries stream=time_base");
  const std::int64_t scale = std::stoll(base.substr(2));
  ASSERT_EQ(scale * rate.den % rate.num, 0) << base;
  const std::int64_t step = scale * rate.den / rate.num;
  const auto pts = ffprobe_values(path, 0, "frame=pts");
  ASSERT_EQ(pts.size(), frames);
  for (std::size_t i = 0; i < pts.size(); ++i)
    ASSERT_EQ(pts[i], static_cast<std::int64_t>(i) * step) << "row " << i;
}

struct CopyCase {
  const char* name;
  std::string path;
};

class Copy : public ::testing::TestWithParam<CopyCase> {};

TEST_P(Copy, KeepsEveryPacketAndEveryPictureAtItsRow) {
  Diagnostics diagnostics;
  const std::shared_ptr<const VideoSource> source =
      open_video_file(data_path(GetParam().path), -1, diagnostics);
  const FrameTable& table = source->frames();
  const reelcell::test::TempFolder folder;
  std::vector<ClipPackets> clips;
  std::vector<std::uint32_t> rows;
  std::vector<Bytes> expected;
  for (const auto& gop : gops(table)) {
    if (!plan_clip(*source, gop).copy) continue;
    clips.push_back(copy_clip(*source, gop, {30, 1}));
    EXPECT_EQ(clips.back().reason, "");
    rows.insert(rows.end(), gop.begin(), gop.end());
    const auto bytes = packet_bytes(*source, table.frames[gop[0]].packet, gop.size());
    expected.insert(expected.end(), bytes.begin(), bytes.end());
    if (rows.size() > 400) break;
  }
  ASSERT_FALSE(clips.empty());
  expect_exact_file(folder / "copy.mp4", clips, {30, 1});
  const std::shared_ptr<const VideoSource> copy =
      open_video_file(folder / "copy.mp4", -1, diagnostics);
  ASSERT_EQ(copy->frames().frames.size(), rows.size());
  if (source->describe().find(".ts") == std::string::npos) {
    EXPECT_EQ(packet_bytes(*copy, 0, rows.size()), expected);
  }
  std::vector<std::uint64_t> wanted;
  Diagnostics decoding;
  for_each_frame(
      source, rows,
      [&](std::size_t, const DecodedFrame* frame) {
        wanted.push_back(frame ? stable_hash(as_text(frame->convert(PixelFormat::kYuv420p).data))
                               : 0);
      },
      decoding);
  EXPECT_EQ(frame_hashes(copy, 0, rows.size(), decoding), wanted);
  EXPECT_TRUE(decoding.empty());
  // Twice the same bytes.
  Mp4Writer again(folder / "again.mp4", clips.front().format, {30, 1});
  for (const auto& clip : clips) again.add(clip);
  again.close();
  EXPECT_EQ(read_binary_file(folder / "copy.mp4"), read_binary_file(folder / "again.mp4"));
}

const std::string kAndroidx = "video/androidx_media/libraries/test_data/src/test/assets/media/";
const std::string kTorch = "video/meta-pytorch_torchcodec/test/resources/";
INSTANTIATE_TEST_SUITE_P(
    Files, Copy,
    ::testing::Values(
        CopyCase{"h264_b_pyramid", kAndroidx + "mp4/bbb_800x640_768kbps_30fps_avc_pyramid_3b.mp4"},
        CopyCase{"h264_b_nonref",
                 kAndroidx + "mp4/bbb_800x640_768kbps_30fps_avc_non_reference_3b.mp4"},
        CopyCase{"h264_two_byte_nal_length", kAndroidx + "mp4/sample_2_byte_NAL_length.mp4"},
        CopyCase{"h264_in_mkv", kAndroidx + "mkv/sample_with_multiple_key_frames.mkv"},
        CopyCase{"h264_in_ts", kAndroidx + "ts/sample_h264.ts"},
        CopyCase{"hevc_b", kTorch + "testsrc2_h265.mp4"},
        CopyCase{"hevc_in_ts", kAndroidx + "ts/sample_h265.ts"},
        CopyCase{"vp9", kAndroidx + "mkv/bbb_642x642_768kbps_30fps_vp9.webm"},
        CopyCase{"av1_in_mkv", kTorch + "av1_video.mkv"},
        CopyCase{"lerobot_av1",
                 "lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/"
                 "lerobot_dataset_example/"
                 "videos/observation.images.wrist/chunk-000/file-000.mp4"},
        CopyCase{"groot_h264_b",
                 "lerobot/hmk55555_Isaac-GR00T/demo_data/robot_sim.PickNPlace/videos/chunk-000/"
                 "observation.images.ego_view/episode_000000.mp4"},
        CopyCase{"luxonis", "e2e/luxonis_depthai-core/recording.mp4"}),
    [](const auto& a_case) { return a_case.param.name; });

TEST(CauseOf, LeavesOutTheFiguresOfOneClip) {
  EXPECT_EQ(cause_of("the segment starts 3 frames after a key frame"),
            "the segment starts between key frames");
  EXPECT_EQ(cause_of("row 2 repeats the frame before it"), "a row repeats the frame before it");
  EXPECT_EQ(cause_of("frames are left out before row 17"), "frames are left out before a row");
  const char* open_gop = "the segment starts at an open GOP, whose frames refer to the one before";
  EXPECT_EQ(cause_of(open_gop), open_gop);
  EXPECT_EQ(cause_of("an MP4 does not carry ffv1"), "an MP4 does not carry ffv1");
  EXPECT_EQ(cause_of("pictures are stored turned by 90 degrees"),
            "pictures are stored turned by 90 degrees");
}

TEST(PlanClip, SaysWhyPacketsCannotBeCopied) {
  Diagnostics diagnostics;
  const auto source = open_video_file(androidx("mp4/bbb_800x640_768kbps_30fps_avc_pyramid_3b.mp4"),
                                      -1, diagnostics);
  const auto reason = [&](std::vector<std::uint32_t> frames) {
    return plan_clip(*source, frames).reason;
  };
  EXPECT_EQ(reason(run_of(0, static_cast<std::uint32_t>(source->frames().frames.size()))), "");
  EXPECT_EQ(reason(run_of(3, 10)), "the segment starts 3 frames after a key frame");
  EXPECT_EQ(reason({0, 1, 1, 2}), "row 2 repeats the frame before it");
  EXPECT_EQ(reason({0, 1, 3}), "frames are left out before row 2");
  EXPECT_EQ(reason({0, 1, 2}),
            "the segment ends between frames that refer to later ones (B-frames)");
  EXPECT_EQ(reason({}), "the segment has no frames");
  EXPECT_THROW(plan_clip(*source, run_of(100'000, 1)), PlanError);
  EXPECT_THROW(copy_clip(*source, run_of(3, 10), {30, 1}), PlanError);
}

TEST(PlanClip, RefusesPicturesThatAreStoredTurned) {
  Diagnostics diagnostics;
  const auto source =
      open_video_file(androidx("mp4/h265_with_metadata_track.mp4"), -1, diagnostics);
  ASSERT_NE(source->format().rotation, 0);
  EXPECT_FALSE(plan_clip(*source, run_of(0, 1)).copy);
}

class Encode : public ::testing::TestWithParam<std::string> {};

TEST_P(Encode, GivesOneFrameARowAndTheSameBytesWithAnyNumberOfThreads) {
  Diagnostics diagnostics;
  const std::shared_ptr<const VideoSource> source =
      open_video_file(torchcodec("nasa_13013.mp4"), 3, diagnostics);
  // Rows that no copy can give: repeats and gaps, not at a key frame.
  const std::vector<std::uint32_t> rows = {5,  6,  6,  8,  9,  10, 11, 14, 15, 15,
                                           15, 16, 20, 21, 22, 23, 24, 25, 26, 27};
  EncodeOptions options;
  options.codec = GetParam();
  options.gop = 4;
  options.width = 320;
  options.height = 180;
  std::vector<std::size_t> seen;
  const auto clip = encode_clip(source, rows, {30, 1}, options, diagnostics,
                                [&](std::size_t row, const DecodedFrame& frame) {
                                  EXPECT_EQ(frame.ordinal, rows[row]);
                                  seen.push_back(row);
                                });
  EXPECT_EQ(seen.size(), rows.size());
  ASSERT_EQ(clip.packets.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); i += 4) EXPECT_TRUE(clip.packets[i].key) << i;
  EXPECT_EQ(clip.reason, "row 2 repeats the frame before it");
  const reelcell::test::TempFolder folder;
  expect_exact_file(folder / "one.mp4", {clip}, {30, 1});
  options.threads = 2;
  const auto again = encode_clip(source, rows, {30, 1}, options, diagnostics);
  EXPECT_EQ(mp4_bytes(clip), mp4_bytes(again));
  EXPECT_EQ(mp4_bytes(clip), read_binary_file(folder / "one.mp4"));
  // The pictures are those asked for, in this order: each is nearest to its own source frame.
  const std::shared_ptr<const VideoSource> copy =
      open_video_file(folder / "one.mp4", -1, diagnostics);
  std::vector<Picture> originals;
  for_each_frame(
      source, rows,
      [&](std::size_t, const DecodedFrame* frame) {
        originals.push_back(frame->convert(PixelFormat::kGray8, 320, 180));
      },
      diagnostics);
  FrameCursor cursor(copy, 0, diagnostics);
  DecodedFrame frame;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    ASSERT_TRUE(cursor.next(frame));
    const Picture got = frame.convert(PixelFormat::kGray8);
    double error = 0;
    for (std::size_t i = 0; i < got.data.size(); ++i)
      error += std::abs(static_cast<double>(got.data[i]) - originals[row].data[i]);
    EXPECT_LT(error / static_cast<double>(got.data.size()), 4.0) << "row " << row;
  }
  EXPECT_FALSE(cursor.next(frame));
}

INSTANTIATE_TEST_SUITE_P(Codecs, Encode,
                         ::testing::Values("h264", "hevc", "av1", "vp9", "mjpeg", "ffv1"),
                         [](const auto& a_case) { return a_case.param; });

TEST(EncodeClip, AppliesRotation) {
  Diagnostics diagnostics;
  const std::shared_ptr<const VideoSource> source =
      open_video_file(androidx("mp4/h265_with_metadata_track.mp4"), -1, diagnostics);
  ASSERT_EQ(source->format().rotation, 90);
  const ClipPackets clip = encode_clip(source, run_of(0, 2), {30, 1}, {}, diagnostics);
  EXPECT_EQ(clip.format.width, source->format().height);
  EXPECT_EQ(clip.format.height, source->format().width);
  const reelcell::test::TempFolder folder;
  write_bytes(folder / "turned.mp4", mp4_bytes(clip));
  const std::shared_ptr<const VideoSource> turned =
      open_video_file(folder / "turned.mp4", -1, diagnostics);
  EXPECT_EQ(turned->format().rotation, 0);
  DecodedFrame before, after;
  ASSERT_TRUE(FrameCursor(source, 0, diagnostics).next(before));
  ASSERT_TRUE(FrameCursor(turned, 0, diagnostics).next(after));
  const Picture in = before.convert(PixelFormat::kRgb24), out = after.convert(PixelFormat::kRgb24);
  double error = 0;
  for (int y = 0; y < in.height; y += 8)
    for (int x = 0; x < in.width; x += 8)  // clockwise: the top row becomes the right column
      error +=
          std::abs(in.data[static_cast<std::size_t>(y * in.width + x) * 3] -
                   out.data[static_cast<std::size_t>(x * out.width + (in.height - 1 - y)) * 3]);
  EXPECT_LT(error / (in.height / 8.0 * in.width / 8.0), 6.0);
}

TEST(EncodeClip, CutsOddSizesInsteadOfResampling) {
  Diagnostics diagnostics;
  const std::shared_ptr<const VideoSource> source =
      open_video_file(torchcodec("testsrc2_odd_height_and_width_vp9.mp4"), -1, diagnostics);
  const ClipPackets clip = encode_clip(source, run_of(0, 3), {30, 1}, {}, diagnostics);
  EXPECT_EQ(clip.format.width, source->format().width - 1);
  EXPECT_EQ(clip.format.height, source->format().height - 1);
}

TEST(EncodeClip, KeepsColoursOfFullRangeAndDeepSources) {
  Diagnostics diagnostics;
  for (const char* name :
       {"bt709_full_range.mp4", "h264_10bits.mp4", "testsrc2_444_12bit_hevc.mp4"}) {
    const std::shared_ptr<const VideoSource> source =
        open_video_file(torchcodec(name), -1, diagnostics);
    const ClipPackets clip =
        encode_clip(source, run_of(0, 2), {30, 1}, {.quality = 1}, diagnostics);
    EXPECT_EQ(clip.format.pix_fmt, "yuv420p") << name;
    const reelcell::test::TempFolder folder;
    write_bytes(folder / "clip.mp4", mp4_bytes(clip));
    const std::shared_ptr<const VideoSource> copy =
        open_video_file(folder / "clip.mp4", -1, diagnostics);
    DecodedFrame before, after;
    ASSERT_TRUE(FrameCursor(source, 0, diagnostics).next(before));
    ASSERT_TRUE(FrameCursor(copy, 0, diagnostics).next(after));
    const Picture a = before.convert(PixelFormat::kRgb24, 64, 36),
                  b = after.convert(PixelFormat::kRgb24, 64, 36);
    double error = 0;
    for (std::size_t i = 0; i < a.data.size(); ++i) error += std::abs(a.data[i] - b.data[i]);
    EXPECT_LT(error / static_cast<double>(a.data.size()), 2.0) << name;
  }
}

TEST(Mp4Writer, StatesBroadcastRatesExactly) {
  PictureEncoder encoder(64, 48, {30000, 1001}, {});
  Picture picture{PixelFormat::kRgb24, 64, 48, Bytes(64 * 48 * 3, 90)};
  for (int i = 0; i < 10; ++i) encoder.add(picture);
  const ClipPackets clip = encoder.finish();
  const reelcell::test::TempFolder folder;
  expect_exact_file(folder / "ntsc.mp4", {clip, clip}, {30000, 1001});
  EXPECT_EQ(ffprobe_text(folder / "ntsc.mp4", "-select_streams v:0 -show_entries stream=time_base"),
            "1/30000");
}

TEST(Mp4Writer, PutsItsIndexFirstAndSpillsLargePayloads) {
  PictureEncoder encoder(640, 480, {30, 1}, {.codec = "ffv1"});
  Picture picture{PixelFormat::kYuv420p, 640, 480, Bytes(640 * 480 * 3 / 2)};
  std::uint32_t seed = 1;
  for (int i = 0; i < 20; ++i) {
    for (auto& value : picture.data)
      value = static_cast<std::uint8_t>((seed = seed * 1664525u + 1013904223u) >> 24);
    encoder.add(picture);
  }
  const ClipPackets clip = encoder.finish();
  const reelcell::test::TempFolder folder;
  std::vector<ClipPackets> clips(6, clip);
  ASSERT_GT(clip.bytes * 6, 40u << 20);
  expect_exact_file(folder / "large.mp4", clips, {30, 1});
  const Bytes bytes = read_binary_file(folder / "large.mp4");
  const std::string_view text = as_text(bytes);
  EXPECT_LT(text.find("moov"), text.find("mdat"));
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path())) ++files;
  EXPECT_EQ(files, 1u);
}

TEST(Mp4Writer, RefusesClipsThatCannotShareATrack) {
  const auto clip_of = [](int width, const std::string& codec) {
    PictureEncoder encoder(width, 48, {30, 1}, {.codec = codec});
    encoder.add({PixelFormat::kGray8, width, 48, Bytes(static_cast<std::size_t>(width) * 48, 90)});
    return encoder.finish();
  };
  const reelcell::test::TempFolder folder;
  const ClipPackets small = clip_of(64, "h264");
  Mp4Writer writer(folder / "mixed.mp4", small.format, {30, 1});
  writer.add(small);
  EXPECT_THROW(writer.add(clip_of(96, "h264")), PlanError);
  EXPECT_THROW(writer.add(clip_of(64, "hevc")), PlanError);
  ClipPackets other_rate = small;
  other_rate.rate = {25, 1};
  EXPECT_THROW(writer.add(other_rate), PlanError);
  ClipPackets broken = small;
  broken.packets[0].pts = 7;
  EXPECT_THROW(writer.add(broken), PlanError);
  EXPECT_EQ(writer.frames(), 1u);
}

TEST(Mp4Writer, SaysWhyAFileCannotBeWritten) {
  PictureEncoder encoder(64, 48, {30, 1}, {});
  encoder.add({PixelFormat::kGray8, 64, 48, Bytes(64 * 48, 90)});
  const ClipPackets clip = encoder.finish();
  EXPECT_THROW(Mp4Writer("/nonexistent/folder/a.mp4", clip.format, {30, 1}), OutputError);
  Mp4Writer full("/dev/full", clip.format, {30, 1});
  full.add(clip);
  try {
    full.close();
    ADD_FAILURE() << "a full disk went unnoticed";
  } catch (const OutputError& error) {
    EXPECT_NE(std::string(error.what()).find("ENOSPC"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace reelcell::media::test
