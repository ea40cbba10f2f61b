#include "internal/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace reelcell::timeline {

// Octave 0 holds 0..4095 ns one by one; octave k holds [2^(11+k), 2^(12+k)) in steps of 2^k ns,
// which fill the upper half of its array: half is wasted so that the arithmetic is a shift.
void DurationHistogram::add(std::uint64_t ns) {
  const unsigned width = static_cast<unsigned>(std::bit_width(ns));
  const unsigned shift = width > kBits ? width - kBits : 0;
  if (octaves_.size() <= shift) octaves_.resize(shift + 1);
  if (!octaves_[shift]) octaves_[shift] = std::make_unique<Octave>();
  const std::uint64_t step = ns >> shift;
  Bucket& bucket = (*octaves_[shift])[step];
  ++bucket.count;
  bucket.above += ns - (step << shift);
  ++count_;
  max_ = std::max(max_, ns);
  min_ = std::min(min_, ns);
}

void DurationHistogram::each(const std::function<void(double, std::uint64_t)>& visit) const {
  for (std::size_t shift = 0; shift < octaves_.size(); ++shift) {
    if (!octaves_[shift]) continue;
    for (std::size_t step = 0; step < kSteps; ++step) {
      const Bucket& bucket = (*octaves_[shift])[step];
      if (bucket.count == 0) continue;
      const double lower = static_cast<double>(std::uint64_t{step} << shift);
      visit(lower + static_cast<double>(bucket.above) / static_cast<double>(bucket.count),
            bucket.count);
    }
  }
}

double DurationHistogram::quantile(double q) const {
  const auto rank =
      static_cast<std::uint64_t>(std::max(1.0, std::ceil(q * static_cast<double>(count_))));
  std::uint64_t passed = 0;
  double value = 0;
  each([&](double mean, std::uint64_t count) {
    if (passed < rank) value = mean;
    passed += count;
  });
  return value;
}

}  // namespace reelcell::timeline
