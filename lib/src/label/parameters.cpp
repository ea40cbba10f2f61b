// Parameters: the values that change from line to line, while the rules stay.
#include <cmath>

#include "internal/lexer.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/units.hpp"
#include "reelcell/label/rules.hpp"

namespace reelcell::label {
namespace {
using Entry = Parameters::Entry;

bool is_text(const Value& value) { return std::holds_alternative<std::string>(value); }
bool is_empty(const Value& value) { return std::holds_alternative<std::monostate>(value); }

void check_name(const std::string& name, const std::string& where) {
  bool plain = !name.empty() && !(name[0] >= '0' && name[0] <= '9') && !is_keyword(name);
  for (const char c : name)
    plain = plain && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_');
  for (const char* taken : {"segment", "session", "label", "event", "param"})
    plain = plain && name != taken;
  if (!plain)
    throw InputError(where, "'" + name +
                                "' cannot name a parameter; use letters, digits and '_', and none "
                                "of the words that rules use themselves, such as 'segment'");
}

/// "0.05 rad/s" in the entry's unit; a bare number is taken to be in it.
Value quantity_for(const Entry& entry, const std::string& text) {
  const Quantity quantity = parse_quantity(text);
  const Unit wanted = parse_unit(entry.unit);
  if (quantity.unit.text.empty() || quantity.unit.same_scale(wanted)) {
    const bool whole = text.find_first_of(".eE") == std::string::npos &&
                       std::abs(quantity.value) < 9e15 &&
                       quantity.value == std::floor(quantity.value);
    if (whole) return static_cast<std::int64_t>(quantity.value);
    return quantity.value;
  }
  if (quantity.unit.dimension != wanted.dimension)
    throw InputError("'" + text + "' is " + describe(quantity.unit.dimension) + "; parameter '" +
                     entry.name + "' is " + describe(wanted.dimension) +
                     (entry.unit.empty() ? "" : ", such as '1 " + entry.unit + "'"));
  return convert_unit(quantity.value, quantity.unit, wanted);
}

const char* kind_of(const Value& value) {
  if (is_text(value)) return "a text";
  if (std::holds_alternative<bool>(value)) return "true or false";
  return "a number";
}

/// A value from JSON for an entry that has a type already.
Value json_for(const Entry& entry, const Json& json) {
  Value value = value_from_json(json);
  if (is_empty(entry.value) || is_empty(value) || value.index() == entry.value.index()) {
    if (is_text(value) && !is_text(entry.value) && !entry.unit.empty())
      return quantity_for(entry, std::get<std::string>(value));
    return value;
  }
  if (is_text(value) && !std::holds_alternative<bool>(entry.value))
    return quantity_for(entry, std::get<std::string>(value));
  const bool numbers = !is_text(value) && !is_text(entry.value) &&
                       !std::holds_alternative<bool>(value) &&
                       !std::holds_alternative<bool>(entry.value);
  if (numbers) return value;
  throw InputError("found " + std::string(kind_of(value)) + "; parameter '" + entry.name + "' is " +
                   kind_of(entry.value));
}

Entry parse_entry(const std::string& name, const Json& json, const std::string& where) {
  check_name(name, where);
  Entry entry;
  entry.name = name;
  entry.origin = "default";
  if (!json.is_object()) {
    if (json.is_array())
      throw InputError(where,
                       "a list; expected a value, or {\"value\": 0.05, \"unit\": \"rad/s\"}");
    entry.value = value_from_json(json);
    return entry;
  }
  JsonObject object(json, where);
  const Json& value = object.raw("value");
  entry.unit = object.text_or("unit", "");
  object.ignore("help");
  object.finish();
  if (value.is_structured())
    throw InputError(object.where("value"), "found a list or an object; expected one value");
  at_place(object.where("unit"), [&] { return parse_unit(entry.unit); });
  entry.value = at_place(object.where("value"), [&] { return json_for(entry, value); });
  const bool number = !is_text(entry.value) && !std::holds_alternative<bool>(entry.value);
  if (!entry.unit.empty() && !number)
    throw InputError(object.where("unit"),
                     "only a number has a unit; the value is " + std::string(kind_of(entry.value)));
  return entry;
}

Entry& entry_named(Parameters& parameters, const std::string& name, const std::string& where) {
  std::vector<std::string> names;
  for (Entry& entry : parameters.entries) {
    if (entry.name == name) return entry;
    names.push_back(entry.name);
  }
  throw InputError(where, unknown_name("parameter", name, names));
}

void apply_variant(Parameters& parameters, const std::string& variant, const Json& values,
                   const std::string& where) {
  const JsonObject object(values, where);
  for (const auto& [name, json] : values.items()) {
    Entry& entry = entry_named(parameters, name, object.where(name));
    at_place(object.where(name), [&, &value_json = json] {
      Entry changed = entry;
      if (value_json.is_object()) {
        const Entry given = parse_entry(entry.name, value_json, object.where(entry.name));
        if (given.unit.empty() || is_text(given.value))
          changed.value = json_for(entry, to_json(given.value));
        else
          changed.value = quantity_for(entry, to_text(given.value) + " " + given.unit);
      } else {
        changed.value = json_for(entry, value_json);
      }
      changed.origin = "variant " + variant;
      entry = changed;
    });
  }
}

/// "seat_a", "\"seat_a\"", "12", "0.05 rad/s", "true".
Value override_for(const Entry& entry, const std::string& text) {
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                      text.back() == text.front();
  if (is_text(entry.value)) return quoted ? text.substr(1, text.size() - 2) : text;
  if (std::holds_alternative<bool>(entry.value)) {
    if (text == "true") return true;
    if (text == "false") return false;
    throw InputError("found '" + text + "'; parameter '" + entry.name + "' is 'true' or 'false'");
  }
  if (quoted)
    throw InputError("found the text " + text + "; parameter '" + entry.name + "' is a number");
  return quantity_for(entry, text);
}

void apply_override(Parameters& parameters, const std::string& text) {
  const std::string where = "--set " + text;
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw InputError(where, "expected name=value, such as --set v_max=\"0.08 rad/s\"");
  Entry& entry = entry_named(parameters, text.substr(0, equals), where);
  entry.value = at_place(where, [&] { return override_for(entry, text.substr(equals + 1)); });
  entry.origin = "--set";
}
}  // namespace

const Parameters::Entry* Parameters::find(std::string_view name) const {
  for (const Entry& entry : entries)
    if (entry.name == name) return &entry;
  return nullptr;
}

Parameters Parameters::parse(const Json* parameters, const Json* variants,
                             const std::string& variant, const std::vector<std::string>& overrides,
                             const std::string& where) {
  Parameters result;
  if (parameters && !parameters->is_null()) {
    const JsonObject object(*parameters, where + ": /parameters");
    for (const auto& [name, json] : parameters->items())
      result.entries.push_back(parse_entry(name, json, object.where(name)));
  }
  std::vector<std::string> names;
  Parameters chosen = result;
  if (variants && !variants->is_null()) {
    const JsonObject object(*variants, where + ": /variants");
    for (const auto& [name, values] : variants->items()) {
      // Every variant is checked: a typing error in one shows before that line is ever built.
      Parameters trial = result;
      apply_variant(trial, name, values, object.where(name));
      if (name == variant) chosen = trial;
      names.push_back(name);
    }
  }
  if (!variant.empty() && std::find(names.begin(), names.end(), variant) == names.end())
    throw InputError("--variant", unknown_name("variant", variant, names));
  for (const std::string& text : overrides) apply_override(chosen, text);
  return chosen;
}

}  // namespace reelcell::label
