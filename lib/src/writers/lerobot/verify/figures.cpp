#include "internal/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "internal/codes.hpp"

namespace reelcell::writers::lerobot {

ElementFigures figures_of(std::vector<double>& values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  std::sort(values.begin(), values.end());
  ElementFigures figures;
  figures.count = values.size();
  if (values.empty()) return figures;
  figures.min = values.front();
  figures.max = values.back();
  long double sum = 0;
  for (const double value : values) sum += value;
  const long double mean = sum / static_cast<long double>(values.size());
  for (const double value : values) figures.m2 += (value - mean) * (value - mean);
  figures.mean = static_cast<double>(mean);
  figures.std =
      static_cast<double>(std::sqrt(figures.m2 / static_cast<long double>(values.size())));
  return figures;
}

void merge(ElementFigures& into, const ElementFigures& other) {
  if (other.count == 0) return;
  if (into.count == 0) {
    into = other;
    return;
  }
  const long double a = static_cast<long double>(into.count),
                    b = static_cast<long double>(other.count);
  const long double delta = static_cast<long double>(other.mean) - into.mean;
  into.m2 += other.m2 + delta * delta * a * b / (a + b);
  into.mean = static_cast<double>(into.mean + delta * b / (a + b));
  into.count += other.count;
  into.min = std::min(into.min, other.min);
  into.max = std::max(into.max, other.max);
  into.std = static_cast<double>(std::sqrt(into.m2 / (a + b)));
}

namespace {
void flatten(const Json& value, std::vector<double>& out) {
  if (value.is_array()) {
    for (const Json& item : value) flatten(item, out);
  } else if (value.is_boolean()) {
    out.push_back(value.get<bool>() ? 1 : 0);
  } else {
    out.push_back(value.is_number() ? value.get<double>()
                                    : std::numeric_limits<double>::quiet_NaN());
  }
}
}  // namespace

std::vector<std::string> flat_picture_stats(const Json& figures) {
  const auto is_list = [](const Json& value, std::size_t size) {
    return value.is_array() && value.size() == size;
  };
  std::vector<std::string> flat;
  if (!figures.is_object()) return flat;
  for (const auto& [name, value] : figures.items()) {
    if (name == "count") continue;
    const bool nested =
        is_list(value, 3) && std::all_of(value.begin(), value.end(), [&](const Json& channel) {
          return is_list(channel, 1) && is_list(channel[0], 1) && !channel[0][0].is_array();
        });
    if (!nested) flat.push_back(name);
  }
  return flat;
}

StoredFigures stored_from_json(const Json& figures) {
  StoredFigures stored;
  if (figures.is_object())
    for (const auto& [name, value] : figures.items()) flatten(value, stored[name]);
  return stored;
}

namespace {
/// Stored figures often went through float32 on the way; beyond this they describe other data.
constexpr double kRelative = 1e-4;

struct Comparison {
  const StatsPlace& place;
  Grouped& found;

  void differs(const char* stat, std::size_t element, double stored, double truth) const {
    found.error(
        code::kStatsValue, place.path, place.where,
        fmt::format("{}[{}] {} is {:g}, the data gives {:g}: recompute the statistics in float64",
                    place.feature, element, stat, stored, truth));
  }
  void quantile(const std::string& text) const {
    // Nobody normalises by the numbering columns, and LeRobot's own merge gets them wrong.
    const bool numbering = place.feature == "timestamp" || place.feature.ends_with("index");
    found.add(numbering ? FindingLevel::kWarning : FindingLevel::kError, code::kStatsQuantile,
              place.path, place.where, place.feature + text);
  }
};

const std::vector<double>* stat_of(const StoredFigures& stored, const char* name, std::size_t width,
                                   const Comparison& compare) {
  const auto found = stored.find(name);
  if (found == stored.end()) return nullptr;
  if (found->second.size() == width) return &found->second;
  compare.found.error(code::kStatsShape, compare.place.path, compare.place.where,
                      fmt::format("{} {} has {} values, the feature has {}", compare.place.feature,
                                  name, found->second.size(), width));
  return nullptr;
}

void compare_moments(const StoredFigures& stored, const std::vector<ElementFigures>& truth,
                     const Comparison& compare) {
  for (const char* name : {"min", "max", "mean", "std"}) {
    const std::vector<double>* values = stat_of(stored, name, truth.size(), compare);
    if (!values) continue;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const ElementFigures& t = truth[i];
      if (t.count == 0) continue;
      const std::string_view stat = name;
      const double expected = stat == "min"    ? t.min
                              : stat == "max"  ? t.max
                              : stat == "mean" ? t.mean
                                               : t.std;
      const double scale = std::max({std::abs(t.min), std::abs(t.max), 1e-6});
      if (!(std::abs((*values)[i] - expected) <=
            kRelative * scale + kRelative * std::abs(expected)))
        compare.differs(name, i, (*values)[i], expected);
    }
  }
}

/// A quantile is right when about its share of the values lies below it. Histograms of 5,000 bins
/// are fine.
bool holds_share(const std::vector<double>& sorted, double value, double share, double range) {
  const double reach = range / 1000 + 1e-9 * (1 + std::abs(value));
  const double n = static_cast<double>(sorted.size());
  const auto below = [&](double v) {
    return static_cast<double>(std::lower_bound(sorted.begin(), sorted.end(), v) - sorted.begin());
  };
  const auto up_to = [&](double v) {
    return static_cast<double>(std::upper_bound(sorted.begin(), sorted.end(), v) - sorted.begin());
  };
  const double slack = 0.01 * n + 1;
  return below(value - reach) <= share * n + slack && up_to(value + reach) >= share * n - slack;
}

void compare_quantiles(const StoredFigures& stored, const std::vector<ElementFigures>& truth,
                       const std::vector<std::vector<double>>& values, const Comparison& compare) {
  const std::vector<double>* previous = nullptr;
  for (std::size_t q = 0; q < kShares.size(); ++q) {
    const std::vector<double>* stat = stat_of(stored, kShareNames[q], truth.size(), compare);
    if (!stat) continue;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const ElementFigures& t = truth[i];
      if (t.count == 0) continue;
      const double value = (*stat)[i];
      const double range = t.max - t.min;
      const double reach =
          kRelative * std::max({range, std::abs(t.min) * 1e-3, std::abs(t.max) * 1e-3}) + 1e-9;
      if (!(value >= t.min - reach && value <= t.max + reach)) {
        compare.quantile(fmt::format("[{}] {} is {:g}, outside [{:g}, {:g}]", i, kShareNames[q],
                                     value, t.min, t.max));
      } else if (previous && value < (*previous)[i] - reach) {
        compare.quantile(fmt::format("[{}] {} is {:g}, below the quantile before it ({:g})", i,
                                     kShareNames[q], value, (*previous)[i]));
      } else if (!values.empty() && !holds_share(values[i], value, kShares[q], range)) {
        compare.quantile(fmt::format(
            "[{}] {} is {:g}, but another share of the values lies below it: the quantiles of "
            "episodes were merged instead of computed over all values",
            i, kShareNames[q], value));
      }
    }
    previous = stat;
  }
}

void check_count(const StoredFigures& stored, std::uint64_t rows, bool exact,
                 const Comparison& compare) {
  const auto count = stored.find("count");
  if (count == stored.end() || count->second.empty()) return;
  const double stated = count->second.front();
  if (exact ? stated == static_cast<double>(rows)
            : stated >= 1 && stated <= static_cast<double>(rows))
    return;
  compare.found.error(
      code::kStatsCount, compare.place.path, compare.place.where,
      fmt::format("{} count is {:g}, there are {} rows", compare.place.feature, stated, rows));
}
}  // namespace

void compare_numbers(const StoredFigures& stored, const std::vector<ElementFigures>& truth,
                     const std::vector<std::vector<double>>& values, std::uint64_t rows,
                     const StatsPlace& place, Grouped& found) {
  const Comparison compare{place, found};
  check_count(stored, rows, true, compare);
  compare_moments(stored, truth, compare);
  compare_quantiles(stored, truth, values, compare);
}

namespace {
void check_picture_quantiles(const StoredFigures& stored, const std::vector<double>& min,
                             const std::vector<double>& max, const Comparison& compare) {
  constexpr double kReach = 1e-6;
  const std::vector<double>* previous = &min;
  for (const char* name : kShareNames) {
    const std::vector<double>* stat = stat_of(stored, name, 3, compare);
    if (!stat) continue;
    for (std::size_t c = 0; c < 3; ++c)
      if (!((*stat)[c] >= (*previous)[c] - kReach && (*stat)[c] <= max[c] + kReach))
        compare.quantile(fmt::format(" channel {}: {} is {:g}, expected from {:g} to {:g}", c, name,
                                     (*stat)[c], (*previous)[c], max[c]));
    previous = stat;
  }
}
}  // namespace

void check_picture(const StoredFigures& stored, std::uint64_t rows, const StatsPlace& place,
                   Grouped& found) {
  const Comparison compare{place, found};
  check_count(stored, rows, false, compare);
  const std::vector<double>*min = stat_of(stored, "min", 3, compare),
        *max = stat_of(stored, "max", 3, compare);
  const std::vector<double>*mean = stat_of(stored, "mean", 3, compare),
        *std = stat_of(stored, "std", 3, compare);
  if (!min || !max || !mean || !std) return;
  check_picture_quantiles(stored, *min, *max, compare);
  for (std::size_t c = 0; c < 3; ++c) {
    if (!((*min)[c] >= 0 && (*max)[c] <= 1 + 1e-9 && (*mean)[c] >= (*min)[c] &&
          (*mean)[c] <= (*max)[c])) {
      found.error(code::kStatsImage, place.path, place.where,
                  fmt::format("{} channel {}: min {:g}, mean {:g}, max {:g}; expected min <= mean "
                              "<= max within [0, 1]",
                              place.feature, c, (*min)[c], (*mean)[c], (*max)[c]));
    } else if ((*max)[c] - (*min)[c] > 0.1 && !((*std)[c] > 1e-3)) {
      // Values spread over [min, max] cannot have a deviation of nothing.
      found.error(
          code::kStatsImage, place.path, place.where,
          fmt::format("{} channel {}: std is {:g} although values reach from {:g} to {:g}; squares "
                      "of uint8 values "
                      "overflow to this. Compute in float64, or normalising divides by nothing",
                      place.feature, c, (*std)[c], (*min)[c], (*max)[c]));
    }
  }
}

}  // namespace reelcell::writers::lerobot
