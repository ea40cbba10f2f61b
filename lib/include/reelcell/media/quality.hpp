// One-pass figures of a frame on reduced luma: brightness, blur, difference.
#pragma once

#include "reelcell/media/picture.hpp"
#include "reelcell/model/signals.hpp"

namespace reelcell::media {

/// `previous` may be null. Pictures are kGray8 of equal size (DecodedFrame::luma).
FrameFigures frame_figures(const Picture& luma, const Picture* previous);

}  // namespace reelcell::media
