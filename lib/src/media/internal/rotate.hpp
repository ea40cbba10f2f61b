// Turning pictures by quarters.
#pragma once

#include "internal/av.hpp"

namespace reelcell::media {

/// `rotation` = 90, 180 or 270 degrees clockwise. Planar YUV and gray of any depth; throws
/// PlanError for chroma that is subsampled in one direction only and for packed formats.
FrameHandle rotate_frame(const AVFrame& in, int rotation);

}  // namespace reelcell::media
