// Pictures reduced by whole factors, exactly rounded.
#pragma once

#include <cstddef>

#include "reelcell/media/picture.hpp"

namespace reelcell::media {

/// Rounded mean of k x k blocks of 8-bit samples (k >= 1); blocks at the right and lower edge are
/// smaller. `stride` in bytes.
Picture block_means(const std::uint8_t* data, std::ptrdiff_t stride, int width, int height, int k);

}  // namespace reelcell::media
