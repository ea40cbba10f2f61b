// Everything of an episode that needs packets or pixels.
#pragma once

#include <map>
#include <string>

#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// What of a clip's packets was copied; the rest is encoded.
struct CopiedPart {
  std::uint32_t frames = 0;
  std::uint64_t bytes = 0;
};
using CopiedParts = std::map<std::string, CopiedPart>;  ///< by feature
inline CopiedPart part_of(const CopiedParts& parts, const EpisodeClip& clip) {
  const auto found = parts.find(clip.feature);
  return found == parts.end() ? CopiedPart{} : found->second;
}

/// Fills packets, video_stats and stills of the episode's clips. Each camera's frames are decoded
/// at most once: an encode, the statistics and the stills share the pass; a copied clip without
/// statistics decodes nothing. An evidence frame that no row shows is decoded on its own.
CopiedParts run_pixel_pass(const BuildPlan& plan, const OpenSession& session, Episode& episode,
                           Diagnostics& pixels);

}  // namespace reelcell::pipeline
