#include "internal/scale.hpp"

extern "C" {
#include <libswscale/swscale.h>
}

#include <array>
#include <mutex>
#include <new>
#include <vector>

#include "internal/yuv_rgb.hpp"
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

bool is_direct(const Key& key) {
  return (key.in_format == AV_PIX_FMT_YUV420P || key.in_format == AV_PIX_FMT_YUVJ420P) &&
         key.out_format == AV_PIX_FMT_RGB24 && key.in_width == key.out_width &&
         key.in_height == key.out_height && key.out_full;
}

std::unique_ptr<YuvToRgb> make_direct(const Key& key) {
  return YuvToRgb::make(key.in_width, key.in_height, sws_getCoefficients(key.in_space),
                        key.in_full);
}

/// Noise with many extremes, so that every rounding and every clip happens.
FrameHandle test_picture(const Key& key) {
  FrameHandle frame = new_frame();
  frame->format = key.in_format;
  frame->width = key.in_width;
  frame->height = key.in_height;
  if (av_frame_get_buffer(frame.get(), 0) < 0) throw std::bad_alloc();
  std::uint32_t state = 1;
  for (int plane = 0; plane < 3; ++plane)
    for (int y = 0; y < (plane ? key.in_height / 2 : key.in_height); ++y)
      for (int x = 0; x < (plane ? key.in_width / 2 : key.in_width); ++x) {
        state = state * 1664525 + 1013904223;
        const std::uint32_t kind = (state >> 16) & 7;
        frame->data[plane][y * frame->linesize[plane] + x] =
            static_cast<std::uint8_t>(kind == 0   ? 0
                                      : kind == 1 ? 255
                                                  : state >> 24);
      }
  return frame;
}

/// The bytes are libswscale's, whatever its version, or the direct way is not taken.
bool gives_the_same(const Key& key) {
  const auto direct = make_direct(key);
  if (!direct) return false;
  const FrameHandle in = test_picture(key), out = new_frame();
  out->format = key.out_format;
  out->width = key.out_width;
  out->height = key.out_height;
  if (av_frame_get_buffer(out.get(), 0) < 0) throw std::bad_alloc();
  const std::unique_ptr<SwsContext, FreeScaler> context(make_context(key));
  if (sws_scale(context.get(), in->data, in->linesize, 0, in->height, out->data, out->linesize) !=
      out->height)
    return false;
  const auto row = static_cast<std::size_t>(key.out_width) * 3;
  Bytes found(row * static_cast<std::size_t>(key.out_height));
  direct->convert(in->data, in->linesize, found.data(), static_cast<std::ptrdiff_t>(row));
  for (int y = 0; y < key.out_height; ++y)
    if (!std::equal(found.begin() + static_cast<std::ptrdiff_t>(row) * y,
                    found.begin() + static_cast<std::ptrdiff_t>(row) * (y + 1),
                    out->data[0] + static_cast<std::ptrdiff_t>(y) * out->linesize[0]))
      return false;
  return true;
}

/// Proven once a size, range and matrix.
bool is_proven(const Key& key) {
  static std::mutex mutex;
  static std::vector<std::pair<Key, bool>> known;
  const std::lock_guard lock(mutex);
  for (const auto& [other, same] : known)
    if (other == key) return same;
  const bool same = gives_the_same(key);
  known.emplace_back(key, same);
  return same;
}

YuvToRgb* direct_for(const Key& key) {
  struct DirectSlot {
    Key key{};
    std::unique_ptr<YuvToRgb> converter;
  };
  thread_local std::array<DirectSlot, 4> slots;
  thread_local std::size_t next = 0;
  for (DirectSlot& slot : slots)
    if (slot.key == key) return slot.converter.get();
  DirectSlot& slot = slots[next++ % slots.size()];
  slot.converter = is_proven(key) ? make_direct(key) : nullptr;
  slot.key = key;
  return slot.converter.get();
}

}  // namespace

bool convert_directly(const AVFrame& in, std::uint8_t* rgb) {
  const Key key{in.width,  in.height,        in.format,     matrix_of(in),     in.width,
                in.height, AV_PIX_FMT_RGB24, matrix_of(in), is_full_range(in), true};
  if (!is_direct(key)) return false;
  YuvToRgb* const converter = direct_for(key);
  if (converter == nullptr) return false;
  converter->convert(in.data, in.linesize, rgb, static_cast<std::ptrdiff_t>(in.width) * 3);
  return true;
}

bool is_full_range(const AVFrame& frame) {
  const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame.format));
  const bool old_style = name != nullptr && std::string_view(name).starts_with("yuvj");
  // Gray without a word is 0 to all ones: sensors give it so, and readers take it so.
  const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  const bool gray =
      d != nullptr && d->nb_components <= 2 && frame.color_range == AVCOL_RANGE_UNSPECIFIED;
  return !is_yuv(frame.format) || old_style || gray || frame.color_range == AVCOL_RANGE_JPEG;
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
