#include "internal/pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "internal/codes.hpp"

namespace reelcell::writers::lerobot {

namespace {
/// Of a mean: what lossy coding and another conversion to RGB change. A set of ours was measured
/// on the source's own pictures too.
constexpr double kCoding = 0.02, kCodingOfOurs = 0.005;
/// Of an extreme: single pixels that coding smooths away.
constexpr double kExtreme = 0.25;
/// Standard errors of a mean over a sample of frames.
constexpr double kErrors = 4;

double value_of(const StoredFigures& stored, const char* name, std::size_t channel) {
  const auto found = stored.find(name);
  return found == stored.end() || found->second.size() != 3 ? std::nan("") : found->second[channel];
}
}  // namespace

void PictureTruth::add(std::span<const std::uint8_t> rgb24) {
  std::array<std::uint64_t, 3> sums{};
  std::array<std::uint8_t, 3> low{255, 255, 255}, high{};
  for (std::size_t i = 0; i + 2 < rgb24.size(); i += 3)
    for (std::size_t c = 0; c < 3; ++c) {
      const std::uint8_t value = rgb24[i + c];
      sums[c] += value;
      low[c] = std::min(low[c], value);
      high[c] = std::max(high[c], value);
    }
  const double pixels = static_cast<double>(rgb24.size() / 3);
  if (pixels < 1) return;
  for (std::size_t c = 0; c < 3; ++c) {
    const double mean = static_cast<double>(sums[c]) / pixels / 255;
    channels[c].min = std::min(channels[c].min, low[c] / 255.0);
    channels[c].max = std::max(channels[c].max, high[c] / 255.0);
    channels[c].sum += mean;
    channels[c].sum_squares += mean * mean;
  }
  ++looked_at;
}

void PictureTruth::merge(const PictureTruth& other) {
  for (std::size_t c = 0; c < 3; ++c) {
    channels[c].min = std::min(channels[c].min, other.channels[c].min);
    channels[c].max = std::max(channels[c].max, other.channels[c].max);
    channels[c].sum += other.channels[c].sum;
    channels[c].sum_squares += other.channels[c].sum_squares;
  }
  looked_at += other.looked_at;
  frames += other.frames;
}

void compare_pictures(const StoredFigures& stored, const PictureTruth& truth, bool ours,
                      const StatsPlace& place, Grouped& found) {
  if (truth.looked_at == 0) return;
  const auto differs = [&](std::size_t c, const char* stat, double value, double expected,
                           double reach) {
    found.error(
        code::kStatsPictures, place.path, place.where,
        fmt::format("{} channel {}: {} is {:g}, {} of {} frames decoded give {:g} (up to "
                    "{:.2g} away is taken for sampling and coding): recompute the "
                    "statistics from the pictures",
                    place.feature, c, stat, value, truth.looked_at, truth.frames, expected, reach));
  };
  const auto count = stored.find("count");
  const double sampled =
      count == stored.end() || count->second.empty() ? 1 : std::max(1.0, count->second.front());
  const double looked_at = static_cast<double>(truth.looked_at);
  const bool all = truth.looked_at == truth.frames;
  const bool exact = ours && all && sampled >= static_cast<double>(truth.frames);
  for (std::size_t c = 0; c < 3; ++c) {
    const PictureTruth::Channel& channel = truth.channels[c];
    const double mean = channel.sum / looked_at;
    const double spread = std::sqrt(std::max(0.0, channel.sum_squares / looked_at - mean * mean));
    const double theirs = exact ? 0 : spread / std::sqrt(sampled);
    const double own = all ? 0 : spread / std::sqrt(looked_at);
    const double reach = (exact ? kCodingOfOurs : kCoding) + kErrors * std::hypot(theirs, own);
    if (const double value = value_of(stored, "mean", c); std::abs(value - mean) > reach)
      differs(c, "mean", value, mean, reach);
    if (const double value = value_of(stored, "min", c); all && value < channel.min - kExtreme)
      differs(c, "min", value, channel.min, kExtreme);
    if (const double value = value_of(stored, "max", c); all && value > channel.max + kExtreme)
      differs(c, "max", value, channel.max, kExtreme);
  }
}

}  // namespace reelcell::writers::lerobot
