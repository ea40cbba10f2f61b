#include "internal/recipe_parameters.hpp"

#include <cmath>
#include <functional>
#include <optional>

#include "reelcell/base/error.hpp"
#include "reelcell/base/quantity_option.hpp"
#include "reelcell/curate/registry.hpp"
#include "reelcell/media/clip.hpp"
#include "reelcell/pipeline/recipe.hpp"
#include "reelcell/segment/registry.hpp"
#include "reelcell/writers/registry.hpp"

namespace reelcell::pipeline {
namespace {

using Entry = label::Parameters::Entry;

/// A parameter as it was written: "f_max" or "-f_max".
struct Named {
  std::string name;
  bool negative = false;
};

/// Values that are written otherwise have a digit or a point where the name would begin.
std::optional<Named> named(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  std::string text = value.get<std::string>();
  const bool negative = text.starts_with('-');
  if (negative) text.erase(0, 1);
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || !letter(text.front())) return std::nullopt;
  for (const char c : text)
    if (!letter(c) && !(c >= '0' && c <= '9')) return std::nullopt;
  return Named{std::move(text), negative};
}

/// "'v_still' is an angle per time (rad/s)".
std::string described(const Entry& entry) {
  return "parameter '" + entry.name + "' is " + describe(parse_unit(entry.unit).dimension);
}

double number_of(const Entry& entry) {
  if (const auto* whole = std::get_if<std::int64_t>(&entry.value))
    return static_cast<double>(*whole);
  if (const auto* number = std::get_if<double>(&entry.value)) return *number;
  throw InputError("parameter '" + entry.name + "' is not a number");
}

Entry negated(Entry entry) {
  if (const auto* whole = std::get_if<std::int64_t>(&entry.value))
    entry.value = -*whole;
  else
    entry.value = -number_of(entry);
  return entry;
}

/// In the option's unit where that is a physical one (Hz, px), else as a plain number.
Json plain_number(const Entry& entry, const std::string& unit_text) {
  const double value = number_of(entry);
  const Unit given = parse_unit(entry.unit);
  const Unit wanted = find_unit(unit_text).value_or(Unit{});
  if (given.text.empty() || given.same_scale(wanted)) return to_json(entry.value);
  if (given.dimension != wanted.dimension)
    throw InputError(described(entry) + "; " + describe(wanted.dimension) + " is needed here");
  return convert_unit(value, given, wanted);
}

Json whole_number(const Entry& entry, const std::string& unit_text) {
  const Json number = plain_number(entry, unit_text);
  if (number.is_number_integer()) return number;
  const auto value = number.get<double>();
  if (value != std::floor(value) || std::abs(value) > 9e15)
    throw InputError("parameter '" + entry.name + "' is " + number.dump() +
                     "; a whole number is needed here");
  return static_cast<std::int64_t>(value);
}

/// As written where parse_duration() knows the unit, so that no digit is lost.
Json duration_text(const Entry& entry) {
  const double value = number_of(entry);
  const Unit unit = parse_unit(entry.unit), ns = parse_unit("ns");
  if (entry.unit.empty())
    throw InputError("parameter '" + entry.name +
                     "' has no unit; a duration is needed here: {\"value\": " +
                     to_text(entry.value) + ", \"unit\": \"ms\"}");
  if (unit.dimension != ns.dimension)
    throw InputError(described(entry) + "; a duration is needed here");
  for (const char* known : {"h", "min", "s", "ms", "us", "ns"})
    if (entry.unit == known) return to_text(entry.value) + " " + entry.unit;
  return std::to_string(std::llround(convert_unit(value, unit, ns))) + " ns";
}

Json value_of(const Entry& entry, const OptionSpec& spec) {
  if (const auto* text = std::get_if<std::string>(&entry.value)) return *text;
  if (is_quantity(spec)) {
    number_of(entry);
    if (entry.unit.empty()) return to_json(entry.value);
    return to_text(entry.value) + " " + entry.unit;
  }
  if (spec.type == OptionType::kDuration) return duration_text(entry);
  if (spec.type == OptionType::kNumber) return plain_number(entry, spec.unit);
  return whole_number(entry, spec.unit);
}

const char* expected(const OptionSpec& spec) {
  if (is_quantity(spec)) return "a number or a quantity such as \"2 N\"";
  if (spec.type == OptionType::kDuration) return "a duration such as \"500ms\"";
  if (spec.type == OptionType::kSize) return "a size such as \"256MB\"";
  return spec.type == OptionType::kNumber ? "a number" : "an integer";
}

class Resolver {
 public:
  explicit Resolver(const label::Parameters& parameters) : parameters_(&parameters) {}

  void value(Json& value, const OptionSpec& spec, const std::string& where) const {
    const std::optional<Named> written = named(value);
    if (!written) return;
    const Entry* entry = parameters_->find(written->name);
    if (!entry) {
      std::vector<std::string> names;
      for (const Entry& each : parameters_->entries) names.push_back(each.name);
      throw InputError(where,
                       "found " + value.dump() + ", expected " + expected(spec) +
                           " or a parameter: " + unknown_name("parameter", written->name, names));
    }
    value = at_place(where,
                     [&] { return value_of(written->negative ? negated(*entry) : *entry, spec); });
  }

  using Nested = std::function<const std::vector<OptionSpec>*(const std::string& option)>;
  void options(Json& object, const std::vector<OptionSpec>& specs, const std::string& where,
               const Nested& nested = {}) const {
    if (!object.is_object()) return;
    for (const OptionSpec& spec : specs) {
      const auto at = object.find(spec.name);
      if (at == object.end()) continue;
      const std::string place = where + "/" + spec.name;
      if (takes_parameter(spec)) value(*at, spec, place);
      const auto* entries = nested ? nested(spec.name) : nullptr;
      if (at->is_array() && spec.type == OptionType::kJson)
        list(*at, entries ? *entries : std::vector<OptionSpec>{}, place);
    }
  }

  /// Plain numbers, or objects with options of their own.
  void list(Json& entries, const std::vector<OptionSpec>& specs, const std::string& where) const {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::string place = where + "/" + std::to_string(i);
      options(entries[i], specs, place);
      value(entries[i], {.name = "", .type = OptionType::kNumber}, place);
    }
  }

 private:
  const label::Parameters* parameters_;
};

/// Each entry of a list whose member `key` says of which stage it is.
template <class Rows, class Visit>
void each_stage(Json& document, const char* list, const char* key, const Rows& rows,
                const std::string& where, Visit&& visit) {
  const auto entries = document.find(list);
  if (entries == document.end() || !entries->is_array()) return;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    Json& entry = (*entries)[i];
    if (!entry.is_object()) continue;
    const auto named = entry.find(key);
    for (const auto* row : rows)
      if (named != entry.end() && *named == row->name)
        visit(*row, entry, where + "/" + list + "/" + std::to_string(i));
  }
}

void resolve_grid(Json& grid, const Resolver& resolver, const std::string& where) {
  resolver.options(grid, {{.name = "rate_hz", .type = OptionType::kNumber, .unit = "Hz"}}, where);
  const auto policy = grid.is_object() ? grid.find("policy") : grid.end();
  if (policy == grid.end() || !policy->is_object()) return;
  for (const auto& [stream, entry] : policy->items())
    resolver.options(entry, {{.name = "tolerance", .type = OptionType::kDuration}},
                     where + "/policy/" + stream);
}

void resolve_shares(Json& splits, const Resolver& resolver, const std::string& where) {
  const auto ratios = splits.is_object() ? splits.find("ratios") : splits.end();
  if (ratios == splits.end() || !ratios->is_object()) return;
  for (const auto& [split, share] : ratios->items())
    resolver.value(share, {.name = "", .type = OptionType::kNumber}, where + "/ratios/" + split);
}

}  // namespace

bool takes_parameter(const OptionSpec& spec) {
  return is_quantity(spec) || spec.type == OptionType::kNumber ||
         spec.type == OptionType::kInteger || spec.type == OptionType::kDuration ||
         spec.type == OptionType::kSize;
}

Json with_parameters(Json document, const label::Parameters& parameters, const std::string& name) {
  const std::string where = name + ": ";
  const Resolver resolver(parameters);
  const auto part = [&](const char* key, const auto& visit) {
    const auto at = document.find(key);
    if (at != document.end()) visit(*at, where + "/" + key);
  };
  part("grid", [&](Json& grid, const std::string& at) { resolve_grid(grid, resolver, at); });
  each_stage(document, "segments", "kind", segment::all_segmenters(), where,
             [&](const SegmenterRow& row, Json& entry, const std::string& at) {
               resolver.options(entry, row.options, at, [&](const std::string& option) {
                 return segment::entry_options(row, option);
               });
             });
  each_stage(document, "gates", "kind", curate::all_gates(), where,
             [&](const GateRow& row, Json& entry, const std::string& at) {
               resolver.options(entry, row.options, at);
             });
  each_stage(document, "outputs", "format", writers::all_writers(), where,
             [&](const WriterRow& row, Json& entry, const std::string& at) {
               resolver.options(entry, row.options, at);
             });
  part("objects", [&](Json& objects, const std::string& at) {
    for (std::size_t i = 0; objects.is_array() && i < objects.size(); ++i)
      resolver.options(objects[i], object_options(), at + "/" + std::to_string(i));
  });
  part("splits",
       [&](Json& splits, const std::string& at) { resolve_shares(splits, resolver, at); });
  part("video", [&](Json& video, const std::string& at) {
    resolver.options(video, media::encode_option_specs(), at);
  });
  part("stills", [&](Json& stills, const std::string& at) {
    resolver.options(stills, {{.name = "quality", .type = OptionType::kInteger}}, at);
  });
  return document;
}

}  // namespace reelcell::pipeline
