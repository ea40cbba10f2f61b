#include "internal/scale.hpp"

extern "C" {
#include <libswscale/swscale.h>
}

#include <array>
#include <new>

#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

struct Key {
  int in_width, in_height, in_format, in_space;
  int out_width, out_height, out_format, out_space;
  bool in_full, out_full;
  friend bool operator==(const Key&, const Key&) = default;
};

struct FreeScaler {
  void operator()(SwsContext* p) const { sws_freeContext(p); }
};

struct Slot {
  Key key{};
  std::unique_ptr<SwsContext, FreeScaler> context;
};

bool is_yuv(int format) {
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(format));
  return description != nullptr && (description->flags & AV_PIX_FMT_FLAG_RGB) == 0;
}

int matrix_of(const AVFrame& frame) {
  return frame.colorspace == AVCOL_SPC_UNSPECIFIED || frame.colorspace == AVCOL_SPC_RGB
             ? SWS_CS_DEFAULT
             : static_cast<int>(frame.colorspace);
}

SwsContext* make_context(const Key& key) {
  const bool shrinks = key.out_width < key.in_width || key.out_height < key.in_height;
  const int flags = (shrinks ? SWS_AREA : SWS_BICUBIC) | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT |
                    SWS_FULL_CHR_H_INP | SWS_BITEXACT;
  SwsContext* context = sws_getContext(
      key.in_width, key.in_height, static_cast<AVPixelFormat>(key.in_format), key.out_width,
      key.out_height, static_cast<AVPixelFormat>(key.out_format), flags, nullptr, nullptr, nullptr);
  if (context == nullptr) {
    const char* from = av_get_pix_fmt_name(static_cast<AVPixelFormat>(key.in_format));
    throw InputError("pixel format " + std::string(from ? from : "unknown") + " of " +
                     std::to_string(key.in_width) + " x " + std::to_string(key.in_height) +
                     " cannot be converted");
  }
  sws_setColorspaceDetails(context, sws_getCoefficients(key.in_space), key.in_full,
                           sws_getCoefficients(key.out_space), key.out_full, 0, 1 << 16, 1 << 16);
  return context;
}

SwsContext* context_for(const Key& key) {
  thread_local std::array<Slot, 4> slots;
  thread_local std::size_t next = 0;
  for (Slot& slot : slots)
    if (slot.context && slot.key == key) return slot.context.get();
  Slot& slot = slots[next++ % slots.size()];
  slot.context.reset(make_context(key));
  slot.key = key;
  return slot.context.get();
}

}  // namespace

bool is_full_range(const AVFrame& frame) {
  const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame.format));
  const bool old_style = name != nullptr && std::string_view(name).starts_with("yuvj");
  return !is_yuv(frame.format) || old_style || frame.color_range == AVCOL_RANGE_JPEG;
}

void scale_frame(const AVFrame& in, AVFrame& out) {
  const bool makes_yuv = is_yuv(out.format) && !is_yuv(in.format);
  const Key key{
      in.width,          in.height,         in.format,  matrix_of(in),
      out.width,         out.height,        out.format, makes_yuv ? matrix_of(out) : matrix_of(in),
      is_full_range(in), is_full_range(out)};
  SwsContext* const context = context_for(key);
  if (sws_scale(context, in.data, in.linesize, 0, in.height, out.data, out.linesize) != out.height)
    throw InputError("a frame of " + std::to_string(in.width) + " x " + std::to_string(in.height) +
                     " could not be converted");
}

}  // namespace reelcell::media
