#include "internal/schema_explain.hpp"

#include <algorithm>
#include <cmath>
#include <regex>
#include <set>

#include "reelcell/base/error.hpp"

namespace reelcell::audit {
namespace {

using Misfits = std::vector<Misfit>;

std::string found(const Json& value) {
  constexpr std::size_t kShown = 60;
  if (value.is_object()) return "found an object";
  if (value.is_array()) return "found a list";
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kShown) text = text.substr(0, kShown) + "..";
  return "found " + text;
}

/// "; Longest time without a sample (0: not checked)": what the schema says of the value.
std::string described(const Json& schema) {
  const auto at = schema.find("description");
  return at == schema.end() || !at->is_string() ? "" : " (" + at->get<std::string>() + ")";
}

std::string type_words(const std::string& type) {
  if (type == "object") return "an object";
  if (type == "array") return "a list";
  if (type == "string") return "text";
  if (type == "integer") return "an integer";
  if (type == "number") return "a number";
  if (type == "boolean") return "true or false";
  return type;
}

std::vector<std::string> types_of(const Json& schema) {
  const auto at = schema.find("type");
  if (at == schema.end()) return {};
  if (at->is_string()) return {at->get<std::string>()};
  return at->get<std::vector<std::string>>();
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "number") return value.is_number();
  return value.is_number_integer() ||
         (value.is_number_float() && std::floor(value.get<double>()) == value.get<double>());
}

bool same(const Json& a, const Json& b) { return nlohmann::json(a) == nlohmann::json(b); }

/// Members of an object in a pointer: "~" and "/" are written "~0" and "~1".
std::string below(const std::string& pointer, const std::string& name) {
  std::string escaped;
  for (const char c : name)
    if (c == '~')
      escaped += "~0";
    else if (c == '/')
      escaped += "~1";
    else
      escaped += c;
  return pointer + "/" + escaped;
}

class Explainer {
 public:
  explicit Explainer(const Json& root) : root_(&root) {}

  void check(const Json& schema, const Json& value, const std::string& at, Misfits& misfits) const {
    if (!schema.is_object()) {
      if (schema == false) misfits.push_back({at, found(value) + ", expected nothing"});
      return;
    }
    if (const auto ref = schema.find("$ref"); ref != schema.end()) {
      check(referred(ref->get<std::string>()), value, at, misfits);
      return;
    }
    if (!check_type(schema, value, at, misfits) || !check_choice(schema, value, at, misfits))
      return;
    if (value.is_number()) check_number(schema, value, at, misfits);
    if (value.is_string()) check_text(schema, value, at, misfits);
    if (value.is_array()) check_list(schema, value, at, misfits);
    if (value.is_object()) check_object(schema, value, at, misfits);
    for (const char* key : {"oneOf", "anyOf"})
      if (const auto forms = schema.find(key); forms != schema.end())
        check_forms(*forms, value, at, misfits);
    if (const auto all = schema.find("allOf"); all != schema.end())
      for (const Json& each : *all) check(each, value, at, misfits);
  }

 private:
  const Json& referred(const std::string& ref) const {
    return root_->at(Json::json_pointer(ref.substr(ref.find('#') + 1)));
  }

  static bool check_type(const Json& schema, const Json& value, const std::string& at,
                         Misfits& misfits) {
    const std::vector<std::string> types = types_of(schema);
    if (types.empty() || std::any_of(types.begin(), types.end(), [&](const std::string& type) {
          return has_type(value, type);
        }))
      return true;
    std::string expected;
    for (std::size_t i = 0; i < types.size(); ++i)
      expected += (i == 0 ? "" : i + 1 == types.size() ? " or " : ", ") + type_words(types[i]);
    misfits.push_back({at, found(value) + ", expected " + expected + described(schema)});
    return false;
  }

  /// const and enum.
  static bool check_choice(const Json& schema, const Json& value, const std::string& at,
                           Misfits& misfits) {
    if (const auto only = schema.find("const"); only != schema.end() && !same(*only, value)) {
      misfits.push_back({at, found(value) + ", expected " + only->dump() + described(schema)});
      return false;
    }
    const auto choices = schema.find("enum");
    if (choices == schema.end() ||
        std::any_of(choices->begin(), choices->end(),
                    [&](const Json& choice) { return same(choice, value); }))
      return true;
    std::vector<std::string> names;
    for (const Json& choice : *choices)
      names.push_back(choice.is_string() ? choice.get<std::string>() : choice.dump());
    if (value.is_string())
      misfits.push_back({at, unknown_name("value", value.get<std::string>(), names)});
    else
      misfits.push_back({at, found(value) + ", expected " + list_of(names)});
    return false;
  }

  static void check_number(const Json& schema, const Json& value, const std::string& at,
                           Misfits& misfits) {
    const auto number = value.get<double>();
    const auto limit = [&](const char* key, const char* words, auto&& holds) {
      const auto bound = schema.find(key);
      if (bound == schema.end() || !bound->is_number() || holds(number, bound->get<double>()))
        return;
      misfits.push_back(
          {at, found(value) + ", expected " + words + " " + bound->dump() + described(schema)});
    };
    limit("minimum", "at least", [](double a, double b) { return a >= b; });
    limit("maximum", "at most", [](double a, double b) { return a <= b; });
    limit("exclusiveMinimum", "more than", [](double a, double b) { return a > b; });
    limit("exclusiveMaximum", "less than", [](double a, double b) { return a < b; });
  }

  static void check_text(const Json& schema, const Json& value, const std::string& at,
                         Misfits& misfits) {
    const auto& text = value.get_ref<const std::string&>();
    if (const auto least = schema.find("minLength");
        least != schema.end() && text.size() < least->get<std::size_t>()) {
      misfits.push_back({at, found(value) + ", expected text" + described(schema)});
      return;
    }
    const auto pattern = schema.find("pattern");
    if (pattern == schema.end()) return;
    if (std::regex_search(text, std::regex(pattern->get<std::string>()))) return;
    std::string expected = "text that matches " + pattern->get<std::string>();
    if (const auto examples = schema.find("examples"); examples != schema.end()) {
      expected = "such as";
      for (std::size_t i = 0; i < examples->size(); ++i)
        expected += (i ? " or " : " ") + (*examples)[i].dump();
    }
    misfits.push_back({at, found(value) + ", expected " + expected + described(schema)});
  }

  void check_list(const Json& schema, const Json& value, const std::string& at,
                  Misfits& misfits) const {
    const auto size = [&](const char* key, const char* words, auto&& holds) {
      const auto bound = schema.find(key);
      if (bound == schema.end() || holds(value.size(), bound->get<std::size_t>())) return;
      misfits.push_back({at, "found " + std::to_string(value.size()) + " entries, expected " +
                                 words + " " + bound->dump() + described(schema)});
    };
    size("minItems", "at least", [](std::size_t a, std::size_t b) { return a >= b; });
    size("maxItems", "at most", [](std::size_t a, std::size_t b) { return a <= b; });
    if (schema.value("uniqueItems", false)) {
      std::set<nlohmann::json> seen;
      for (std::size_t i = 0; i < value.size(); ++i)
        if (!seen.insert(nlohmann::json(value[i])).second)
          misfits.push_back(
              {below(at, std::to_string(i)), found(value[i]) + ", which is there already"});
    }
    const auto items = schema.find("items");
    if (items == schema.end()) return;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (items->is_array() && i >= items->size()) break;
      check(items->is_array() ? (*items)[i] : *items, value[i], below(at, std::to_string(i)),
            misfits);
    }
  }

  void check_object(const Json& schema, const Json& value, const std::string& at,
                    Misfits& misfits) const {
    static const Json none = Json::object();
    const auto known = schema.find("properties");
    const Json& properties = known == schema.end() ? none : *known;
    if (const auto required = schema.find("required"); required != schema.end())
      for (const Json& name : *required)
        if (!value.contains(name.get<std::string>()))
          misfits.push_back({at, "'" + name.get<std::string>() + "' is missing" +
                                     described(properties.value(name.get<std::string>(), none))});
    const auto others = schema.find("additionalProperties");
    std::vector<std::string> names;
    for (const auto& [name, unused] : properties.items()) names.push_back(name);
    for (const auto& [name, member] : value.items()) {
      if (const auto property = properties.find(name); property != properties.end())
        check(*property, member, below(at, name), misfits);
      else if (others != schema.end() && *others == false)
        misfits.push_back({below(at, name), unknown_name("key", name, names)});
      else if (others != schema.end())
        check(*others, member, below(at, name), misfits);
    }
    if (const auto rules = schema.find("dependencies"); rules != schema.end())
      for (const auto& [name, rule] : rules->items())
        if (value.contains(name)) check_dependency(name, rule, value, at, misfits);
  }

  void check_dependency(const std::string& name, const Json& rule, const Json& value,
                        const std::string& at, Misfits& misfits) const {
    if (!rule.is_array()) {
      check(rule, value, at, misfits);
      return;
    }
    for (const Json& other : rule)
      if (!value.contains(other.get<std::string>()))
        misfits.push_back(
            {at, "'" + name + "' is given, but '" + other.get<std::string>() + "' is missing"});
  }

  const Json& resolved(const Json& schema) const {
    const Json* at = &schema;
    while (at->is_object() && at->contains("$ref"))
      at = &referred((*at)["$ref"].get<std::string>());
    return *at;
  }

  /// The member by whose constant value every form is told apart; "" = there is none.
  std::string discriminator(const Json& forms) const {
    const Json properties_of_first = resolved(forms.front()).value("properties", Json::object());
    for (const auto& [name, property] : properties_of_first.items()) {
      const bool everywhere =
          std::all_of(forms.begin(), forms.end(), [&, key = name](const Json& form) {
            const Json properties = resolved(form).value("properties", Json::object());
            return properties.contains(key) && properties[key].contains("const");
          });
      if (everywhere) return name;
    }
    return "";
  }

  void check_named_form(const std::string& key, const Json& forms, const Json& value,
                        const std::string& at, Misfits& misfits) const {
    std::vector<std::string> names;
    for (const Json& each : forms) {
      const Json& form = resolved(each);
      const Json& name = form["properties"][key]["const"];
      if (value.contains(key) && same(value[key], name)) {
        check(form, value, at, misfits);
        return;
      }
      names.push_back(name.is_string() ? name.get<std::string>() : name.dump());
    }
    if (!value.contains(key))
      misfits.push_back({at, "'" + key + "' is missing; it is one of " + list_of(names)});
    else if (value[key].is_string())
      misfits.push_back({below(at, key), unknown_name(key, value[key].get<std::string>(), names)});
    else
      misfits.push_back({below(at, key), found(value[key]) + ", expected " + list_of(names)});
  }

  void check_forms(const Json& forms, const Json& value, const std::string& at,
                   Misfits& misfits) const {
    if (forms.empty()) return;
    const std::string key = value.is_object() ? discriminator(forms) : "";
    if (!key.empty()) {
      check_named_form(key, forms, value, at, misfits);
      return;
    }
    // The form of the value's own type that fits best; where none is of its type, all types.
    std::vector<Misfits> of_type;
    std::string types;
    for (const Json& each : forms) {
      const Json& form = resolved(each);
      Misfits own;
      check(form, value, at, own);
      if (own.empty()) return;
      const std::vector<std::string> allowed = types_of(form);
      const bool fits =
          allowed.empty() || std::any_of(allowed.begin(), allowed.end(),
                                         [&](const auto& type) { return has_type(value, type); });
      if (fits) of_type.push_back(std::move(own));
      for (const std::string& type : allowed)
        types += (types.empty() ? "" : " or ") + type_words(type);
    }
    if (of_type.empty()) {
      misfits.push_back({at, found(value) + ", expected " + types});
      return;
    }
    const auto best =
        std::min_element(of_type.begin(), of_type.end(),
                         [](const Misfits& a, const Misfits& b) { return a.size() < b.size(); });
    misfits.insert(misfits.end(), best->begin(), best->end());
  }

  const Json* root_;
};

}  // namespace

std::vector<Misfit> explain_misfits(const Json& schema, const Json& document) {
  Misfits misfits;
  Explainer(schema).check(schema, document, "", misfits);
  for (Misfit& misfit : misfits)
    if (misfit.pointer.empty()) misfit.pointer = "/";
  return misfits;
}

}  // namespace reelcell::audit
