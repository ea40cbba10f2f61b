#include "reelcell/media/activity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "reelcell/base/error.hpp"

namespace reelcell::media {
namespace {

constexpr int kWidth = 160;       ///< of the reduced picture
constexpr int kRegionWidth = 24;  ///< at least, of a region in it

struct Window {
  int left = 0, top = 0, right = 0, bottom = 0;
};

/// The region in px of a picture that was reduced from `full` px wide.
Window reduced(const PictureRegion& region, const Picture& picture, int full_width,
               int full_height) {
  if (region.width <= 0 || region.height <= 0) return {0, 0, picture.width, picture.height};
  const auto scale = [](int px, int from, int to) {
    return static_cast<int>(static_cast<std::int64_t>(px) * to / std::max(from, 1));
  };
  Window w;
  w.left = std::clamp(scale(region.x, full_width, picture.width), 0, picture.width - 1);
  w.top = std::clamp(scale(region.y, full_height, picture.height), 0, picture.height - 1);
  w.right = std::clamp(scale(region.x + region.width, full_width, picture.width), w.left + 1,
                       picture.width);
  w.bottom = std::clamp(scale(region.y + region.height, full_height, picture.height), w.top + 1,
                        picture.height);
  return w;
}

/// Of a part of the picture that is not there nothing is known, and its border shows something
/// else.
void check_inside(const PictureRegion& region, int width, int height) {
  const bool inside = region.x >= 0 && region.y >= 0 && region.x <= width - region.width &&
                      region.y <= height - region.height;
  if (region.width <= 0 || region.height <= 0 || inside) return;
  throw InputError(fmt::format(
      "region [{}, {}, {}, {}] lies {} the picture, which is {} x {} px", region.x, region.y,
      region.width, region.height,
      region.x >= width || region.y >= height ? "outside" : "partly outside", width, height));
}

double mean_of(const Picture& picture, const Window& w) {
  std::uint64_t sum = 0;
  for (int y = w.top; y < w.bottom; ++y) {
    const std::uint8_t* row = picture.data.data() + static_cast<std::ptrdiff_t>(y) * picture.width;
    std::uint32_t part = 0;
    for (int x = w.left; x < w.right; ++x) part += row[x];
    sum += part;
  }
  return static_cast<double>(sum) / (static_cast<double>(w.right - w.left) * (w.bottom - w.top));
}

/// mean |now - gain * before|, in 1/256 grey levels: a lamp that flickers changes every pixel by
/// one factor, and that is no motion.
double change(const Picture& now, const Picture& before, const Window& w, double gain) {
  const auto factor = static_cast<std::int32_t>(std::lround(std::clamp(gain, 0.25, 4.0) * 256));
  std::uint64_t sum = 0;
  for (int y = w.top; y < w.bottom; ++y) {
    const auto at = static_cast<std::ptrdiff_t>(y) * now.width;
    const std::uint8_t *a = now.data.data() + at, *b = before.data.data() + at;
    std::uint32_t part = 0;
    for (int x = w.left; x < w.right; ++x)
      part += static_cast<std::uint32_t>(std::abs(a[x] * 256 - b[x] * factor));
    sum += part;
  }
  return static_cast<double>(sum) /
         (256.0 * static_cast<double>(w.right - w.left) * (w.bottom - w.top));
}

}  // namespace

void measure_activity(std::shared_ptr<const VideoSource> source, std::span<const FrameRange> ranges,
                      const PictureRegion& region,
                      const std::function<void(const FrameActivity&)>& take,
                      Diagnostics& diagnostics, DecodeOptions options) {
  if (ranges.empty()) return;
  int width = kWidth;
  if (region.width > 0 && region.height > 0)
    width = std::max<int>(width, static_cast<int>(static_cast<std::int64_t>(kRegionWidth) *
                                                  source->format().width / region.width));
  FrameCursor cursor(source, ranges[0].first, diagnostics, options);
  DecodedFrame frame;
  std::optional<Picture> before;
  std::uint32_t before_ordinal = 0;
  double before_mean = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (i > 0) cursor.seek(ranges[i].first);
    while (cursor.next(frame) && frame.ordinal < ranges[i].last) {
      check_inside(region, frame.width(), frame.height());
      Picture now = frame.luma(width);
      const Window w = reduced(region, now, frame.width(), frame.height());
      const double mean = mean_of(now, w);
      FrameActivity out{frame.ordinal, static_cast<float>(mean),
                        std::numeric_limits<float>::quiet_NaN()};
      const bool follows =
          before && before_ordinal + 1 == frame.ordinal && before->data.size() == now.data.size();
      if (follows)
        out.motion =
            static_cast<float>(change(now, *before, w, before_mean > 1 ? mean / before_mean : 1.0));
      take(out);
      before_ordinal = frame.ordinal;
      before_mean = mean;
      before = std::move(now);
      if (frame.ordinal + 1 >= ranges[i].last) break;
    }
  }
}

}  // namespace reelcell::media
