#include "internal/yuv_rgb.hpp"

#include <gtest/gtest.h>

#include <random>

#include "internal/scale.hpp"

namespace reelcell::media::test {
namespace {

struct Shape {
  int width, height;
  AVPixelFormat format;
  AVColorSpace space;
};

FrameHandle frame_with(const Shape& shape, AVPixelFormat format) {
  FrameHandle frame = new_frame();
  frame->format = format;
  frame->width = shape.width;
  frame->height = shape.height;
  frame->colorspace = shape.space;
  if (av_frame_get_buffer(frame.get(), 0) < 0) throw std::bad_alloc();
  return frame;
}

/// Edges, flat parts and noise.
FrameHandle picture(const Shape& shape, unsigned seed) {
  FrameHandle frame = frame_with(shape, shape.format);
  std::mt19937 random(seed);
  for (int plane = 0; plane < 3; ++plane) {
    const int width = plane ? (shape.width + 1) / 2 : shape.width,
              height = plane ? (shape.height + 1) / 2 : shape.height;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        const int flat = (x / 8 + y / 8 + plane) % 3 * 127;
        const bool noise = (x / 16 + y / 16) % 2 == 0;
        frame->data[plane][y * frame->linesize[plane] + x] =
            static_cast<std::uint8_t>(noise ? random() & 255 : static_cast<unsigned>(flat));
      }
  }
  return frame;
}

Bytes by_libswscale(const AVFrame& in, const Shape& shape) {
  const FrameHandle out = frame_with(shape, AV_PIX_FMT_RGB24);
  out->color_range = AVCOL_RANGE_JPEG;
  scale_frame(in, *out);
  Bytes bytes;
  for (int y = 0; y < shape.height; ++y) {
    const std::uint8_t* row = out->data[0] + static_cast<std::ptrdiff_t>(y) * out->linesize[0];
    bytes.insert(bytes.end(), row, row + static_cast<std::ptrdiff_t>(shape.width) * 3);
  }
  return bytes;
}

TEST(DirectRgb, HasTheBytesOfLibswscaleForEverySizeRangeAndMatrix) {
  if (!__builtin_cpu_supports("avx2")) GTEST_SKIP() << "this processor has no AVX2";
  for (const auto& [width, height] :
       {std::pair{16, 16}, {18, 20}, {64, 48}, {322, 180}, {640, 480}, {1280, 722}})
    for (const AVPixelFormat format : {AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P})
      for (const AVColorSpace space :
           {AVCOL_SPC_UNSPECIFIED, AVCOL_SPC_BT709, AVCOL_SPC_BT2020_NCL}) {
        const Shape shape{width, height, format, space};
        const FrameHandle in = picture(shape, static_cast<unsigned>(width));
        Bytes found(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
        const std::string what = std::to_string(width) + " x " + std::to_string(height) +
                                 (format == AV_PIX_FMT_YUV420P ? " limited" : " full");
        ASSERT_TRUE(convert_directly(*in, found.data())) << what << " is not converted directly";
        EXPECT_TRUE(found == by_libswscale(*in, shape)) << what;
      }
}

TEST(DirectRgb, LeavesWhatItCannotDoToLibswscale) {
  Bytes room(std::size_t{64} * 64 * 3);
  const auto taken = [&](const Shape& shape) {
    return convert_directly(*frame_with(shape, shape.format), room.data());
  };
  EXPECT_FALSE(taken({63, 48, AV_PIX_FMT_YUV420P, AVCOL_SPC_UNSPECIFIED}));
  EXPECT_FALSE(taken({64, 47, AV_PIX_FMT_YUV420P, AVCOL_SPC_UNSPECIFIED}));
  EXPECT_FALSE(taken({8, 8, AV_PIX_FMT_YUV420P, AVCOL_SPC_UNSPECIFIED}));
  EXPECT_FALSE(taken({64, 48, AV_PIX_FMT_YUV444P, AVCOL_SPC_UNSPECIFIED}));
}

}  // namespace
}  // namespace reelcell::media::test
