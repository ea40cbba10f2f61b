// Clips joined of copied and encoded packets: the smallest re-encode, on one track, exact at every
// row.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "media_support.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/clip.hpp"
#include "reelcell/media/mp4.hpp"

namespace reelcell::media::test {
namespace {

const std::string kAndroidx = "video/androidx_media/libraries/test_data/src/test/assets/media/";

double mean_difference(const Picture& a, const Picture& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.data.size(); ++i)
    sum += std::abs(static_cast<int>(a.data[i]) - static_cast<int>(b.data[i]));
  return sum / static_cast<double>(a.data.size());
}

struct CutCase {
  const char* name;
  std::string path;
  std::uint32_t first = 0;  ///< frame of the first row, within a GOP
  std::uint32_t rows = 0;
};

class Cut : public ::testing::TestWithParam<CutCase> {
 protected:
  void SetUp() override {
    source_ = open_video_file(data_path(GetParam().path), -1, diagnostics_);
    rows_ = run_of(GetParam().first, GetParam().rows);
  }
  std::vector<Picture> pictures(const std::shared_ptr<const VideoSource>& source,
                                std::span<const std::uint32_t> frames) {
    std::vector<Picture> out;
    for_each_frame(
        source, frames,
        [&](std::size_t, const DecodedFrame* frame) {
          out.push_back(frame->convert(PixelFormat::kYuv420p));
        },
        diagnostics_);
    return out;
  }
  Diagnostics diagnostics_;
  std::shared_ptr<const VideoSource> source_;
  std::vector<std::uint32_t> rows_;
};

TEST_P(Cut, EncodesOnlyWhatCannotBeCopiedAndStandsBesideCopiedAndEncodedClips) {
  rows_.push_back(rows_.back());  // a lost frame is held: nothing but this row needs an encoder
  const auto pieces = plan_pieces(*source_, rows_);
  std::uint32_t next = 0, to_copy = 0;
  for (const ClipPiece& piece : pieces) {
    EXPECT_EQ(piece.begin, next);
    EXPECT_EQ(piece.copy, piece.reason.empty());
    if (piece.copy) to_copy += piece.end - piece.begin;
    next = piece.end;
  }
  ASSERT_EQ(next, rows_.size());
  ASSERT_GT(to_copy, rows_.size() / 2);
  std::vector<std::size_t> seen;
  const auto cut = [&] {
    return cut_clip(source_, rows_, pieces, {30, 1}, {}, diagnostics_,
                    [&](std::size_t row, const DecodedFrame& frame) {
                      EXPECT_EQ(frame.ordinal, rows_[row]);
                      seen.push_back(row);
                    });
  };
  const CutClip clip = cut();
  EXPECT_EQ(clip.copied_frames, to_copy);
  EXPECT_EQ(seen.size(), rows_.size() - to_copy);
  EXPECT_FALSE(clip.packets.copied);
  ASSERT_EQ(clip.packets.frames, rows_.size());
  for (std::size_t i = 0; i + 1 < clip.packets.packets.size(); ++i)
    ASSERT_LT(clip.packets.packets[i].dts, clip.packets.packets[i + 1].dts);

  // The same track takes whole copies and whole encodes, before and after.
  std::vector<std::uint32_t> whole_gops = {rows_.begin() + pieces[1].begin,
                                           rows_.begin() + pieces[1].end};
  ASSERT_TRUE(pieces[1].copy);
  const ClipPackets copied = copy_clip(*source_, whole_gops, {30, 1});
  EncodeOptions same;
  same.codec = source_->format().codec;
  const std::vector<std::uint32_t> few = run_of(GetParam().first, 5);
  const ClipPackets encoded = encode_clip(source_, few, {30, 1}, same, diagnostics_);
  const reelcell::test::TempFolder folder;
  const fs::path path = folder / "track.mp4";
  Mp4Writer writer(path, copied.format, {30, 1});
  std::vector<std::uint32_t> asked;
  std::vector<bool> exact;
  const auto put = [&](const ClipPackets& packets, const std::vector<std::uint32_t>& frames,
                       const std::vector<ClipPiece>& made_of) {
    ASSERT_TRUE(writer.accepts(packets));
    writer.add(packets);
    asked.insert(asked.end(), frames.begin(), frames.end());
    for (const ClipPiece& piece : made_of)
      exact.insert(exact.end(), piece.end - piece.begin, piece.copy);
  };
  const auto gop_rows = static_cast<std::uint32_t>(whole_gops.size());
  put(copied, whole_gops, {{0, gop_rows, true, ""}});
  put(encoded, few, {{0, 5, false, ""}});
  put(clip.packets, rows_, pieces);
  put(copied, whole_gops, {{0, gop_rows, true, ""}});
  writer.close();
  EXPECT_EQ(ffprobe_text(path, "-select_streams v:0 -show_entries stream=avg_frame_rate,start_pts"),
            "30/1,0");

  const std::shared_ptr<const VideoSource> made = open_video_file(path, -1, diagnostics_);
  ASSERT_EQ(made->frames().frames.size(), asked.size());
  std::vector<std::uint32_t> all(asked.size());
  std::iota(all.begin(), all.end(), 0u);
  const auto found = pictures(made, all);
  ASSERT_EQ(found.size(), asked.size());
  std::vector<std::uint32_t> once = asked;
  std::sort(once.begin(), once.end());
  once.erase(std::unique(once.begin(), once.end()), once.end());
  const auto originals = pictures(source_, once);
  ASSERT_EQ(originals.size(), once.size());
  for (std::size_t row = 0; row < asked.size(); ++row) {
    const auto at = std::lower_bound(once.begin(), once.end(), asked[row]) - once.begin();
    const Picture& original = originals[static_cast<std::size_t>(at)];
    if (exact[row])
      ASSERT_EQ(found[row].data, original.data) << "row " << row;
    else
      ASSERT_LT(mean_difference(found[row], original), 6.0) << "row " << row;
  }
  // A reader that jumps comes with a decoder that has seen other parameter sets before.
  for (std::uint32_t row = 0; row < asked.size(); row += 7) {
    FrameCursor cursor(made, static_cast<std::uint32_t>(asked.size() - 1), diagnostics_);
    DecodedFrame frame;
    ASSERT_TRUE(cursor.next(frame));
    cursor.seek(row);
    ASSERT_TRUE(cursor.next(frame));
    ASSERT_EQ(frame.convert(PixelFormat::kYuv420p).data, found[row].data) << "row " << row;
  }
  EXPECT_TRUE(diagnostics_.empty());
  EXPECT_EQ(mp4_bytes(clip.packets), mp4_bytes(cut().packets));
}

INSTANTIATE_TEST_SUITE_P(
    Files, Cut,
    ::testing::Values(
        CutCase{"h264_with_b_frames",
                "lerobot/hmk55555_Isaac-GR00T/demo_data/robot_sim.PickNPlace/videos/chunk-000/"
                "observation.images.ego_view/episode_000000.mp4",
                240, 60},
        CutCase{"av1_of_lerobot",
                "lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/"
                "lerobot_dataset_example/videos/observation.images.wrist/chunk-000/file-000.mp4",
                1, 60},
        CutCase{"vp9", kAndroidx + "mkv/bbb_642x642_768kbps_30fps_vp9.webm", 3, 60}),
    [](const auto& a_case) { return a_case.param.name; });

TEST(Cut, EncodesAHevcClipWholeBecauseItsEncoderCannotBeToldApart) {
  Diagnostics diagnostics;
  const auto source = open_video_file(torchcodec("testsrc2_h265.mp4"), -1, diagnostics);
  ASSERT_EQ(source->format().codec, "hevc");
  const auto pieces = plan_pieces(*source, run_of(1, 20));
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_FALSE(pieces[0].copy);
  EXPECT_EQ(pieces[0].reason, "the segment starts 1 frames after a key frame");
}

TEST(Cut, RefusesAClipWhoseParameterSetsWouldBeReadForAnothers) {
  Diagnostics diagnostics;
  const auto source = open_video_file(torchcodec("nasa_13013.mp4"), 3, diagnostics);
  const auto encoded = [&](int quality) {
    EncodeOptions options;
    options.quality = quality;
    return encode_clip(source, run_of(3, 4), {30, 1}, options, diagnostics);
  };
  const ClipPackets fine = encoded(18), coarse = encoded(40);
  ASSERT_NE(fine.format.extradata, coarse.format.extradata);
  const reelcell::test::TempFolder folder;
  Mp4Writer writer(folder / "one.mp4", fine.format, {30, 1});
  writer.add(fine);
  EXPECT_TRUE(writer.accepts(fine));
  EXPECT_FALSE(writer.accepts(coarse)) << "the same set id means two things";
  EXPECT_THROW(writer.add(coarse), PlanError);
  for (const Bytes& record : {Bytes{}, Bytes{1, 100, 0, 30, 0xff, 0xe1, 0xff, 0xff, 0x67},
                              Bytes{1, 100, 0, 30, 0xff, 0xe1, 0, 1, 0x67}}) {
    ClipPackets damaged = fine;
    damaged.format.extradata = record;
    EXPECT_FALSE(writer.accepts(damaged));
  }
}

}  // namespace
}  // namespace reelcell::media::test
