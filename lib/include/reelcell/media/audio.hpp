// Sound as loudness over time.
#pragma once

#include <functional>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/base/time.hpp"

namespace reelcell::media {

/// Decodes an audio track once: `take(from, to, loudness)` for each stretch of `bin`, by the
/// track's own stamps; loudness is the RMS over all channels, 0..1. `track` = libav stream index,
/// -1 = the first audio track. Packets that cannot be decoded are counted as
/// "audio-undecodable-packet" and leave a hole. Throws InputError.
void audio_envelope(const fs::path& path, int track, Nanos bin,
                    const std::function<void(StreamTime, StreamTime, float)>& take,
                    Diagnostics& diagnostics);

}  // namespace reelcell::media
