// Pictures whose samples go deeper than 8 bits and measure something: a depth in millimetres, a
// temperature. Their values are kept, never shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "reelcell/media/clip.hpp"
#include "reelcell/media/picture.hpp"

namespace reelcell::media {

/// Bits of a sample; 0 for a format that libav does not know.
int bits_of(const std::string& pix_fmt);
/// One number of more than 8 bits a pixel?
bool is_depth(const std::string& pix_fmt);
/// Options that keep the samples of such pictures as they are (FFV1); others come back unchanged.
EncodeOptions keeping_depth(const std::string& pix_fmt, EncodeOptions options);

/// A frame of depth as a PNG of 16 bits a sample, the same bytes on every run. Formats of fewer
/// bits (gray10) are scaled to 16, as FFmpeg does.
Bytes depth_png(const DecodedFrame& frame);

/// What the header of a PNG or JPEG says of its picture.
struct PictureShape {
  std::uint32_t width = 0, height = 0;
  int bits = 8;  ///< of a sample
};
/// Nothing for other formats.
std::optional<PictureShape> stated_shape(ByteView bytes);

}  // namespace reelcell::media
