// One scalar: an event's field, a label's value, a session attribute.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "reelcell/base/json.hpp"

namespace reelcell {

/// monostate = unknown; it is never written as a number.
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

Json to_json(const Value& value);
/// Objects and arrays become their JSON text.
Value value_from_json(const Json& json);
/// For messages and templates: text without quotes, numbers in the shortest form that reads back,
/// "unknown".
std::string to_text(const Value& value);

}  // namespace reelcell
