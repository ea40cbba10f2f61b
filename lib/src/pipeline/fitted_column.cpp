#include "internal/fitted_column.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "reelcell/base/error.hpp"

namespace reelcell::pipeline {
namespace {

struct Range {
  std::int64_t low, high;
};

template <class T>
constexpr Range range_of() {
  return {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
}

/// Of whole numbers, as far as an int64 reaches.
Range range_of(DType type) {
  switch (type) {
    case DType::kInt8:
      return range_of<std::int8_t>();
    case DType::kInt16:
      return range_of<std::int16_t>();
    case DType::kInt32:
      return range_of<std::int32_t>();
    case DType::kUInt8:
      return range_of<std::uint8_t>();
    case DType::kUInt16:
      return range_of<std::uint16_t>();
    case DType::kUInt32:
      return range_of<std::uint32_t>();
    case DType::kUInt64:
      return {0, std::numeric_limits<std::int64_t>::max()};
    case DType::kBool:
      return {0, 1};
    default:
      return range_of<std::int64_t>();
  }
}

}  // namespace

FittedColumn::FittedColumn(const FeatureSpec& spec) {
  column_.spec = {spec.name, spec.dtype, static_cast<std::size_t>(spec.shape.at(0)), spec.unit,
                  spec.names};
  column_.data = empty_data(spec.dtype);
}

void FittedColumn::refuse(const std::string& value, SessionTime time) const {
  const DType type = column_.spec.dtype;
  const Range range = range_of(type);
  const std::string reach =
      is_float(type) ? std::string() : fmt::format(" ({} to {})", range.low, range.high);
  throw InputError(
      "feature '" + column_.spec.name + "'",
      fmt::format("the value {} at {} s does not fit into {}{}; name a wider "
                  "\"dtype\" for the feature in the recipe, or leave it out",
                  value, format_seconds(time.time_since_epoch()), to_string(type), reach));
}

void FittedColumn::append_whole(std::int64_t value, bool same_dtype, SessionTime time) {
  const Range range = range_of(column_.spec.dtype);
  if (!same_dtype && (value < range.low || value > range.high)) refuse(std::to_string(value), time);
  std::get<std::vector<std::int64_t>>(column_.data).push_back(value);
}

void FittedColumn::append_rounded(double value, SessionTime time) {
  auto& integers = std::get<std::vector<std::int64_t>>(column_.data);
  if (std::isnan(value)) return integers.push_back(0);
  const double nearest = std::round(value);
  const Range range = range_of(column_.spec.dtype);
  // The largest int64 is no double: the next one above is 2^63.
  const double end = static_cast<double>(range.high) + (range.high < (1LL << 53) ? 1 : 0);
  if (!(nearest >= static_cast<double>(range.low) && nearest < end))
    refuse(fmt::format("{:g}", value), time);
  integers.push_back(static_cast<std::int64_t>(nearest));
  if (nearest == value) return;
  ++rounded_;
  if (!first_ns_) first_ns_ = ns_of(time);
  last_ns_ = ns_of(time);
}

void FittedColumn::append(const Column& from, std::size_t row, std::size_t element,
                          SessionTime time) {
  if (auto* text = std::get_if<std::vector<std::string>>(&column_.data)) {
    text->push_back(std::get<std::vector<std::string>>(from.data)[row * from.spec.width + element]);
    return;
  }
  if (auto* numbers = std::get_if<std::vector<double>>(&column_.data)) {
    const double value = from.number(row, element);
    if (column_.spec.dtype == DType::kFloat32 && std::isfinite(value) &&
        std::isinf(static_cast<float>(value)))
      refuse(fmt::format("{:g}", value), time);
    numbers->push_back(value);
    return;
  }
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&from.data))
    append_whole((*integers)[row * from.spec.width + element],
                 from.spec.dtype == column_.spec.dtype, time);
  else
    append_rounded(from.number(row, element), time);
}

Column FittedColumn::finish(Diagnostics& diagnostics) {
  if (rounded_ > 0)
    diagnostics.add({Severity::kWarning, "value-rounded", "feature '" + column_.spec.name + "'",
                     "values with a fraction become the nearest " +
                         std::string(to_string(column_.spec.dtype)) +
                         ", which is the \"dtype\" of the feature; name float32 or float64 to "
                         "keep them",
                     rounded_, first_ns_, last_ns_});
  return std::move(column_);
}

}  // namespace reelcell::pipeline
