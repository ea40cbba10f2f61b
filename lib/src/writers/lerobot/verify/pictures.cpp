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
/// Of a deviation, likewise: coding smooths noise away.
constexpr double kSmoothing = 0.03, kSmoothingOfOurs = 0.015;
/// Of a quantile: how far values move, and the share that may lie on another side of it.
constexpr double kMoved = 0.04, kMovedOfOurs = 0.015, kShare = 0.08, kShareOfOurs = 0.02;
/// Of an extreme: single pixels that coding smooths away.
constexpr double kExtreme = 0.25;
/// Standard errors of a mean over a sample of frames.
constexpr double kErrors = 4;

double value_of(const StoredFigures& stored, const char* name, std::size_t channel) {
  const auto found = stored.find(name);
  return found == stored.end() || found->second.size() != 3 ? std::nan("") : found->second[channel];
}
}  // namespace

void PictureTruth::add(std::span<const std::uint8_t> rgb24, bool keep_pixels) {
  Histogram own{};
  for (std::size_t i = 0; i + 2 < rgb24.size(); i += 3)
    for (std::size_t c = 0; c < 3; ++c) ++own[c][rgb24[i + c]];
  const double count = static_cast<double>(rgb24.size() / 3);
  if (count < 1) return;
  for (std::size_t c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t value = 0; value < own[c].size(); ++value) {
      if (own[c][value] == 0) continue;
      const double level = static_cast<double>(value) / 255;
      channels[c].min = std::min(channels[c].min, level);
      channels[c].max = std::max(channels[c].max, level);
      sum += level * static_cast<double>(own[c][value]);
      squares += level * level * static_cast<double>(own[c][value]);
    }
    channels[c].sum += sum / count;
    channels[c].sum_squares += (sum / count) * (sum / count);
    channels[c].square_sum += squares / count;
    channels[c].square_squares += (squares / count) * (squares / count);
  }
  ++looked_at;
  if (keep_pixels) add_pixels(own);
}

void PictureTruth::add_pixels(const Histogram& other) {
  if (!pixels) pixels = std::make_unique<Histogram>();
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t value = 0; value < other[c].size(); ++value)
      (*pixels)[c][value] += other[c][value];
}

void PictureTruth::merge(const PictureTruth& other) {
  for (std::size_t c = 0; c < 3; ++c) {
    channels[c].min = std::min(channels[c].min, other.channels[c].min);
    channels[c].max = std::max(channels[c].max, other.channels[c].max);
    channels[c].sum += other.channels[c].sum;
    channels[c].sum_squares += other.channels[c].sum_squares;
    channels[c].square_sum += other.channels[c].square_sum;
    channels[c].square_squares += other.channels[c].square_squares;
  }
  looked_at += other.looked_at;
  frames += other.frames;
  if (other.pixels) add_pixels(*other.pixels);
}

namespace {
/// Standard deviation of a frame's figure over the frames.
double spread_of(double sum, double sum_squares, double frames) {
  const double mean = sum / frames;
  return std::sqrt(std::max(0.0, sum_squares / frames - mean * mean));
}

/// Does about the share `q` of the values lie below `value`? `reach` is how far coding moves
/// values.
bool cuts_share(const std::array<std::uint64_t, 256>& histogram, double value, double q,
                double reach, double slack) {
  double below = 0, up_to = 0, all = 0;
  for (std::size_t v = 0; v < histogram.size(); ++v) {
    const double level = static_cast<double>(v) / 255, count = static_cast<double>(histogram[v]);
    all += count;
    if (level < value - reach) below += count;
    if (level <= value + reach) up_to += count;
  }
  return below <= (q + slack) * all && up_to >= (q - slack) * all;
}
}  // namespace

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
    const auto strays = [&](double sum, double sum_squares) {
      const double spread = spread_of(sum, sum_squares, looked_at);
      return kErrors * std::hypot(exact ? 0 : spread / std::sqrt(sampled),
                                  all ? 0 : spread / std::sqrt(looked_at));
    };
    const double mean_strays = strays(channel.sum, channel.sum_squares);
    const double reach = (exact ? kCodingOfOurs : kCoding) + mean_strays;
    if (const double value = value_of(stored, "mean", c); std::abs(value - mean) > reach)
      differs(c, "mean", value, mean, reach);
    const double std = std::sqrt(std::max(0.0, channel.square_sum / looked_at - mean * mean));
    const double std_reach =
        (exact ? kSmoothingOfOurs : kSmoothing) +
        (strays(channel.square_sum, channel.square_squares) + 2 * mean * mean_strays) /
            (2 * std::max(std, 0.02));
    if (const double value = value_of(stored, "std", c); std::abs(value - std) > std_reach)
      differs(c, "std", value, std, std_reach);
    for (std::size_t q = 0; truth.pixels && all && q < kShares.size(); ++q) {
      const double value = value_of(stored, kShareNames[q], c);
      const double moved = exact ? kMovedOfOurs : kMoved + mean_strays;
      if (!std::isnan(value) &&
          !cuts_share((*truth.pixels)[c], value, kShares[q], moved, exact ? kShareOfOurs : kShare))
        found.error(code::kStatsPictures, place.path, place.where,
                    fmt::format("{} channel {}: {} is {:g}, but another share of the pixels of {} "
                                "frames lies below it: recompute the statistics from the pictures",
                                place.feature, c, kShareNames[q], value, truth.looked_at));
    }
    if (const double value = value_of(stored, "min", c); all && value < channel.min - kExtreme)
      differs(c, "min", value, channel.min, kExtreme);
    if (const double value = value_of(stored, "max", c); all && value > channel.max + kExtreme)
      differs(c, "max", value, channel.max, kExtreme);
  }
}

}  // namespace reelcell::writers::lerobot
