// Types of sub-expressions: what it is, in which unit, and whether there is one of it or many.
#pragma once

#include <string>

#include "reelcell/base/units.hpp"

namespace reelcell::label {

enum class Base {
  kUnknown,  ///< the literal `unknown`: goes with every other
  kBool,
  kNumber,
  kTime,  ///< an instant of the session clock, int64 ns
  kText,
  kAny,  ///< known only when evaluated: an event's field, an attribute
  kEvents,
};

enum class Shape {
  kOne,
  kSignal,  ///< one value a sample
  kField,   ///< one value an event: first(..) or last(..) says which
};

struct Type {
  Base base = Base::kUnknown;
  Shape shape = Shape::kOne;
  std::size_t width = 1;  ///< of signals: values a sample
  bool stated = true;     ///< false: a number whose unit nobody said
  Unit unit;              ///< numbers: of the values while evaluating; durations always ns
  Unit shown;             ///< numbers: of a label's value and of messages
  std::string odd_unit;   ///< the unit that a session states but that is not known here

  bool numeric() const { return base == Base::kNumber || base == Base::kAny; }
  bool is_duration() const { return base == Base::kNumber && stated && unit.dimension.is_time(); }
  bool bare() const { return base == Base::kNumber && stated && unit.dimension.none(); }
};

const Unit& nanosecond();
Type bool_type();
Type text_type();
Type time_type();
Type any_type();
/// Durations get ns as their unit while evaluating, so that differences of times stay exact.
Type number_type(const Unit& unit);
Type duration_type();
Type unstated_number(const std::string& odd_unit = "");
Type as_signal(Type type, std::size_t width = 1);
Type as_one(Type type);

/// "a number in rad/s", "a signal in N with 3 values a sample", "text", "true or false".
std::string describe(const Type& type);

/// From one unit to another; the identity by default.
struct Conversion {
  bool identity = true;
  Unit from, to;
  double operator()(double value) const { return identity ? value : convert_unit(value, from, to); }
};
Conversion conversion(const Unit& from, const Unit& to);

}  // namespace reelcell::label
