#include "internal/moments.hpp"

#include <algorithm>

namespace reelcell::stats {

namespace {
// Independent partial sums let the compiler use vector registers, and round better than one sum.
constexpr std::size_t kLanes = 8;

template <class Term>
double sum_of(std::span<const double> values, const Term& term) {
  double lanes[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(values[i + lane]);
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  for (; i < values.size(); ++i) sum += term(values[i]);
  return sum;
}

template <class Better>
double extreme_of(std::span<const double> values, const Better& better) {
  double lanes[kLanes];
  std::fill(std::begin(lanes), std::end(lanes), values[0]);
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      lanes[lane] = better(values[i + lane], lanes[lane]);
  double best = values[0];
  for (const double lane : lanes) best = better(lane, best);
  for (; i < values.size(); ++i) best = better(values[i], best);
  return best;
}
}  // namespace

Moments moments_of(std::span<const double> values) {
  Moments out;
  if (values.empty()) return out;
  out.count = values.size();
  const double n = static_cast<double>(values.size());
  // Relative to the first value: a large common part cancels before it can cost digits.
  const double origin = values[0];
  const double shifted = sum_of(values, [&](double x) { return x - origin; }) / n;
  out.mean = origin + shifted;
  const double mean = out.mean;
  const double rest = sum_of(values, [&](double x) { return x - mean; });
  out.squares = sum_of(values, [&](double x) { return (x - mean) * (x - mean); }) - rest * rest / n;
  out.squares = std::max(out.squares, 0.0);
  out.min = extreme_of(values, [](double a, double b) { return a < b ? a : b; });
  out.max = extreme_of(values, [](double a, double b) { return a > b ? a : b; });
  return out;
}

void Moments::join(const Moments& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  const double n = static_cast<double>(count), m = static_cast<double>(other.count);
  const double delta = other.mean - mean;
  mean += delta * (m / (n + m));
  squares += other.squares + delta * delta * (n * m / (n + m));
  count += other.count;
  min = std::min(min, other.min);
  max = std::max(max, other.max);
}

}  // namespace reelcell::stats
