#include "reelcell/textlog/options.hpp"

#include <algorithm>
#include <map>

#include "reelcell/base/error.hpp"
#include "reelcell/textlog/fields.hpp"

namespace reelcell::textlog {
namespace {
std::string optional_text(const OptionValues& values, const char* name) {
  return values.has(name) ? values.text(name) : std::string();
}

ColumnRequest parse_column(JsonObject object) {
  ColumnRequest column;
  column.name = object.text("name");
  if (column.name.empty() || column.name.find('/') != std::string::npos)
    object.fail("name", "found " + shown(column.name) + ", expected a name without '/'");
  const Json* from = object.find("from");
  if (!from) {
    column.from = {column.name};
  } else if (from->is_string()) {
    column.from = {from->get<std::string>()};
  } else {
    column.from = object.texts_or_empty("from");
    if (column.from.empty()) object.fail("from", "is empty, expected at least one column");
  }
  column.unit = object.text_or("unit", "");
  if (object.has("dtype"))
    column.dtype =
        at_place(object.where("dtype"), [&] { return parse_dtype(object.text("dtype")); });
  object.finish();
  return column;
}

struct Numbered {
  std::string stem;
  std::int64_t number = 0;
};
/// "q[3]" -> ("q[]", 3), "q_3" -> ("q_", 3).
std::optional<Numbered> numbered(std::string_view name) {
  const bool bracket = name.ends_with(']');
  const auto at = bracket ? name.rfind('[') : name.find_last_of("_.");
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  const std::string_view digits = name.substr(at + 1, name.size() - at - (bracket ? 2 : 1));
  Numbered result;
  if (digits.empty() || digits.size() > 4 || digits[0] < '0' || digits[0] > '9' ||
      !parse_integer(digits, &result.number))
    return std::nullopt;
  result.stem = std::string(name.substr(0, at + 1)) + (bracket ? "]" : "");
  return result;
}
}  // namespace

std::vector<OptionSpec> log_option_specs() {
  return {
      {.name = "time_column",
       .help = "Column that holds the time (default: by its name, such as time, timestamp, t_ns)",
       .optional = true},
      {.name = "time_unit",
       .type = OptionType::kChoice,
       .fallback = "auto",
       .help = "Unit of the time column; auto: from its name, form or size",
       .choices = {"auto", "s", "ms", "us", "ns", "rfc3339"}},
      {.name = "time_zone",
       .help = "Offset of RFC 3339 times that state none: Z or +02:00",
       .optional = true},
      {.name = "columns",
       .type = OptionType::kJson,
       .help = "List of {name, from, unit, dtype}: fields that become columns (default: every "
               "numeric one)",
       .optional = true},
      {.name = "group",
       .type = OptionType::kBool,
       .fallback = false,
       .help = "Join columns named q[0], q[1], .. or q_0, q_1, .. into one vector"},
      {.name = "kind",
       .help = "Kind of the events, when read as events (default: event)",
       .optional = true},
      {.name = "kind_column", .help = "Column that holds the kind of each event", .optional = true},
      {.name = "end_column",
       .help = "Column that holds the end of each event, in the time column's unit",
       .optional = true},
  };
}

LogOptions parse_log_options(const OptionValues& values) {
  LogOptions options;
  options.time_column = optional_text(values, "time_column");
  if (values.text("time_unit") != "auto")
    options.time_unit = parse_time_unit(values.text("time_unit"));
  options.time_zone = optional_text(values, "time_zone");
  std::int64_t ns = 0;
  if (!options.time_zone.empty() &&
      !parse_time("2026-01-01T00:00:00" + options.time_zone, TimeUnit::kRfc3339, &ns))
    throw InputError(values.where() + "/time_zone", "found " + shown(options.time_zone) +
                                                        ", expected Z or an offset such as +02:00");
  if (values.has("columns")) {
    const Json& list = values.json("columns");
    const std::string where = values.where() + "/columns";
    if (!list.is_array()) throw InputError(where, "expected a list of {name, from, unit, dtype}");
    for (std::size_t i = 0; i < list.size(); ++i)
      options.columns.push_back(parse_column(JsonObject(list[i], where + "/" + std::to_string(i))));
    for (std::size_t i = 0; i < options.columns.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (options.columns[i].name == options.columns[j].name)
          throw InputError(where + "/" + std::to_string(i),
                           "a second column named " + shown(options.columns[i].name) +
                               "; every column needs its own name");
  }
  options.group = values.boolean("group");
  options.kind = optional_text(values, "kind");
  options.kind_column = optional_text(values, "kind_column");
  options.end_column = optional_text(values, "end_column");
  if (!options.kind.empty() && !options.kind_column.empty())
    throw InputError(values.where(),
                     "both 'kind' and 'kind_column' are set; keep the one that says the kind");
  return options;
}

std::vector<ColumnRequest> group_names(const std::vector<std::string>& names) {
  std::map<std::string, std::map<std::int64_t, std::string>> families;
  for (const std::string& name : names)
    if (const auto part = numbered(name)) families[part->stem].emplace(part->number, name);
  const auto is_run = [](const std::map<std::int64_t, std::string>& family) {
    const std::int64_t first = family.begin()->first;
    return family.size() > 1 && first <= 1 &&
           family.rbegin()->first - first + 1 == static_cast<std::int64_t>(family.size());
  };
  std::vector<ColumnRequest> columns;
  std::vector<std::string> done;
  for (const std::string& name : names) {
    const auto part = numbered(name);
    if (!part || !is_run(families[part->stem])) {
      columns.push_back({name, {name}, "", {}});
      continue;
    }
    if (std::find(done.begin(), done.end(), part->stem) != done.end()) continue;
    done.push_back(part->stem);
    ColumnRequest vector;
    vector.name = part->stem.substr(0, part->stem.find_last_not_of("[]_.") + 1);
    for (const auto& [number, member] : families[part->stem]) vector.from.push_back(member);
    columns.push_back(std::move(vector));
  }
  return columns;
}

}  // namespace reelcell::textlog
