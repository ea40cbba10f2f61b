#include "reelcell/media/quality.hpp"

#include <cmath>
#include <cstdlib>

#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

/// Variance of the 4-neighbour Laplacian over the inner pixels, from integer sums.
double laplacian_variance(const Picture& luma) {
  const int width = luma.width, height = luma.height;
  if (width < 3 || height < 3) return 0;
  std::int64_t sum = 0, squares = 0;
  for (int y = 1; y + 1 < height; ++y) {
    const std::uint8_t* row = luma.data.data() + static_cast<std::ptrdiff_t>(y) * width;
    std::int32_t row_sum = 0;
    std::int64_t row_squares = 0;
    for (int x = 1; x + 1 < width; ++x) {
      const int value = 4 * row[x] - row[x - 1] - row[x + 1] - row[x - width] - row[x + width];
      row_sum += value;
      row_squares += value * value;
    }
    sum += row_sum;
    squares += row_squares;
  }
  const auto count = static_cast<double>(width - 2) * (height - 2);
  const double mean = static_cast<double>(sum) / count;
  return static_cast<double>(squares) / count - mean * mean;
}

}  // namespace

FrameFigures frame_figures(const Picture& luma, const Picture* previous) {
  FrameFigures out;
  if (luma.format != PixelFormat::kGray8 || luma.data.empty())
    throw InputError("frame figures need a gray picture");
  std::uint64_t sum = 0, squares = 0;
  for (const std::uint8_t value : luma.data) {
    sum += value;
    squares += static_cast<std::uint32_t>(value) * value;
  }
  const auto count = static_cast<double>(luma.data.size());
  out.luma_mean = static_cast<double>(sum) / count;
  out.luma_std = std::sqrt(
      std::max(0.0, static_cast<double>(squares) / count - out.luma_mean * out.luma_mean));
  out.sharpness = laplacian_variance(luma);
  if (previous != nullptr && previous->data.size() == luma.data.size()) {
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < luma.data.size(); ++i)
      difference += static_cast<std::uint64_t>(std::abs(luma.data[i] - previous->data[i]));
    out.difference = static_cast<double>(difference) / count;
  }
  return out;
}

}  // namespace reelcell::media
