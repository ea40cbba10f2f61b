// Everything of an episode that needs packets or pixels.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "reelcell/pipeline/build.hpp"
#include "stills.hpp"

namespace reelcell::pipeline {

/// Rows whose pixels count: "all", "sampled" (about as many as LeRobot samples: n^0.75, from 100
/// up), or none.
std::vector<bool> rows_for_stats(const std::string& mode, std::size_t rows);

/// Frames by stream, as ordinals in presentation order.
using FramesOfStreams = std::map<std::string, std::set<std::uint32_t>>;

/// Fills packets, video_stats and stills of the episode's clips. Each camera's frames are decoded
/// at most once: an encode, the statistics and the stills share the pass; a copied clip without
/// statistics decodes nothing. Frames of stills that no row shows are decoded on their own.
/// `stills` are those at times: of each the nearest frame that is none of `without`. Gives back
/// frames of one clip that no decoder can give, whether they were to be copied or encoded: the
/// episode is then to be laid out without them. Else nothing.
FramesOfStreams run_pixel_pass(const BuildPlan& plan, const OpenSession& session, Episode& episode,
                               const std::vector<StillTime>& stills, const FramesOfStreams& without,
                               Diagnostics& pixels);

}  // namespace reelcell::pipeline
