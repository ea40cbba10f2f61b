// JPEG and PNG through their own libraries: OpenCV's reader of image files brings a hundred shared
// libraries with it, which every start of the program would have to load.
#pragma once

#include "reelcell/media/picture.hpp"

namespace reelcell::media {

/// `picture` is kRgb24 or kGray8 and whole. Throw OutputError.
Bytes write_jpeg(const Picture& picture, int quality);
Bytes write_png(const Picture& picture, int level);
/// Gray; `samples` are rows of 2 bytes a pixel, the lower one first.
Bytes write_png16(int width, int height, ByteView samples, int level);

/// As kRgb24; alpha is left out, 16-bit samples keep their upper byte. Throw InputError, also when
/// the image breaks off.
Picture read_jpeg(ByteView bytes);
Picture read_png(ByteView bytes);

}  // namespace reelcell::media
