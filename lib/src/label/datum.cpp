#include "internal/datum.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace reelcell::label {

std::int64_t whole_ns(double ns) {
  constexpr double kLimit = 9.2e18;
  return std::llround(std::clamp(std::isnan(ns) ? 0.0 : ns, -kLimit, kLimit));
}

std::int64_t add_ns(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? std::numeric_limits<std::int64_t>::min()
               : std::numeric_limits<std::int64_t>::max();
}

std::string time_text(SessionTime time) {
  std::string text = format_seconds(time.time_since_epoch());
  const std::size_t point = text.find('.');
  if (point != std::string::npos)
    while (text.size() > point + 4 && text.back() == '0') text.pop_back();
  return text + "s";
}

std::string short_number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

Value shown_value(const Datum& datum, const Type& type) {
  const bool number = type.base == Base::kNumber && type.stated;
  if (!number || type.unit.same_scale(type.shown)) return datum.value;
  if (const std::optional<double> value = number_in(datum.value))
    return convert_unit(*value, type.unit, type.shown);
  return datum.value;
}

std::string datum_text(const Datum& datum, const Type& type) {
  if (!datum.known()) return "unknown";
  if (type.base == Base::kTime)
    if (const auto* ns = std::get_if<std::int64_t>(&datum.value))
      return time_text(session_time(*ns));
  const Value value = shown_value(datum, type);
  if (const auto* text = std::get_if<std::string>(&value)) return "'" + *text + "'";
  const auto* real = std::get_if<double>(&value);
  std::string text = real ? short_number(*real) : to_text(value);
  if (type.base == Base::kNumber && type.stated && !type.shown.text.empty())
    text += " " + type.shown.text;
  return text;
}

}  // namespace reelcell::label
