// A value while evaluating: known, or unknown with the reason.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "internal/types.hpp"
#include "reelcell/base/time.hpp"
#include "reelcell/model/value.hpp"

namespace reelcell::label {

struct Datum {
  Value value;      ///< numbers in the unit of the node's type; times as int64 ns
  std::string why;  ///< of an unknown value
  double coverage =
      1;  ///< share of the samples asked for that were there: the confidence of a rule without one
  std::string note;  ///< for explanations: "3120 samples, 4 missing"

  bool known() const { return !std::holds_alternative<std::monostate>(value); }
};

inline Datum known(Value value, double coverage = 1, std::string note = {}) {
  return {std::move(value), {}, coverage, std::move(note)};
}
inline Datum unknown(std::string why) { return {{}, std::move(why), 0, {}}; }

/// A number of either kind.
inline std::optional<double> number_in(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}
/// Times and durations from doubles of ns, saturating.
std::int64_t whole_ns(double ns);
std::int64_t add_ns(std::int64_t a, std::int64_t b);

/// "23.1 N", "'OK'", "true", "12.480s", "250ms".
std::string datum_text(const Datum& datum, const Type& type);
/// As a label holds it: numbers in the unit shown, durations in s unless another unit was asked
/// for.
Value shown_value(const Datum& datum, const Type& type);
/// "12.480s": at least three digits, no needless zeros.
std::string time_text(SessionTime time);
/// Six significant digits.
std::string short_number(double value);

}  // namespace reelcell::label
