#include "reelcell/stats/figures.hpp"

namespace reelcell::stats {
namespace {
void append(const Json& value, std::vector<double>& out) {
  if (value.is_number()) out.push_back(value.get<double>());
  if (value.is_array())
    for (const Json& item : value) append(item, out);
}
}  // namespace

std::vector<double> numbers_in(const Json& nested) {
  std::vector<double> numbers;
  append(nested, numbers);
  return numbers;
}

}  // namespace reelcell::stats
