#include "reelcell/media/picture.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "media_support.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/quality.hpp"

namespace reelcell::media::test {
namespace {

Picture gradient(int width, int height) {
  Picture out{PixelFormat::kRgb24, width, height, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (const int value : {x * 255 / width, y * 255 / height, 128})
        out.data.push_back(static_cast<std::uint8_t>(value));
  return out;
}

TEST(Pictures, PngKeepsEveryPixelAndJpegNearlyAll) {
  const Picture picture = gradient(64, 40);
  EXPECT_EQ(decode_image(encode_png(picture)).data, picture.data);
  EXPECT_EQ(encode_png(picture), encode_png(picture));
  EXPECT_EQ(encode_jpeg(picture, 90), encode_jpeg(picture, 90));
  const Picture jpeg = decode_image(encode_jpeg(picture, 95));
  ASSERT_EQ(jpeg.data.size(), picture.data.size());
  double error = 0;
  for (std::size_t i = 0; i < jpeg.data.size(); ++i)
    error += std::abs(jpeg.data[i] - picture.data[i]);
  EXPECT_LT(error / static_cast<double>(jpeg.data.size()), 3.0);
  EXPECT_LT(encode_jpeg(picture, 20).size(), encode_jpeg(picture, 95).size());
}

TEST(Pictures, RefusesClaimsOfHugeSizesAndDamage) {
  Bytes png = encode_png(gradient(8, 8));
  for (const std::size_t at : {16u, 20u}) png[at] = 0x7f;  // width and height beyond 2 billion
  EXPECT_THROW(decode_image(png), InputError);
  Bytes jpeg = encode_jpeg(gradient(64, 64), 90);
  EXPECT_THROW(decode_image(ByteView(jpeg).first(20)), InputError);
  EXPECT_THROW(decode_image({}), InputError);
  EXPECT_THROW(decode_image(as_bytes("hello")), InputError);
  EXPECT_THROW(encode_png({PixelFormat::kRgb24, 8, 8, Bytes(5)}), InputError);
}

TEST(Pictures, LumaIsTheMeanOfItsBlocksAndAtMostAsWideAsAsked) {
  Diagnostics diagnostics;
  const std::shared_ptr<const VideoSource> source =
      open_video_file(torchcodec("nasa_13013.mp4"), 3, diagnostics);
  DecodedFrame frame;
  ASSERT_TRUE(FrameCursor(source, 100, diagnostics).next(frame));
  const Picture small = frame.luma(160), full = frame.luma(100'000);
  EXPECT_EQ(full.width, 480);
  EXPECT_EQ(small.width, 160);
  EXPECT_EQ(small.height, 90);
  const double difference =
      frame_figures(small, nullptr).luma_mean - frame_figures(full, nullptr).luma_mean;
  EXPECT_LT(std::abs(difference), 0.2);
  // 10-bit pictures take the long way to the same figure.
  const std::shared_ptr<const VideoSource> deep =
      open_video_file(torchcodec("h264_10bits.mp4"), -1, diagnostics);
  ASSERT_TRUE(FrameCursor(deep, 0, diagnostics).next(frame));
  EXPECT_LE(frame.luma(160).width, 160);
}

TEST(Pictures, LumaOfEveryWidthIsTheRoundedMean) {
  Diagnostics diagnostics;
  const std::shared_ptr<const VideoSource> source =
      open_video_file(torchcodec("testsrc2_odd_height_and_width_vp9.mp4"), -1, diagnostics);
  DecodedFrame frame;
  ASSERT_TRUE(FrameCursor(source, 0, diagnostics).next(frame));
  const Picture full = frame.luma(100'000);
  ASSERT_GT(full.width, 2);
  for (int k = 2; k <= full.width; ++k) {
    const Picture small = frame.luma((full.width + k - 1) / k);
    const int factor = (full.width + small.width - 1) / small.width;
    ASSERT_EQ(small.height, (full.height + factor - 1) / factor);
    for (int row = 0; row < small.height; ++row)
      for (int column = 0; column < small.width; ++column) {
        unsigned sum = 0, count = 0;
        for (int y = row * factor; y < std::min(full.height, (row + 1) * factor); ++y)
          for (int x = column * factor; x < std::min(full.width, (column + 1) * factor);
               ++x, ++count)
            sum += full.data[static_cast<std::size_t>(y * full.width + x)];
        ASSERT_EQ(small.data[static_cast<std::size_t>(row * small.width + column)],
                  (sum + count / 2) / count)
            << row << ", " << column << " by " << factor;
      }
  }
}

TEST(Pictures, ConvertKeepsOddSizes) {
  Diagnostics diagnostics;
  const std::shared_ptr<const VideoSource> source =
      open_video_file(torchcodec("testsrc2_odd_height_and_width_vp9.mp4"), -1, diagnostics);
  DecodedFrame frame;
  ASSERT_TRUE(FrameCursor(source, 0, diagnostics).next(frame));
  const Picture rgb = frame.convert(PixelFormat::kRgb24);
  EXPECT_EQ(rgb.data.size(), static_cast<std::size_t>(rgb.width) * rgb.height * 3);
  EXPECT_EQ(rgb.width % 2, 1);
  const Picture small = frame.convert(PixelFormat::kRgb24, 33, 17);
  EXPECT_EQ(small.data.size(), 33u * 17 * 3);
}

TEST(Quality, FiguresAreThoseOfTheDefinition) {
  Picture flat{PixelFormat::kGray8, 16, 8, Bytes(16 * 8, 100)};
  const FrameFigures a = frame_figures(flat, nullptr);
  EXPECT_DOUBLE_EQ(a.luma_mean, 100);
  EXPECT_DOUBLE_EQ(a.luma_std, 0);
  EXPECT_DOUBLE_EQ(a.sharpness, 0);
  EXPECT_DOUBLE_EQ(a.difference, 0);
  Picture checker = flat;
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 16; ++x)
      checker.data[static_cast<std::size_t>(y * 16 + x)] = (x + y) % 2 ? 110 : 90;
  const FrameFigures b = frame_figures(checker, &flat);
  EXPECT_DOUBLE_EQ(b.luma_mean, 100);
  EXPECT_DOUBLE_EQ(b.luma_std, 10);
  EXPECT_DOUBLE_EQ(b.sharpness, 80.0 * 80.0);  // 4 * 10 - 4 * -10, alternating in sign
  EXPECT_DOUBLE_EQ(b.difference, 10);
}

}  // namespace
}  // namespace reelcell::media::test
