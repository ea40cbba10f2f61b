// Statistics computed anew, plainly and in two passes, to hold the stored ones against.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data_set.hpp"

namespace reelcell::writers::lerobot {

inline constexpr std::array<double, 5> kShares{0.01, 0.10, 0.50, 0.90, 0.99};
inline constexpr std::array<const char*, 5> kShareNames{"q01", "q10", "q50", "q90", "q99"};

/// One element's values over some rows. NaN is left out.
struct ElementFigures {
  double min = 0, max = 0, mean = 0, std = 0;
  std::uint64_t count = 0;
  long double m2 = 0;  ///< sum of squared distances from the mean
};
/// Sorts `values`.
ElementFigures figures_of(std::vector<double>& values);
/// Figures over both sets of rows (Chan, Golub, LeVeque 1979).
void merge(ElementFigures& into, const ElementFigures& other);

/// Stored figures: stat name -> flattened values.
using StoredFigures = std::map<std::string, std::vector<double>>;
/// From {"min": [..], ..} with any nesting; non-numbers become NaN.
StoredFigures stored_from_json(const Json& figures);

/// Stats of pictures that are not nested 3 x 1 x 1, as LeRobot demands.
std::vector<std::string> flat_picture_stats(const Json& figures);

/// Where a comparison stands, for messages.
struct StatsPlace {
  std::string path;
  std::string where;  ///< "episode 3" or "/action"
  std::string feature;
};
/// `values`: per element, sorted, or empty when they were not kept (quantiles are then held against
/// min/max only).
void compare_numbers(const StoredFigures& stored, const std::vector<ElementFigures>& truth,
                     const std::vector<std::vector<double>>& values, std::uint64_t rows,
                     const StatsPlace& place, Grouped& found);
/// Figures of pictures cannot be recomputed without decoding; what they cannot be is found.
void check_picture(const StoredFigures& stored, std::uint64_t rows, const StatsPlace& place,
                   Grouped& found);

}  // namespace reelcell::writers::lerobot
