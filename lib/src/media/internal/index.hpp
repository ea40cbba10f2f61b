// From packets as demuxed to the table of frames as shown.
#pragma once

#include "internal/scan.hpp"

namespace reelcell::media {

/// Fills missing pts, settles entry points and builds the table. `index.packets` is complete.
void finish_index(TrackIndex& index, const VideoFormat& format, const std::string& where,
                  Diagnostics& diagnostics);

}  // namespace reelcell::media
