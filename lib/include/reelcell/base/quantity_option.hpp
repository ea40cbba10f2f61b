// Options whose value is a number in the unit of a signal that only the session knows: 2 or "2 N".
#pragma once

#include <optional>
#include <string>

#include "reelcell/base/options.hpp"
#include "reelcell/base/units.hpp"

namespace reelcell {

/// The spec as one of a quantity. Its value is checked to be a number or text such as "2 N" when
/// the options are read, and against the signal's unit by in_unit_of().
OptionSpec quantity_option(OptionSpec spec);
bool is_quantity(const OptionSpec& spec);

/// What a signal's numbers are in.
struct SignalUnit {
  std::string signal;     ///< for messages: "force.force[2]"
  std::string text = {};  ///< as the session states it; "" = not stated
  std::optional<Unit> known = find_unit(text);
};

/// A level is a value that the signal can have; a difference is one between two of them (2 K and
/// 2 degrees Celsius are the same one).
enum class QuantityKind { kLevel, kDifference };

/// The option's value in the signal's unit; a bare number is in it. InputError at `where` for
/// another dimension, or for a unit where the signal's is not known.
double in_unit_of(const SignalUnit& signal, const Json& value, const std::string& where,
                  QuantityKind kind = QuantityKind::kLevel);

}  // namespace reelcell
