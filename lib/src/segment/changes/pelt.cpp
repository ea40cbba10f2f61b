#include "pelt.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reelcell::segment::changes {

void Sums::add(const double* values) {
  const std::size_t last = sum_.size() - width_;
  for (std::size_t i = 0; i < width_; ++i) {
    sum_.push_back(sum_[last + i] + values[i]);
    square_.push_back(square_[last + i] + values[i] * values[i]);
  }
}

double Sums::cost(std::size_t from, std::size_t to, Model model) const {
  // The smallest variance a stretch may claim: below it a run of equal values would cost -infinity.
  constexpr double kLeastVariance = 1e-2;
  const auto n = static_cast<double>(to - from);
  double total = 0;
  for (std::size_t i = 0; i < width_; ++i) {
    const double sum = sum_[to * width_ + i] - sum_[from * width_ + i];
    const double square = square_[to * width_ + i] - square_[from * width_ + i];
    const double deviation = std::max(0.0, square - sum * sum / n);
    total += model == Model::kMean ? deviation
                                   : n * (std::log(std::max(deviation / n, kLeastVariance)) + 1);
  }
  return total;
}

std::vector<std::size_t> pelt(const Sums& sums, Model model, double penalty, std::size_t least) {
  struct Candidate {
    std::size_t start;
    std::size_t leaves;  ///< no longer needed from this end on
  };
  constexpr std::size_t kStays = std::numeric_limits<std::size_t>::max();
  const std::size_t n = sums.size();
  least = std::max<std::size_t>(1, least);
  std::vector<double> best(n + 1, std::numeric_limits<double>::infinity());
  std::vector<std::size_t> from(n + 1, 0);
  best[0] = -penalty;
  std::vector<Candidate> candidates{{0, kStays}};
  for (std::size_t end = least; end <= n; ++end) {
    for (const Candidate& candidate : candidates) {
      const double total = best[candidate.start] + sums.cost(candidate.start, end, model) + penalty;
      if (total < best[end]) {
        best[end] = total;
        from[end] = candidate.start;
      }
    }
    std::erase_if(candidates, [&](Candidate& candidate) {
      const double without = best[candidate.start] + sums.cost(candidate.start, end, model);
      if (candidate.leaves == kStays && without > best[end]) candidate.leaves = end + least;
      return candidate.leaves <= end;
    });
    // What may start the next stretch ends `least` before the next end.
    const std::size_t start = end + 1 - least;
    if (start >= least && start <= n) candidates.push_back({start, kStays});
  }
  std::vector<std::size_t> points;
  for (std::size_t at = n; at > 0 && from[at] > 0; at = from[at]) points.push_back(from[at]);
  std::reverse(points.begin(), points.end());
  return points;
}

}  // namespace reelcell::segment::changes
