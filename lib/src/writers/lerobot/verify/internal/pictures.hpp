// What the decoded frames of a camera are, to hold stored statistics of pictures against.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "figures.hpp"

namespace reelcell::writers::lerobot {

/// RGB in [0, 1], channel by channel, of the frames that were looked at.
struct PictureTruth {
  struct Channel {
    double min = 1, max = 0;
    double sum = 0, sum_squares = 0;            ///< of the frames' means
    double square_sum = 0, square_squares = 0;  ///< of the means of the frames' squares
  };
  using Histogram = std::array<std::array<std::uint64_t, 256>, 3>;
  std::array<Channel, 3> channels;
  std::uint64_t looked_at = 0, frames = 0;  ///< of so many
  /// Of the pixels of all frames; null where only some were looked at.
  std::unique_ptr<Histogram> pixels;

  void add(std::span<const std::uint8_t> rgb24, bool keep_pixels);
  void add_pixels(const Histogram& other);
  void merge(const PictureTruth& other);
};
/// By feature and episode.
using PictureTruths = std::map<std::string, std::map<std::int64_t, PictureTruth>, std::less<>>;

/// Every frame is looked at where a set has no more than this, over all cameras; else so many of
/// each clip, evenly spaced.
inline constexpr std::uint64_t kAllFrames = 20'000, kFramesOfClip = 32;

/// LeRobot takes its figures from about n^0.75 pictures, each thinned out, before they are encoded.
/// So min, max and quantiles may differ by what coding and thinning hide, mean and std by that and
/// by how far a sample's stray: both are allowed, and what lies beyond describes other pictures.
/// `ours`: the set says that its figures are of all pixels.
void compare_pictures(const StoredFigures& stored, const PictureTruth& truth, bool ours,
                      const StatsPlace& place, Grouped& found);

}  // namespace reelcell::writers::lerobot
