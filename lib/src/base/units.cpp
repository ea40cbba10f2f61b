#include "reelcell/base/units.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <numbers>

#include "reelcell/base/error.hpp"

namespace reelcell {
namespace {
constexpr Dimension kNone{};
constexpr Dimension kLength{{1, 0, 0, 0, 0, 0, 0}};
constexpr Dimension kMass{{0, 1, 0, 0, 0, 0, 0}};
constexpr Dimension kTime{{0, 0, 1, 0, 0, 0, 0}};
constexpr Dimension kCurrent{{0, 0, 0, 1, 0, 0, 0}};
constexpr Dimension kTemperature{{0, 0, 0, 0, 1, 0, 0}};
constexpr Dimension kAngle{{0, 0, 0, 0, 0, 1, 0}};
constexpr Dimension kPixel{{0, 0, 0, 0, 0, 0, 1}};
constexpr Dimension kFrequency{{0, 0, -1, 0, 0, 0, 0}};
constexpr Dimension kAngularSpeed{{0, 0, -1, 0, 0, 1, 0}};
constexpr Dimension kForce{{1, 1, -2, 0, 0, 0, 0}};
constexpr Dimension kEnergy{{2, 1, -2, 0, 0, 0, 0}};
constexpr Dimension kPower{{2, 1, -3, 0, 0, 0, 0}};
constexpr Dimension kPressure{{-1, 1, -2, 0, 0, 0, 0}};
constexpr Dimension kVoltage{{2, 1, -3, -1, 0, 0, 0}};

struct Known {
  std::string_view name;
  Dimension dimension;
  double scale;
  double offset = 0;
};
constexpr double kPi = std::numbers::pi;
constexpr Known kUnits[] = {
    {"m", kLength, 1},
    {"km", kLength, 1000},
    {"cm", kLength, 0.01},
    {"mm", kLength, 0.001},
    {"um", kLength, 1e-6},
    {"µm", kLength, 1e-6},
    {"nm", kLength, 1e-9},
    {"inch", kLength, 0.0254},
    {"kg", kMass, 1},
    {"g", kMass, 0.001},
    {"mg", kMass, 1e-6},
    {"s", kTime, 1},
    {"ms", kTime, 0.001},
    {"us", kTime, 1e-6},
    {"µs", kTime, 1e-6},
    {"ns", kTime, 1e-9},
    {"min", kTime, 60},
    {"h", kTime, 3600},
    {"A", kCurrent, 1},
    {"mA", kCurrent, 0.001},
    {"K", kTemperature, 1},
    {"degC", kTemperature, 1, 273.15},
    {"°C", kTemperature, 1, 273.15},
    {"rad", kAngle, 1},
    {"mrad", kAngle, 0.001},
    {"deg", kAngle, kPi / 180},
    {"°", kAngle, kPi / 180},
    {"turn", kAngle, 2 * kPi},
    {"rpm", kAngularSpeed, 2 * kPi / 60},
    {"Hz", kFrequency, 1},
    {"kHz", kFrequency, 1000},
    {"N", kForce, 1},
    {"mN", kForce, 0.001},
    {"kN", kForce, 1000},
    {"Nm", kEnergy, 1},
    {"mNm", kEnergy, 0.001},
    {"J", kEnergy, 1},
    {"W", kPower, 1},
    {"kW", kPower, 1000},
    {"Pa", kPressure, 1},
    {"kPa", kPressure, 1000},
    {"MPa", kPressure, 1e6},
    {"mbar", kPressure, 100},
    {"bar", kPressure, 1e5},
    {"V", kVoltage, 1},
    {"mV", kVoltage, 0.001},
    {"px", kPixel, 1},
    {"%", kNone, 0.01},
    {"ppm", kNone, 1e-6},
};

struct Named {
  Dimension dimension;
  std::string_view what;
  std::string_view text;
};
constexpr Named kNamed[] = {
    {kNone, "a plain number", ""},
    {kLength, "a length", "m"},
    {kMass, "a mass", "kg"},
    {kTime, "a duration", "s"},
    {kCurrent, "a current", "A"},
    {kTemperature, "a temperature", "K"},
    {kAngle, "an angle", "rad"},
    {kPixel, "a number of pixels", "px"},
    {kFrequency, "a frequency", "Hz"},
    {kAngularSpeed, "an angle per time", "rad/s"},
    {{{0, 0, -2, 0, 0, 1, 0}}, "an angular acceleration", "rad/s^2"},
    {{{1, 0, -1, 0, 0, 0, 0}}, "a speed", "m/s"},
    {{{1, 0, -2, 0, 0, 0, 0}}, "an acceleration", "m/s^2"},
    {{{0, 0, -1, 0, 0, 0, 1}}, "pixels per time", "px/s"},
    {kForce, "a force", "N"},
    {{{1, 1, -3, 0, 0, 0, 0}}, "a force per time", "N/s"},
    {kEnergy, "a torque or an energy", "Nm"},
    {kPower, "a power", "W"},
    {kPressure, "a pressure", "Pa"},
    {kVoltage, "a voltage", "V"},
};

const Known* find_known(std::string_view name) {
  for (const Known& unit : kUnits)
    if (unit.name == name) return &unit;
  return nullptr;
}

/// One factor of a product: a known name with an exponent: "s", "s^2", "s2", "s^-1".
std::optional<Unit> parse_factor(std::string_view text) {
  if (text == "1") return Unit{};
  int exponent = 1;
  const Known* known = find_known(text);
  if (!known) {
    const std::size_t digits = text.find_last_not_of("0123456789");
    if (digits == std::string_view::npos || digits + 1 == text.size()) return std::nullopt;
    std::size_t begin = digits + 1;
    if (text[digits] == '-') --begin;
    std::size_t name_end = begin;
    if (name_end > 0 && text[name_end - 1] == '^') --name_end;
    if (text[begin] == '-' && name_end == begin) return std::nullopt;
    known = find_known(text.substr(0, name_end));
    const auto [stop, error] =
        std::from_chars(text.data() + begin, text.data() + text.size(), exponent);
    if (!known || error != std::errc{} || std::abs(exponent) > 9) return std::nullopt;
  }
  if (known->offset != 0 && exponent != 1) return std::nullopt;
  Unit unit;
  for (int i = 0; i < std::abs(exponent); ++i)
    unit.dimension = unit.dimension.times(known->dimension, exponent < 0 ? -1 : 1);
  unit.scale = exponent == 1 ? known->scale : std::pow(known->scale, exponent);
  unit.offset = known->offset;
  return unit;
}

/// The nearest whole number when `factor` is one but for rounding.
double snap(double factor) {
  const double whole = std::round(factor);
  return std::abs(factor - whole) <= 1e-9 * std::abs(factor) ? whole : factor;
}
}  // namespace

bool Dimension::is_time() const { return *this == kTime; }

Dimension Dimension::times(const Dimension& other, int sign) const {
  Dimension result;
  for (std::size_t i = 0; i < kBases; ++i)
    result.exponents[i] = std::clamp(exponents[i] + sign * other.exponents[i], -100, 100);
  return result;
}

std::string describe(const Dimension& dimension) {
  for (const Named& named : kNamed)
    if (named.dimension == dimension)
      return std::string(named.what) +
             (named.text.empty() ? "" : " (" + std::string(named.text) + ")");
  return "a quantity in " + si_text(dimension);
}

std::string si_text(const Dimension& dimension) {
  for (const Named& named : kNamed)
    if (named.dimension == dimension) return std::string(named.text);
  constexpr std::string_view kNames[] = {"m", "kg", "s", "A", "K", "rad", "px"};
  std::string over, under;
  for (std::size_t i = 0; i < Dimension::kBases; ++i) {
    const int exponent = dimension.exponents[i];
    if (exponent == 0) continue;
    std::string factor(kNames[i]);
    if (std::abs(exponent) > 1) factor += "^" + std::to_string(std::abs(exponent));
    if (exponent > 0)
      over.append(over.empty() ? "" : "*").append(factor);
    else
      under.append("/").append(factor);
  }
  return (over.empty() ? "1" : over) + under;
}

std::optional<Unit> find_unit(std::string_view text) {
  if (text.size() > 64) return std::nullopt;
  Unit unit;
  unit.text = std::string(text);
  if (text.empty()) return unit;
  std::size_t begin = 0;
  int sign = 1;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find_first_of("*/", begin), text.size());
    const std::optional<Unit> factor = parse_factor(text.substr(begin, end - begin));
    if (!factor) return std::nullopt;
    const bool alone = begin == 0 && end == text.size();
    unit.dimension = unit.dimension.times(factor->dimension, sign);
    unit.scale = sign > 0 ? unit.scale * factor->scale : unit.scale / factor->scale;
    // In a product such as W/degC the degree is a difference.
    unit.offset = alone ? factor->offset : 0;
    if (end == text.size()) break;
    sign = text[end] == '/' ? -1 : 1;
    begin = end + 1;
  }
  if (!(unit.scale > 0) || !std::isfinite(unit.scale)) return std::nullopt;
  if (text == "1") unit.text.clear();
  return unit;
}

Unit parse_unit(std::string_view text) {
  if (std::optional<Unit> unit = find_unit(text)) return *unit;
  const std::string shown(text.substr(0, 64));
  // The part that is wrong makes the better suggestion.
  std::size_t begin = 0;
  while (begin < shown.size()) {
    const std::size_t end = std::min(shown.find_first_of("*/", begin), shown.size());
    const std::string part = shown.substr(begin, end - begin);
    if (!parse_factor(part)) {
      std::string message = "unknown unit '" + shown + "'";
      if (part != shown) message.append(": '").append(part).append("' is not known");
      message.append(
          "; known are such as 'rad', 'deg', 'm', 'mm', 's', 'ms', 'N', 'Nm', '%', and products "
          "such as 'rad/s' and 'm/s^2'.");
      throw InputError(message.append(did_you_mean(part, known_units())));
    }
    begin = end + 1;
  }
  throw InputError("unknown unit '" + shown + "'");
}

Unit si_unit(const Dimension& dimension) { return {dimension, 1, 0, si_text(dimension)}; }

Unit per_second(const Unit& unit) {
  Unit result{unit.dimension.times(kTime, -1), unit.scale, 0, unit.text};
  if (unit.text.empty())
    result.text = "1/s";
  else if (unit.text.ends_with("/s"))
    result.text += "^2";
  else
    result.text += "/s";
  return result;
}

Unit difference_unit(const Unit& unit) {
  return unit.offset == 0 ? unit : Unit{unit.dimension, unit.scale, 0, "K"};
}

std::vector<std::string> known_units() {
  std::vector<std::string> names;
  for (const Known& unit : kUnits) names.emplace_back(unit.name);
  return names;
}

double convert_unit(double value, const Unit& from, const Unit& to) {
  assert(from.dimension == to.dimension);
  if (from.scale == to.scale && from.offset == to.offset) return value;
  if (from.offset != 0 || to.offset != 0)
    return (value * from.scale + from.offset - to.offset) / to.scale;
  if (from.scale >= to.scale) return value * snap(from.scale / to.scale);
  return value / snap(to.scale / from.scale);
}

Quantity parse_quantity(std::string_view text) {
  const std::string_view whole = text;
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  Quantity quantity;
  const auto [stop, error] =
      std::from_chars(text.data(), text.data() + text.size(), quantity.value);
  if (error != std::errc{} || !std::isfinite(quantity.value))
    throw InputError("'" + std::string(whole.substr(0, 64)) +
                     "' is not a number with a unit; write for example '0.05 rad/s' or '12'");
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  quantity.unit = parse_unit(text);
  return quantity;
}

}  // namespace reelcell
