// Everything of an episode that needs packets or pixels.
#pragma once

#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// Fills packets, video_stats and stills of the episode's clips. Each camera's frames are decoded
/// at most once: an encode, the statistics and the stills share the pass; a copied clip without
/// statistics decodes nothing. An evidence frame that no row shows is decoded on its own.
void run_pixel_pass(const BuildPlan& plan, const OpenSession& session, Episode& episode,
                    Diagnostics& pixels);

}  // namespace reelcell::pipeline
