// Correlation of two evenly sampled signals over many lags, and the peaks of it. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace reelcell::timeline {

/// Evenly sampled values; a value counts where its mask is 1. Equal sizes.
struct MaskedSamples {
  std::vector<float> value;
  std::vector<float> mask;
  std::size_t size() const { return value.size(); }
};

/// For lag k in [first_lag, first_lag + size): Pearson's r of a[i] and b[i + k] over the pairs in
/// which both count, and how many those are. r is 0 where fewer than `least_pairs` meet or one side
/// does not vary. The means are those of the overlap, so neither a constant nor a hole makes a
/// peak.
struct Correlation {
  std::ptrdiff_t first_lag = 0;
  std::vector<float> r;
  std::vector<float> pairs;
};
/// By FFT in O((n + lags) log); float transforms, r good to about 1e-4.
Correlation correlate(const MaskedSamples& a, const MaskedSamples& b, std::ptrdiff_t first_lag,
                      std::size_t lags, std::size_t least_pairs);
/// The definition, sample by sample: O(n * lags). For short series, and to hold the other to.
Correlation correlate_directly(const MaskedSamples& a, const MaskedSamples& b,
                               std::ptrdiff_t first_lag, std::size_t lags, std::size_t least_pairs);
/// GCC-PHAT (Knapp, Carter 1976): the cross spectrum divided by |.|^rho; rho 1 for audio, 0.5 to
/// 0.8 for narrow-band motion. Values outside the mask are taken as the mean. Scaled so that a
/// signal against itself has the peak 1.
Correlation correlate_phat(const MaskedSamples& a, const MaskedSamples& b, std::ptrdiff_t first_lag,
                           std::size_t lags, std::size_t least_pairs, double rho);

/// A local maximum. `position` is in samples of the curve from its begin, by a parabola through
/// the three highest points.
struct Peak {
  double position = 0;
  double height = 0;
};
/// The local maxima that rise by at least `prominence` above the saddle to any higher one, highest
/// first, at most `limit`. A maximum at the curve's edge is one too.
std::vector<Peak> find_peaks(std::span<const float> curve, double prominence, std::size_t limit);
/// 1.4826 * median |x - median|, over at most 65536 evenly spread values; 0 when empty.
double robust_spread(std::span<const float> values);

}  // namespace reelcell::timeline
