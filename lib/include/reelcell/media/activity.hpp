// What a camera tells of time: how much moves from frame to frame, and how bright it is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell::media {

/// Part of the coded picture in px; width or height 0: all of it.
struct PictureRegion {
  int x = 0, y = 0, width = 0, height = 0;
};

struct FrameActivity {
  std::uint32_t ordinal = 0;
  float brightness = 0;  ///< mean luma of the region, 0..255
  float motion = 0;  ///< mean absolute luma change since the frame before, after a change of the
                     ///< light as a whole is taken out; NaN where that frame was not decoded
};

/// Frames [first, last) in presentation order.
struct FrameRange {
  std::uint32_t first = 0, last = 0;
};

/// One pass over the ranges (increasing), on reduced luma; memory is two small pictures. InputError
/// when the region is not all within the picture.
void measure_activity(std::shared_ptr<const VideoSource> source, std::span<const FrameRange> ranges,
                      const PictureRegion& region,
                      const std::function<void(const FrameActivity&)>& take,
                      Diagnostics& diagnostics, DecodeOptions options = {});

}  // namespace reelcell::media
