// Pixel conversion with libswscale; contexts are kept per thread since making one costs as much as
// using it.
#pragma once

#include "internal/av.hpp"

namespace reelcell::media {

/// Converts `in` into `out` (format, width, height and buffers set). Area average when shrinking.
/// Colour matrix and range come from the frames; unspecified means BT.601 limited, as other readers
/// of such files assume. Bit-exact.
void scale_frame(const AVFrame& in, AVFrame& out);
/// 8-bit 4:2:0 to tightly packed RGB24 of the same size, with the bytes that scale_frame() gives,
/// far faster. False: not for this frame or processor.
bool convert_directly(const AVFrame& in, std::uint8_t* rgb);

/// RGB is; YUV and gray when the frame or its format (yuvj*) says so.
bool is_full_range(const AVFrame& frame);

}  // namespace reelcell::media
