// A clip in memory, opened and decoded at its borders.
#pragma once

#include "reelcell/base/file.hpp"

namespace reelcell::webdataset {

/// Number of frames. Throws InputError when the clip cannot be opened, is damaged, or when its
/// first or last frame cannot be decoded.
std::uint64_t check_video(ByteView bytes);

}  // namespace reelcell::webdataset
