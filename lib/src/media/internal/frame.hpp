// DecodedFrame's inside.
#pragma once

#include "internal/av.hpp"
#include "reelcell/media/picture.hpp"

namespace reelcell::media {

struct DecodedFrame::Impl {
  FrameHandle frame = new_frame();
};

}  // namespace reelcell::media
