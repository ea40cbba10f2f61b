// Mean, spread and range, numerically stable: blocks in two passes, joined by Chan's formula
// (Chan, Golub, LeVeque: Updating Formulae and a Pairwise Algorithm, 1979).
#pragma once

#include <cstdint>
#include <limits>
#include <span>

namespace reelcell::stats {

struct Moments {
  std::uint64_t count = 0;
  double mean = 0;
  double squares = 0;  ///< sum of (x - mean)^2
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  void join(const Moments& other);
};
Moments moments_of(std::span<const double> values);

}  // namespace reelcell::stats
