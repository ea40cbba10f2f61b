// A camera whose pictures are kept in the table, one coded picture a row (features of dtype
// "image").
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "frames.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell::readers::lerobot {

/// Whether the file keeps pictures of this feature.
bool has_pictures(const FramesPlan& plan, const std::string& feature);
/// Of the episode's first picture; throws InputError.
VideoFormat picture_format(const FramesPlan& plan, const std::string& feature);
/// Packets are the rows of the episode, each with its row's time; a row whose picture is missing or
/// of another codec than the first one is left out and counted. Throws InputError when there is
/// none.
std::shared_ptr<VideoSource> open_pictures(const FramesPlan& plan, const std::string& feature,
                                           Diagnostics& diagnostics);

}  // namespace reelcell::readers::lerobot
