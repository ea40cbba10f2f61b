// A stretch of a shared video file as a stream of its own.
#pragma once

#include <memory>

#include "dataset.hpp"

namespace reelcell::readers::lerobot {

/// Frames of `video` in [from_s, to_s), with times from the episode's start. pts and packet
/// ordinals stay those of the file, so that lineage and packet copies point at what is there. Loss
/// that the file's scan counted within the window goes to `diagnostics`, as does a number of frames
/// other than `expected` (-1 = any).
std::shared_ptr<VideoSource> make_window(std::shared_ptr<SharedVideo> video, VideoSpan span,
                                         Rational rate, std::int64_t expected, std::string where,
                                         Diagnostics& diagnostics);

}  // namespace reelcell::readers::lerobot
