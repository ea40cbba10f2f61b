// The median of a list, for statistics that outliers must not move.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace reelcell {

/// The value in the middle; of an even number the upper of the two. `of_none` when there is none.
/// NaN must not be among them.
template <class T>
T upper_median(std::vector<T> values, T of_none = T{}) {
  if (values.empty()) return of_none;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace reelcell
