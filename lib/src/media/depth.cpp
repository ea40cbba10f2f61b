#include "reelcell/media/depth.hpp"

#include <algorithm>
#include <new>

#include "internal/frame.hpp"
#include "internal/scale.hpp"
#include "internal/still.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {
constexpr int kLevel = 3;

const AVPixFmtDescriptor* description_of(const std::string& pix_fmt) {
  return av_pix_fmt_desc_get(av_get_pix_fmt(pix_fmt.c_str()));
}
}  // namespace

int bits_of(const std::string& pix_fmt) {
  const AVPixFmtDescriptor* d = description_of(pix_fmt);
  return d == nullptr ? 0 : d->comp[0].depth;
}

bool is_depth(const std::string& pix_fmt) {
  const AVPixFmtDescriptor* d = description_of(pix_fmt);
  return d != nullptr && d->nb_components == 1 && d->comp[0].depth > 8 &&
         (d->flags & AV_PIX_FMT_FLAG_FLOAT) == 0;
}

EncodeOptions keeping_depth(const std::string& pix_fmt, EncodeOptions options) {
  if (!is_depth(pix_fmt)) return options;
  std::string little = pix_fmt;
  if (little.ends_with("be")) little.replace(little.size() - 2, 2, "le");
  return can_encode("ffv1", little) ? encode_as("ffv1", little, std::move(options)) : options;
}

Bytes depth_png(const DecodedFrame& frame) {
  const AVFrame& in = *frame.impl->frame;
  const FrameHandle out = new_frame();
  out->format = AV_PIX_FMT_GRAY16LE;
  out->width = in.width;
  out->height = in.height;
  // Samples that measure something are not stretched to another range.
  out->color_range = is_full_range(in) ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  if (av_frame_get_buffer(out.get(), 0) < 0) throw std::bad_alloc();
  const AVFrame* samples = &in;
  if (in.format != AV_PIX_FMT_GRAY16LE) {
    scale_frame(in, *out);
    samples = out.get();
  }
  const auto row = static_cast<std::size_t>(in.width) * 2;
  Bytes packed(row * static_cast<std::size_t>(in.height));
  for (int y = 0; y < in.height; ++y)
    std::copy_n(samples->data[0] + static_cast<std::ptrdiff_t>(y) * samples->linesize[0], row,
                packed.data() + row * static_cast<std::size_t>(y));
  return write_png16(in.width, in.height, packed, kLevel);
}

}  // namespace reelcell::media
