// DecodedFrame's inside.
#pragma once

#include "internal/av.hpp"
#include "reelcell/media/picture.hpp"

namespace reelcell::media {

struct DecodedFrame::Impl {
  FrameHandle frame = new_frame();
};

/// A copy as libav's frame. Throws PlanError when the data does not fill the picture.
FrameHandle frame_of(const Picture& picture);

}  // namespace reelcell::media
