// The best set of change points of a sequence, exactly.
#pragma once

#include <cstddef>
#include <vector>

namespace reelcell::segment::changes {

/// What stays the same between two change points.
enum class Model {
  kMean,          ///< the level, with noise of known size
  kMeanVariance,  ///< level and size of the noise
};

/// Sums of a sequence of `width` numbers an entry, each divided by the size of its noise.
class Sums {
 public:
  explicit Sums(std::size_t width) : width_(width), sum_(width, 0.0), square_(width, 0.0) {}
  void add(const double* values);
  std::size_t size() const { return sum_.size() / width_ - 1; }
  std::size_t width() const { return width_; }
  /// -2 log likelihood of the entries [from, to), less what no split changes.
  double cost(std::size_t from, std::size_t to, Model model) const;

 private:
  std::size_t width_;
  std::vector<double> sum_, square_;  ///< running sums before each entry
};

/// Change points 0 < t < size() in order: they minimise the sum of the costs between them plus
/// `penalty` each, with at least `least` entries between two. Pruned exact search (PELT, Killick,
/// Fearnhead and Eckley 2012): linear in time when changes come regularly, quadratic when there are
/// none; a candidate that is pruned stays `least` entries longer, which keeps the search exact with
/// a minimum length.
std::vector<std::size_t> pelt(const Sums& sums, Model model, double penalty, std::size_t least);

}  // namespace reelcell::segment::changes
