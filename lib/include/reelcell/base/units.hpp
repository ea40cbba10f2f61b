// Physical units: what "rad/s", "N" or "%" mean, and whether two of them measure the same thing.
//
// Angle is a dimension of its own here, although SI calls it a ratio: rad/s and Hz, or rad/s and
// m/s, must not pass for one another in a rule.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reelcell {

/// Exponents of m, kg, s, A, K, rad, px.
struct Dimension {
  static constexpr std::size_t kBases = 7;
  std::array<int, kBases> exponents{};
  bool none() const { return *this == Dimension{}; }
  bool is_time() const;
  /// Exponents beyond +-100 do not occur: parse_unit() refuses them and products saturate.
  Dimension times(const Dimension& other, int sign = 1) const;
  friend bool operator==(const Dimension&, const Dimension&) = default;
};
/// "an angle per time (rad/s)", "a force (N)", "a plain number".
std::string describe(const Dimension& dimension);
/// Coherent SI unit text: "rad/s", "N", "kg*m^2".
std::string si_text(const Dimension& dimension);

/// value in SI = value * scale + offset. The offset is 0 for all but temperatures.
struct Unit {
  Dimension dimension;
  double scale = 1;
  double offset = 0;
  std::string text;  ///< as written; "" = a plain number
  bool same_scale(const Unit& other) const {
    return dimension == other.dimension && scale == other.scale && offset == other.offset;
  }
};

/// "rad/s", "m/s^2", "m/s2", "N*m", "1/s", "%", "°C", "" (a plain number). No spaces inside.
std::optional<Unit> find_unit(std::string_view text);
/// The same; InputError with the nearest known unit.
Unit parse_unit(std::string_view text);
Unit si_unit(const Dimension& dimension);
/// "rad" -> "rad/s", "m/s" -> "m/s^2".
Unit per_second(const Unit& unit);
/// Temperatures differ by kelvins: the unit of a difference has no offset.
Unit difference_unit(const Unit& unit);
std::vector<std::string> known_units();

/// The arithmetic multiplies or divides by a whole number wherever the scales allow it, so that 20
/// ms and 0.02 s, or 5 % and 0.05, compare equal. Both must have the same dimension (assert).
double convert_unit(double value, const Unit& from, const Unit& to);

struct Quantity {
  double value = 0;
  Unit unit;
};
/// "0.05 rad/s", "-3deg", "12". Throws InputError.
Quantity parse_quantity(std::string_view text);

}  // namespace reelcell
