// What an encoder makes of what it is given, known before any work is done.
#pragma once

#include "reelcell/media/clip.hpp"

namespace reelcell::media {

struct ClipSize {
  int width = 0, height = 0;
};
/// Of clips encoded so from pictures of this size. Subsampled chroma needs even sizes, so of odd
/// ones the last row or column is cut.
ClipSize coded_size(const EncodeOptions& options, ClipSize source);

/// Encodes one picture. Throws PlanError with the encoder's reason where it refuses.
void try_encoder(const EncodeOptions& options, ClipSize size);

}  // namespace reelcell::media
