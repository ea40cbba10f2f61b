// How rows are encoded where their packets cannot be copied.
#pragma once

#include "reelcell/media/clip.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// In the camera's form, or without one as the recipe says; depth is kept where the recipe names
/// neither codec nor pixel format.
media::EncodeOptions encode_options(const Recipe& recipe, const CameraForm* form,
                                    const VideoFormat& source);

}  // namespace reelcell::pipeline
