// A frame is the same picture however one comes to it.
#include "reelcell/media/decode.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "media_support.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/clip.hpp"
#include "reelcell/media/mp4.hpp"
#include "reelcell/media/quality.hpp"

namespace reelcell::media::test {
namespace {

using reelcell::test::TempFolder;

/// Every frame by itself, in an order that jumps back and forth, must be what decoding from the
/// start gives.
void expect_same_pictures_after_seeking(const fs::path& path, std::uint32_t stride) {
  SCOPED_TRACE(path.filename().string());
  Diagnostics diagnostics;
  const std::shared_ptr<const VideoSource> source = open_video_file(path, -1, diagnostics);
  const auto count = static_cast<std::uint32_t>(source->frames().frames.size());
  const auto expected = frame_hashes(source, 0, count, diagnostics);
  ASSERT_EQ(expected.size(), count);
  FrameCursor cursor(source, count / 2, diagnostics);
  DecodedFrame frame;
  for (std::uint32_t i = 0; i < count; i += stride) {
    const std::uint32_t ordinal = (i * 7 + 3) % count;
    cursor.seek(ordinal);
    ASSERT_TRUE(cursor.next(frame)) << ordinal;
    ASSERT_EQ(frame.ordinal, ordinal);
    EXPECT_EQ(stable_hash(as_text(frame.convert(PixelFormat::kYuv420p).data)), expected[ordinal])
        << ordinal;
    const auto fresh = frame_hashes(source, ordinal, 1, diagnostics);
    ASSERT_EQ(fresh.size(), 1u);
    EXPECT_EQ(fresh[0], expected[ordinal]) << ordinal;
  }
  EXPECT_FALSE(diagnostics.has_loss());
}

TEST(FrameCursor, GivesTheSamePicturesAfterSeeking) {
  expect_same_pictures_after_seeking(androidx("mp4/bbb_800x640_768kbps_30fps_avc_pyramid_3b.mp4"),
                                     23);
  expect_same_pictures_after_seeking(androidx("mkv/sample_with_multiple_key_frames.mkv"), 5);
  expect_same_pictures_after_seeking(androidx("mkv/bbb_642x642_768kbps_30fps_vp9.webm"), 11);
  expect_same_pictures_after_seeking(androidx("ts/sample_h264.ts"), 3);
  expect_same_pictures_after_seeking(androidx("ts/sample_h265.ts"), 3);
  expect_same_pictures_after_seeking(androidx("ts/sample_h264_iframes_only.ts"), 3);
  expect_same_pictures_after_seeking(androidx("mp4/iibbibb_editlist_videoonly.mp4"), 1);
  expect_same_pictures_after_seeking(torchcodec("testsrc2_h265.mp4"), 29);
  expect_same_pictures_after_seeking(torchcodec("av1_video.mkv"), 3);
}

class MadeFiles : public ::testing::Test {
 protected:
  /// The same 90 pictures, coded with reordering in ways that real recorders use.
  fs::path make(const std::string& name, const std::string& options) {
    const auto result = reelcell::test::run(
        "ffmpeg -v error -nostdin -f lavfi -i testsrc2=size=160x120:rate=30:duration=3 -threads 1 "
        "-pix_fmt yuv420p " +
        options + " '" + (folder_ / name).string() + "'");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return folder_ / name;
  }
  TempFolder folder_;
};

TEST_F(MadeFiles, OpenGopsAreEntriesButNotKeys) {
  for (const auto& path :
       {make("hevc.mp4",
             "-c:v libx265 -x265-params log-level=none:keyint=20:min-keyint=20:open-gop=1"),
        make("h264.mp4",
             "-c:v libx264 -bf 3 -x264-params keyint=20:min-keyint=20:open-gop=1:scenecut=0"),
        make("mpeg2.ts", "-c:v mpeg2video -bf 2 -g 15"),
        make("mpeg4.mp4", "-c:v mpeg4 -bf 2 -g 15")}) {
    Diagnostics diagnostics;
    const auto source = open_video_file(path, -1, diagnostics);
    std::size_t keys = 0, entries = 0;
    for (const FrameRecord& frame : source->frames().frames) {
      keys += frame.key ? 1 : 0;
      entries += frame.entry ? 1 : 0;
    }
    EXPECT_EQ(keys, 1u) << path;
    EXPECT_GE(entries, 4u) << path;
    expect_same_pictures_after_seeking(path, 4);
  }
}

TEST_F(MadeFiles, AviWithoutShownTimesKeepsThePresentationOrder) {
  make("b.mp4", "-c:v libx264 -bf 3 -g 30");
  ASSERT_EQ(reelcell::test::run("ffmpeg -v error -i " + (folder_ / "b.mp4").string() + " -c copy " +
                                (folder_ / "b.avi").string())
                .exit_code,
            0);
  Diagnostics diagnostics;
  const std::shared_ptr<const VideoSource> avi =
      open_video_file(folder_ / "b.avi", -1, diagnostics);
  const std::shared_ptr<const VideoSource> mp4 =
      open_video_file(folder_ / "b.mp4", -1, diagnostics);
  ASSERT_EQ(avi->frames().frames.size(), 90u);
  EXPECT_EQ(avi->format().average_rate, (Rational{30, 1}));
  EXPECT_EQ(frame_hashes(avi, 0, 90, diagnostics), frame_hashes(mp4, 0, 90, diagnostics));
  EXPECT_FALSE(diagnostics.has_loss());
  expect_same_pictures_after_seeking(folder_ / "b.avi", 7);
}

TEST_F(MadeFiles, FormatsOfEveryContainerDecodeWhole) {
  for (const auto& path :
       {make("a.avi", "-c:v mpeg4 -bf 2 -g 12"), make("a.mkv", "-c:v ffv1 -level 3"),
        make("b.avi", "-c:v mjpeg"), make("a.mov", "-c:v libx264 -bf 2"),
        make("a.ts", "-c:v libx264 -bf 3 -g 20"), make("v.mkv", "-c:v libvpx -g 20"),
        make("raw.avi", "-c:v rawvideo")}) {
    Diagnostics diagnostics;
    const std::shared_ptr<const VideoSource> source = open_video_file(path, -1, diagnostics);
    EXPECT_EQ(source->frames().frames.size(), 90u) << path;
    EXPECT_EQ(source->format().average_rate, (Rational{30, 1})) << path;
    expect_same_pictures_after_seeking(path, 9);
  }
}

TEST_F(MadeFiles, BroadcastRatesAreFoundInMillisecondStamps) {
  const fs::path path = make("ntsc.mkv", "-c:v ffv1 -r 30000/1001");
  Diagnostics diagnostics;
  EXPECT_EQ(open_video_file(path, -1, diagnostics)->format().average_rate, (Rational{30000, 1001}));
}

TEST(FrameCursor, GivesTheSameWithSeveralThreadsAndFromSeveralThreads) {
  Diagnostics diagnostics;
  const std::shared_ptr<const VideoSource> source =
      open_video_file(androidx("mkv/sample_with_multiple_key_frames.mkv"), -1, diagnostics);
  const auto pts = decoded_pts(source, 0, diagnostics);
  EXPECT_EQ(decoded_pts(source, 0, diagnostics, 3), pts);
  const auto hashes = frame_hashes(source, 0, pts.size(), diagnostics);
  std::vector<std::vector<std::uint64_t>> got(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < got.size(); ++i)
    threads.emplace_back([&, i] {
      got[i] = frame_hashes(source, static_cast<std::uint32_t>(i * 5), pts.size(), diagnostics);
    });
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_EQ(got[i], std::vector<std::uint64_t>(
                          hashes.begin() + static_cast<std::ptrdiff_t>(i * 5), hashes.end()));
}

TEST(ForEachFrame, GivesRepeatsAndSaysWhichCannotBeDecoded) {
  Diagnostics diagnostics;
  const std::shared_ptr<const VideoSource> source =
      open_video_file(androidx("mp4/sample_with_invalid_nalu.mp4"), -1, diagnostics);
  std::vector<int> got;
  const std::vector<std::uint32_t> asked = run_of(0, 30);
  for_each_frame(
      source, asked, [&](std::size_t, const DecodedFrame* frame) { got.push_back(frame ? 1 : 0); },
      diagnostics);
  ASSERT_EQ(got.size(), 30u);
  EXPECT_EQ(std::count(got.begin(), got.end(), 0), 1);
  const auto missing =
      static_cast<std::uint32_t>(std::find(got.begin(), got.end(), 0) - got.begin());
  EXPECT_EQ(diagnostics.count("video-undecodable-frame"), 1u);
  EXPECT_EQ(diagnostics.summary().back().first_ns, ns_of(source->frames().frames[missing].time));
  EXPECT_THROW(encode_clip(source, asked, {30, 1}, {}, diagnostics), InputError);
}

TEST(PacketSource, DecodesWhatALogCarries) {
  for (const std::string codec : {"h264", "hevc", "av1", "vp9", "mjpeg"}) {
    SCOPED_TRACE(codec);
    PictureEncoder encoder(96, 64, {30, 1}, {.codec = codec, .gop = 5});
    for (int i = 0; i < 12; ++i)
      encoder.add(
          {PixelFormat::kGray8, 96, 64, Bytes(96 * 64, static_cast<std::uint8_t>(20 * i + 10))});
    const ClipPackets clip = encoder.finish();
    // A log has no place for extradata: each key frame carries its parameter sets.
    std::vector<std::shared_ptr<const Bytes>> messages;
    for (const VideoPacket& packet : clip.packets) {
      Bytes bytes = *packet.data;
      const bool annex_b = codec == "h264" || codec == "hevc";
      if (packet.key && annex_b)
        bytes.insert(bytes.begin(), clip.format.extradata.begin(), clip.format.extradata.end());
      messages.push_back(std::make_shared<const Bytes>(std::move(bytes)));
    }
    PacketList list;
    list.format.codec = codec;
    list.description = "log /cam";
    list.table.packets = static_cast<std::uint32_t>(messages.size());
    list.table.times_from_container = false;
    for (std::uint32_t i = 0; i < messages.size(); ++i) {
      FrameRecord frame;
      frame.pts = 1'000'000'000LL + i * 33'000'000LL;
      frame.time = stream_time(frame.pts);
      frame.packet = i;
      frame.key = is_key_packet(codec, *messages[i]);
      EXPECT_EQ(frame.key, clip.packets[i].key) << i;
      list.table.frames.push_back(frame);
    }
    list.load = [messages](std::uint32_t packet) { return messages[packet]; };
    const std::shared_ptr<const VideoSource> source = make_packet_source(std::move(list));
    EXPECT_EQ(source->format().width, 96);
    EXPECT_EQ(source->format().height, 64);
    EXPECT_FALSE(source->format().pix_fmt.empty());
    Diagnostics diagnostics;
    FrameCursor cursor(source, 7, diagnostics);
    DecodedFrame frame;
    for (std::uint32_t i = 7; i < 12; ++i) {
      ASSERT_TRUE(cursor.next(frame));
      EXPECT_EQ(frame.ordinal, i);
      const Picture luma = frame.convert(PixelFormat::kGray8);
      EXPECT_NEAR(luma.data[96 * 32 + 48], 20 * static_cast<int>(i) + 10, 6);
    }
    EXPECT_FALSE(cursor.next(frame));
    EXPECT_TRUE(diagnostics.empty());
    // And its packets make an MP4.
    const auto rows = run_of(5, 5);
    ASSERT_EQ(plan_clip(*source, rows).reason, "");
    const TempFolder folder;
    write_bytes(folder / "log.mp4", mp4_bytes(copy_clip(*source, rows, {30, 1})));
    EXPECT_EQ(ffprobe_values(folder / "log.mp4", 0, "frame=pts"),
              (std::vector<std::int64_t>{0, 512, 1024, 1536, 2048}));
  }
}

TEST(PacketSource, DecodesPngAndRawFrames) {
  Picture picture{PixelFormat::kRgb24, 8, 6, Bytes(8 * 6 * 3)};
  for (std::size_t i = 0; i < picture.data.size(); ++i)
    picture.data[i] = static_cast<std::uint8_t>(i);
  const auto png = std::make_shared<const Bytes>(encode_png(picture));
  const auto raw = std::make_shared<const Bytes>(picture.data);
  for (const bool coded : {true, false}) {
    PacketList list;
    list.format.codec = coded ? "png" : "rawvideo";
    if (!coded) {
      list.format.width = 8;
      list.format.height = 6;
      list.format.pix_fmt = "rgb24";
    }
    list.table.packets = 1;
    FrameRecord frame;
    frame.key = is_key_packet(list.format.codec, coded ? *png : *raw);
    EXPECT_TRUE(frame.key);
    list.table.frames.push_back(frame);
    list.load = [=](std::uint32_t) { return coded ? png : raw; };
    Diagnostics diagnostics;
    FrameCursor cursor(make_packet_source(std::move(list)), 0, diagnostics);
    DecodedFrame decoded;
    ASSERT_TRUE(cursor.next(decoded));
    EXPECT_EQ(decoded.convert(PixelFormat::kRgb24).data, picture.data);
  }
}

TEST(FormatFromPacket, RefusesWhatDoesNotDecode) {
  EXPECT_THROW(format_from_packet("h264", as_bytes("not a frame at all")), InputError);
  EXPECT_THROW(format_from_packet("nonsense", as_bytes("x")), InputError);
  EXPECT_FALSE(is_key_packet("h264", as_bytes("not a frame at all")));
  EXPECT_FALSE(is_key_packet("av1", {}));
}

}  // namespace
}  // namespace reelcell::media::test
