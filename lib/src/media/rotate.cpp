#include "internal/rotate.hpp"

#include <cstring>

#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

template <class Sample>
void rotate_plane(const std::uint8_t* from, int from_stride, std::uint8_t* to, int to_stride,
                  int width, int height, int rotation) {
  for (int y = 0; y < height; ++y) {
    const auto* in =
        reinterpret_cast<const Sample*>(from + static_cast<std::ptrdiff_t>(y) * from_stride);
    for (int x = 0; x < width; ++x) {
      int row = height - 1 - y, column = width - 1 - x;  // 180
      if (rotation == 90) row = x, column = height - 1 - y;
      if (rotation == 270) row = width - 1 - x, column = y;
      reinterpret_cast<Sample*>(to + static_cast<std::ptrdiff_t>(row) * to_stride)[column] = in[x];
    }
  }
}

}  // namespace

FrameHandle rotate_frame(const AVFrame& in, int rotation) {
  const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(in.format));
  const bool planar =
      d != nullptr && (d->nb_components == 1 || (d->flags & AV_PIX_FMT_FLAG_PLANAR) != 0);
  const int planes = planar ? av_pix_fmt_count_planes(static_cast<AVPixelFormat>(in.format)) : 0;
  const bool turned = rotation != 180;
  if (!planar || planes != d->nb_components || (turned && d->log2_chroma_w != d->log2_chroma_h))
    throw PlanError(std::string("pictures of format ") + (d ? d->name : "unknown") +
                    " cannot be turned; choose pix_fmt yuv420p or yuv444p");
  FrameHandle out = new_frame();
  if (av_frame_copy_props(out.get(), &in) < 0) throw std::bad_alloc();
  out->format = in.format;
  out->width = turned ? in.height : in.width;
  out->height = turned ? in.width : in.height;
  if (turned && in.sample_aspect_ratio.num > 0)
    out->sample_aspect_ratio = {in.sample_aspect_ratio.den, in.sample_aspect_ratio.num};
  if (av_frame_get_buffer(out.get(), 0) < 0) throw std::bad_alloc();
  for (int i = 0; i < planes; ++i) {
    const bool chroma = i == 1 || i == 2;
    const int width = chroma ? AV_CEIL_RSHIFT(in.width, d->log2_chroma_w) : in.width;
    const int height = chroma ? AV_CEIL_RSHIFT(in.height, d->log2_chroma_h) : in.height;
    if (d->comp[i].depth > 8)
      rotate_plane<std::uint16_t>(in.data[i], in.linesize[i], out->data[i], out->linesize[i], width,
                                  height, rotation);
    else
      rotate_plane<std::uint8_t>(in.data[i], in.linesize[i], out->data[i], out->linesize[i], width,
                                 height, rotation);
  }
  return out;
}

}  // namespace reelcell::media
