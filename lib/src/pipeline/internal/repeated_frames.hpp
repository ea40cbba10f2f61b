// Frames of a camera that were not taken when their stamps say.
#pragma once

#include <vector>

#include "reelcell/media/activity.hpp"

namespace reelcell::pipeline {

/// Frames that show the picture before once more: they were not taken when their stamps say. A
/// movement that rests as short is not taken for one: after a repeat the picture moves on by two
/// steps at once.
std::vector<bool> repeated_frames(const std::vector<media::FrameActivity>& seen);

}  // namespace reelcell::pipeline
