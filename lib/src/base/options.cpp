#include "reelcell/base/options.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>

#include "reelcell/base/error.hpp"
#include "reelcell/base/quantity_option.hpp"

namespace reelcell {
namespace {
std::string expected_text(const OptionSpec& spec) {
  if (is_quantity(spec)) return "a number or a quantity such as \"2 N\"";
  switch (spec.type) {
    case OptionType::kBool:
      return "true or false";
    case OptionType::kInteger:
      return "an integer";
    case OptionType::kNumber:
      return "a number";
    case OptionType::kDuration:
      return "a duration such as \"500ms\"";
    case OptionType::kSize:
      return "a size such as \"256MB\"";
    case OptionType::kText:
      return "text";
    case OptionType::kExpression:
      return "an expression as text";
    case OptionType::kChoice:
      return list_of(spec.choices);
    case OptionType::kTextList:
      return "a list of texts";
    case OptionType::kJson:
      return "JSON";
  }
  return "";
}

bool has_type(const Json& value, const OptionSpec& spec) {
  if (is_quantity(spec)) return value.is_number() || value.is_string();
  switch (spec.type) {
    case OptionType::kBool:
      return value.is_boolean();
    case OptionType::kInteger:
      return value.is_number_integer();
    case OptionType::kNumber:
      return value.is_number();
    case OptionType::kSize:
      return value.is_string() || value.is_number_unsigned();
    case OptionType::kDuration:
    case OptionType::kText:
    case OptionType::kExpression:
    case OptionType::kChoice:
      return value.is_string();
    case OptionType::kTextList:
      return value.is_array() && std::all_of(value.begin(), value.end(),
                                             [](const Json& entry) { return entry.is_string(); });
    case OptionType::kJson:
      return true;
  }
  return false;
}

void check_value(const Json& value, const OptionSpec& spec, const std::string& where) {
  if (!has_type(value, spec))
    throw InputError(where, "found " + value.dump() + ", expected " + expected_text(spec) + " (" +
                                spec.help + ")");
  if (spec.type == OptionType::kChoice) {
    const std::string text = value.get<std::string>();
    if (std::find(spec.choices.begin(), spec.choices.end(), text) == spec.choices.end())
      throw InputError(where, unknown_name("value", text, spec.choices));
  }
  if (spec.type == OptionType::kDuration)
    at_place(where, [&] { return parse_duration(value.get<std::string>()); });
  if (is_quantity(spec) && value.is_string())
    at_place(where, [&] { return parse_quantity(value.get<std::string>()); });
  if (spec.type == OptionType::kSize && value.is_string())
    at_place(where, [&] { return parse_size(value.get<std::string>()); });
}
}  // namespace

OptionValues OptionValues::parse(const Json& object, const std::vector<OptionSpec>& specs,
                                 const std::string& where, const std::vector<std::string>& ignore) {
  if (!object.is_object())
    throw InputError(where, "found " + object.dump() + ", expected an object");
  OptionValues values;
  values.where_ = where;
  std::vector<std::string> names;
  for (const OptionSpec& spec : specs) {
    names.push_back(spec.name);
    const auto it = object.find(spec.name);
    if (it != object.end() && !it->is_null()) {
      check_value(*it, spec, where + "/" + spec.name);
      values.values_[spec.name] = *it;
    } else if (!spec.fallback.is_null()) {
      values.values_[spec.name] = spec.fallback;
    } else if (!spec.optional) {
      throw InputError(
          where, "'" + spec.name + "' is missing: " + expected_text(spec) + " (" + spec.help + ")");
    }
  }
  for (const auto& [key, value] : object.items()) {
    if (key == "comment" || std::find(ignore.begin(), ignore.end(), key) != ignore.end()) continue;
    if (std::find(names.begin(), names.end(), key) == names.end())
      throw InputError(where, unknown_name("option", key, names));
  }
  return values;
}

OptionValues OptionValues::defaults(const std::vector<OptionSpec>& specs) {
  OptionValues values;
  for (const OptionSpec& spec : specs)
    if (!spec.fallback.is_null()) values.values_[spec.name] = spec.fallback;
  return values;
}

bool OptionValues::has(std::string_view name) const { return values_.contains(std::string(name)); }
const Json& OptionValues::json(std::string_view name) const {
  const auto it = values_.find(std::string(name));
  assert(it != values_.end() && "option was not declared or has no value");
  static const Json null;
  return it == values_.end() ? null : *it;
}
bool OptionValues::boolean(std::string_view name) const { return json(name).get<bool>(); }
std::int64_t OptionValues::integer(std::string_view name) const {
  return json(name).get<std::int64_t>();
}
double OptionValues::number(std::string_view name) const { return json(name).get<double>(); }
Nanos OptionValues::duration(std::string_view name) const {
  return parse_duration(json(name).get<std::string>());
}
std::uint64_t OptionValues::size(std::string_view name) const {
  const Json& value = json(name);
  return value.is_string() ? parse_size(value.get<std::string>()) : value.get<std::uint64_t>();
}
std::string OptionValues::text(std::string_view name) const {
  return json(name).get<std::string>();
}
std::vector<std::string> OptionValues::texts(std::string_view name) const {
  return json(name).get<std::vector<std::string>>();
}

std::uint64_t parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  static constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {{"", 1},
                                                                          {"B", 1},
                                                                          {"kB", 1000},
                                                                          {"KB", 1000},
                                                                          {"MB", 1000000},
                                                                          {"GB", 1000000000},
                                                                          {"TB", 1000000000000},
                                                                          {"KiB", 1ull << 10},
                                                                          {"MiB", 1ull << 20},
                                                                          {"GiB", 1ull << 30},
                                                                          {"TiB", 1ull << 40}};
  if (error == std::errc()) {
    for (const auto& [name, factor] : kUnits) {
      std::uint64_t bytes = 0;
      if (unit == name && !__builtin_mul_overflow(value, factor, &bytes)) return bytes;
    }
  }
  throw InputError("'" + std::string(text) +
                   "' is not a size; write a whole number with kB, MB, GB, KiB, MiB or GiB");
}

Json option_schema(const OptionSpec& spec) {
  Json schema = Json::object();
  switch (spec.type) {
    case OptionType::kBool:
      schema["type"] = "boolean";
      break;
    case OptionType::kInteger:
      schema["type"] = "integer";
      break;
    case OptionType::kNumber:
      schema["type"] = "number";
      break;
    case OptionType::kDuration:
      schema["type"] = "string";
      schema["examples"] = Json::array({"500ms"});
      schema["pattern"] = "^[+-]?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)? ?(h|min|s|ms|us|ns)$";
      break;
    case OptionType::kSize:
      schema["type"] = Json::array({"string", "integer"});
      schema["examples"] = Json::array({"256MB"});
      schema["pattern"] = "^[0-9]+ ?(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$";
      schema["minimum"] = 0;
      break;
    case OptionType::kText:
    case OptionType::kExpression:
      schema["type"] = "string";
      break;
    case OptionType::kChoice:
      schema["type"] = "string";
      schema["enum"] = spec.choices;
      break;
    case OptionType::kTextList:
      schema["type"] = "array";
      schema["items"] = {{"type", "string"}};
      break;
    case OptionType::kJson:
      if (is_quantity(spec)) schema["examples"] = Json::array({2, "2 N"});
      break;
  }
  schema["description"] = spec.unit.empty() ? spec.help : spec.help + " [" + spec.unit + "]";
  if (!spec.fallback.is_null()) schema["default"] = spec.fallback;
  return schema;
}

Json options_schema(const std::vector<OptionSpec>& specs) {
  Json schema = {{"type", "object"}, {"properties", Json::object()}};
  Json required = Json::array();
  for (const OptionSpec& spec : specs) {
    schema["properties"][spec.name] = option_schema(spec);
    if (spec.fallback.is_null() && !spec.optional) required.push_back(spec.name);
  }
  if (!required.empty()) schema["required"] = required;
  schema["additionalProperties"] = false;
  return schema;
}

}  // namespace reelcell
