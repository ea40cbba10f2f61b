// Durations counted in steps of at most 1/2048 of their size: quantiles in bounded memory.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace reelcell::timeline {

/// Log-linear histogram of unsigned nanoseconds. Each bucket keeps the mean of what fell into it,
/// so a steady stream gives its exact period. 64 KiB for each power of two that occurs.
class DurationHistogram {
 public:
  void add(std::uint64_t ns);
  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }
  std::uint64_t min() const { return count_ ? min_ : 0; }
  /// Mean of the bucket in which the value of rank ceil(q * count) lies; 0 when empty.
  double quantile(double q) const;
  /// Buckets in use, in increasing order: (mean, count).
  void each(const std::function<void(double, std::uint64_t)>& visit) const;

 private:
  static constexpr unsigned kBits = 12;
  static constexpr std::size_t kSteps = 1u << kBits;
  struct Bucket {
    std::uint64_t count = 0;
    std::uint64_t above = 0;  ///< sum of (value - lower edge)
  };
  using Octave = std::array<Bucket, kSteps>;

  std::vector<std::unique_ptr<Octave>> octaves_;
  std::uint64_t count_ = 0, max_ = 0, min_ = ~std::uint64_t{0};
};

}  // namespace reelcell::timeline
