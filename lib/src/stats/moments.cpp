#include "internal/moments.hpp"

#include <algorithm>

namespace reelcell::stats {

namespace {
// Independent partial sums let the compiler use vector registers, and round better than one sum.
constexpr std::size_t kLanes = 8;

/// A sum that goes round the lanes; what is left over after whole rounds comes last.
struct LaneSum {
  double lanes[kLanes] = {};
  double total = 0;
  void close() {
    for (const double lane : lanes) total += lane;
  }
};

double smaller(double a, double b) { return a < b ? a : b; }
double larger(double a, double b) { return a > b ? a : b; }
}  // namespace

Moments moments_of(std::span<const double> values) {
  Moments out;
  if (values.empty()) return out;
  out.count = values.size();
  const double n = static_cast<double>(values.size());
  const std::size_t whole = values.size() / kLanes * kLanes;
  // Relative to the first value: a large common part cancels before it can cost digits.
  const double origin = values[0];
  LaneSum shifted;
  double low[kLanes], high[kLanes];
  std::fill(std::begin(low), std::end(low), origin);
  std::fill(std::begin(high), std::end(high), origin);
  for (std::size_t i = 0; i < whole; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double x = values[i + lane];
      shifted.lanes[lane] += x - origin;
      low[lane] = smaller(x, low[lane]);
      high[lane] = larger(x, high[lane]);
    }
  shifted.close();
  out.min = out.max = origin;
  for (const double x : low) out.min = smaller(x, out.min);
  for (const double x : high) out.max = larger(x, out.max);
  for (std::size_t i = whole; i < values.size(); ++i) {
    shifted.total += values[i] - origin;
    out.min = smaller(values[i], out.min);
    out.max = larger(values[i], out.max);
  }
  out.mean = origin + shifted.total / n;
  const double mean = out.mean;
  LaneSum rest, squares;
  for (std::size_t i = 0; i < whole; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double x = values[i + lane] - mean;
      rest.lanes[lane] += x;
      squares.lanes[lane] += x * x;
    }
  rest.close();
  squares.close();
  for (std::size_t i = whole; i < values.size(); ++i) {
    const double x = values[i] - mean;
    rest.total += x;
    squares.total += x * x;
  }
  // What rounding left in the mean is taken out again.
  out.squares = std::max(squares.total - rest.total * rest.total / n, 0.0);
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
