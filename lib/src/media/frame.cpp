#include <algorithm>
#include <cstring>

#include "internal/block_mean.hpp"
#include "internal/frame.hpp"
#include "internal/scale.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

struct Plane {
  int width, height, bytes;  ///< bytes per pixel
};

std::vector<Plane> planes_of(PixelFormat format, int width, int height) {
  switch (format) {
    case PixelFormat::kGray8:
      return {{width, height, 1}};
    case PixelFormat::kRgb24:
      return {{width, height, 3}};
    case PixelFormat::kYuv420p: {
      const Plane chroma{(width + 1) / 2, (height + 1) / 2, 1};
      return {{width, height, 1}, chroma, chroma};
    }
  }
  return {};
}

AVPixelFormat av_format(PixelFormat format) {
  switch (format) {
    case PixelFormat::kGray8:
      return AV_PIX_FMT_GRAY8;
    case PixelFormat::kRgb24:
      return AV_PIX_FMT_RGB24;
    case PixelFormat::kYuv420p:
      return AV_PIX_FMT_YUV420P;
  }
  return AV_PIX_FMT_NONE;
}

/// Rows of an AVFrame's planes, packed tightly.
Picture packed(const AVFrame& frame, PixelFormat format) {
  Picture out{format, frame.width, frame.height, {}};
  std::size_t total = 0;
  const auto planes = planes_of(format, frame.width, frame.height);
  for (const Plane& p : planes) total += static_cast<std::size_t>(p.width) * p.bytes * p.height;
  out.data.resize(total);
  std::uint8_t* to = out.data.data();
  for (std::size_t i = 0; i < planes.size(); ++i) {
    const auto row = static_cast<std::size_t>(planes[i].width) * planes[i].bytes;
    for (int y = 0; y < planes[i].height; ++y, to += row)
      std::memcpy(to, frame.data[i] + static_cast<std::ptrdiff_t>(y) * frame.linesize[i], row);
  }
  return out;
}

/// Has the frame a plane of 8-bit luma that can be read as it is?
bool has_plain_luma(const AVFrame& frame) {
  const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  if (d == nullptr || (d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL |
                                   AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_HWACCEL)) != 0)
    return false;
  return d->comp[0].depth == 8 && d->comp[0].step == 1 && d->comp[0].plane == 0 &&
         d->comp[0].offset == 0;
}

}  // namespace

FrameHandle frame_of(const Picture& picture) {
  const auto planes = planes_of(picture.format, picture.width, picture.height);
  std::size_t total = 0;
  for (const Plane& p : planes) total += static_cast<std::size_t>(p.width) * p.bytes * p.height;
  if (picture.width <= 0 || picture.height <= 0 || picture.data.size() != total)
    throw PlanError("a picture of " + std::to_string(picture.width) + " x " +
                    std::to_string(picture.height) + " holds " +
                    std::to_string(picture.data.size()) + " bytes; expected " +
                    std::to_string(total));
  FrameHandle frame = new_frame();
  frame->format = av_format(picture.format);
  frame->width = picture.width;
  frame->height = picture.height;
  frame->color_range =
      picture.format == PixelFormat::kYuv420p ? AVCOL_RANGE_MPEG : AVCOL_RANGE_JPEG;
  if (av_frame_get_buffer(frame.get(), 0) < 0) throw std::bad_alloc();
  const std::uint8_t* from = picture.data.data();
  for (std::size_t i = 0; i < planes.size(); ++i) {
    const auto row = static_cast<std::size_t>(planes[i].width) * planes[i].bytes;
    for (int y = 0; y < planes[i].height; ++y, from += row)
      std::memcpy(frame->data[i] + static_cast<std::ptrdiff_t>(y) * frame->linesize[i], from, row);
  }
  return frame;
}

DecodedFrame::DecodedFrame() : impl(std::make_unique<Impl>()) {}
DecodedFrame::~DecodedFrame() = default;
DecodedFrame::DecodedFrame(DecodedFrame&&) noexcept = default;
DecodedFrame& DecodedFrame::operator=(DecodedFrame&&) noexcept = default;

int DecodedFrame::width() const { return impl->frame->width; }
int DecodedFrame::height() const { return impl->frame->height; }

std::string DecodedFrame::pix_fmt() const {
  const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(impl->frame->format));
  return name ? name : "";
}

namespace {

Picture converted(const AVFrame& in, PixelFormat format, int width, int height,
                  AVColorRange range) {
  if (in.format == av_format(format) && width == in.width && height == in.height)
    return packed(in, format);
  if (format == PixelFormat::kRgb24 && width == in.width && height == in.height &&
      range == AVCOL_RANGE_JPEG) {
    Picture direct{format, width, height, {}};
    direct.data.resize(static_cast<std::size_t>(width) * height * 3);
    if (convert_directly(in, direct.data.data())) return direct;
  }
  const FrameHandle out = new_frame();
  out->format = av_format(format);
  out->width = width;
  out->height = height;
  out->color_range = range;
  out->colorspace = in.colorspace;
  if (av_frame_get_buffer(out.get(), 0) < 0) throw std::bad_alloc();
  scale_frame(in, *out);
  return packed(*out, format);
}

}  // namespace

Picture DecodedFrame::convert(PixelFormat format, int width, int height) const {
  const AVFrame& in = *impl->frame;
  return converted(in, format, width > 0 ? width : in.width, height > 0 ? height : in.height,
                   format == PixelFormat::kYuv420p ? in.color_range : AVCOL_RANGE_JPEG);
}

Picture DecodedFrame::luma(int max_width) const {
  const AVFrame& in = *impl->frame;
  const int k = max_width > 0 ? std::max(1, (in.width + max_width - 1) / max_width) : 1;
  if (has_plain_luma(in)) return block_means(in.data[0], in.linesize[0], in.width, in.height, k);
  // Deeper samples keep their range, as 8-bit ones do.
  const Picture gray = converted(in, PixelFormat::kGray8, in.width, in.height,
                                 is_full_range(in) ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG);
  return k == 1 ? gray : block_means(gray.data.data(), gray.width, gray.width, gray.height, k);
}

}  // namespace reelcell::media
