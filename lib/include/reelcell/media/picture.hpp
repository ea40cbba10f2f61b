// A decoded picture without libav in its type.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "reelcell/base/file.hpp"

namespace reelcell::media {

enum class PixelFormat { kGray8, kRgb24, kYuv420p };

/// Owned, tightly packed planes. kRgb24: one plane, 3 bytes a pixel.
struct Picture {
  PixelFormat format = PixelFormat::kRgb24;
  int width = 0, height = 0;
  Bytes data;
};

/// A frame as the decoder gave it (any pixel format, borrowed until the next one is pulled). Cheap
/// to move.
class DecodedFrame {
 public:
  struct Impl;  // holds the AVFrame
  DecodedFrame();
  ~DecodedFrame();
  DecodedFrame(DecodedFrame&&) noexcept;
  DecodedFrame& operator=(DecodedFrame&&) noexcept;
  std::uint32_t ordinal = 0;  ///< presentation order, index into the FrameTable
  std::int64_t pts = 0;       ///< as in the FrameTable
  int width() const;
  int height() const;
  std::string pix_fmt() const;
  /// Converts and scales (area average when shrinking). width/height 0 keep the size.
  Picture convert(PixelFormat format, int width = 0, int height = 0) const;
  /// Mean-preserving reduced luma, at most `max_width` wide; cheap (no swscale for 8-bit planar
  /// YUV).
  Picture luma(int max_width) const;
  std::unique_ptr<Impl> impl;
};

/// JPEG (4:2:0, quality 1..100) or PNG (level 1..9) bytes; the same bytes on every run. Needs
/// kRgb24 or kGray8.
Bytes encode_jpeg(const Picture& picture, int quality);
Bytes encode_png(const Picture& picture, int level = 3);
/// JPEG, PNG, TIFF, WebP, BMP or PPM as kRgb24; sizes are checked before decoding. Throws
/// InputError, also for an image that breaks off.
Picture decode_image(ByteView bytes);

}  // namespace reelcell::media
