#include "internal/types.hpp"

namespace reelcell::label {

const Unit& nanosecond() {
  static const Unit unit = parse_unit("ns");
  return unit;
}

Type bool_type() {
  Type type;
  type.base = Base::kBool;
  return type;
}
Type text_type() {
  Type type;
  type.base = Base::kText;
  return type;
}
Type time_type() {
  Type type;
  type.base = Base::kTime;
  return type;
}
Type any_type() {
  Type type;
  type.base = Base::kAny;
  type.stated = false;
  return type;
}
Type number_type(const Unit& unit) {
  Type type;
  type.base = Base::kNumber;
  type.unit = unit.dimension.is_time() ? nanosecond() : unit;
  type.shown = unit;
  return type;
}
Type duration_type() { return number_type(parse_unit("s")); }
Type unstated_number(const std::string& odd_unit) {
  Type type;
  type.base = Base::kNumber;
  type.stated = false;
  type.odd_unit = odd_unit;
  return type;
}
Type as_signal(Type type, std::size_t width) {
  type.shape = Shape::kSignal;
  type.width = width;
  return type;
}
Type as_one(Type type) {
  type.shape = Shape::kOne;
  type.width = 1;
  return type;
}

namespace {
std::string in_unit(const Type& type) {
  if (!type.stated)
    return type.odd_unit.empty() ? " without a stated unit"
                                 : " in '" + type.odd_unit + "', which is not a known unit";
  return type.shown.text.empty() ? "" : " in " + type.shown.text;
}
std::string describe_base(const Type& type) {
  switch (type.base) {
    case Base::kUnknown:
      return "unknown";
    case Base::kBool:
      return "true or false";
    case Base::kNumber:
      return type.is_duration() ? "a duration" : "a number" + in_unit(type);
    case Base::kTime:
      return "a time";
    case Base::kText:
      return "text";
    case Base::kAny:
      return "a value whose type is known only from the data";
    case Base::kEvents:
      return "a stream of events";
  }
  return "?";
}
}  // namespace

std::string describe(const Type& type) {
  if (type.shape == Shape::kField) return "a field with one value an event";
  if (type.shape == Shape::kOne) return describe_base(type);
  if (type.base == Base::kBool) return "a condition with one value a sample";
  if (type.base == Base::kText) return "a signal of texts";
  return "a signal" + in_unit(type) +
         (type.width > 1 ? " with " + std::to_string(type.width) + " values a sample" : "");
}

Conversion conversion(const Unit& from, const Unit& to) { return {from.same_scale(to), from, to}; }

}  // namespace reelcell::label
