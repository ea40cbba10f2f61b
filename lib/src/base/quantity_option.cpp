#include "reelcell/base/quantity_option.hpp"

#include <utility>

#include "reelcell/base/error.hpp"

namespace reelcell {
namespace {
constexpr const char* kUnit = "the signal's unit";
}  // namespace

OptionSpec quantity_option(OptionSpec spec) {
  spec.type = OptionType::kJson;
  spec.unit = kUnit;
  return spec;
}

bool is_quantity(const OptionSpec& spec) {
  return spec.type == OptionType::kJson && spec.unit == kUnit;
}

double in_unit_of(const SignalUnit& signal, const Json& value, const std::string& where,
                  QuantityKind kind) {
  if (value.is_number()) return value.get<double>();
  const std::string text = value.get<std::string>();
  const Quantity quantity = at_place(where, [&] { return parse_quantity(text); });
  if (quantity.unit.text.empty()) return quantity.value;
  if (signal.text.empty() || !signal.known)
    throw InputError(
        where, "'" + text + "' has a unit, but that of " + signal.signal +
                   (signal.text.empty() ? " is not stated"
                                        : " is '" + signal.text + "', which is not known here") +
                   "; state it in session.json, or leave the unit out here");
  if (quantity.unit.dimension != signal.known->dimension)
    throw InputError(where, "'" + text + "' is " + describe(quantity.unit.dimension) + "; " +
                                signal.signal + " is " + describe(signal.known->dimension) +
                                ", in '" + signal.text + "'");
  if (kind == QuantityKind::kDifference)
    return convert_unit(quantity.value, difference_unit(quantity.unit),
                        difference_unit(*signal.known));
  return convert_unit(quantity.value, quantity.unit, *signal.known);
}

}  // namespace reelcell
