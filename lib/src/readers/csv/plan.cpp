#include "internal/plan.hpp"

#include <algorithm>

#include "reelcell/base/error.hpp"

namespace reelcell::readers::csv {
namespace {
using textlog::trim;

/// A column by its name, its name without the unit, or its place ("#3").
std::size_t field_named(const Layout& layout, const std::string& name, const char* option) {
  std::int64_t place = 0;
  if (name.size() > 1 && name[0] == '#' &&
      textlog::parse_integer(std::string_view(name).substr(1), &place) && place >= 1 &&
      static_cast<std::size_t>(place) <= layout.width())
    return static_cast<std::size_t>(place) - 1;
  const auto found = layout.places.find(name);
  if (found == layout.places.end())
    throw InputError(std::string("option '") + option +
                     "': " + unknown_name("column", name, layout.names));
  const std::vector<std::size_t>& places = found->second;
  if (places.size() > 1)
    throw InputError(std::string("option '") + option + "': columns " +
                     std::to_string(places[0] + 1) + " and " + std::to_string(places[1] + 1) +
                     " are both named " + textlog::shown(name) + "; say which by its place: \"#" +
                     std::to_string(places[0] + 1) + "\" or \"#" + std::to_string(places[1] + 1) +
                     "\"");
  return places[0];
}

/// Names must be unique unless every column that is read was picked by its place.
void refuse_duplicates(const Layout& layout) {
  for (std::size_t i = 0; i < layout.width(); ++i) {
    const std::vector<std::size_t>& places = layout.places.at(layout.names[i]);
    if (places.size() > 1)
      throw InputError("columns " + std::to_string(places[0] + 1) + " and " +
                       std::to_string(places[1] + 1) + " are both named " +
                       textlog::shown(layout.names[i]) +
                       ", expected unique names; rename one in the header, or pick columns by "
                       "place with the option columns: [{\"name\": \"a\", \"from\": \"#" +
                       std::to_string(places[0] + 1) + "\"}, ..]");
  }
}

std::string_view first_value(const Layout& layout, std::size_t field) {
  for (const auto& row : layout.sample)
    if (const auto text = trim(row[field]); !textlog::is_missing(text)) return text;
  return {};
}

bool increases(const Layout& layout, std::size_t field) {
  double before = 0;
  for (std::size_t row = 0; row < layout.sample.size(); ++row) {
    double value = 0;
    if (!textlog::parse_number(trim(layout.sample[row][field]), &value)) return false;
    if (row > 0 && value <= before) return false;
    before = value;
  }
  return layout.sample.size() > 1;
}

std::size_t find_time_column(const Plan& plan, const std::string& where, Diagnostics& diagnostics) {
  const Layout& layout = plan.layout;
  if (!plan.options.time_column.empty())
    return field_named(layout, plan.options.time_column, "time_column");
  if (const auto guess = textlog::guess_time_column(layout.raw_names)) return *guess;
  if (!layout.has_header || increases(layout, 0)) {
    diagnostics.warn("csv-time-column-assumed", where,
                     "no column is named like a time; the first one (" +
                         textlog::shown(layout.names[0]) +
                         ") is taken. Say so with the option time_column.");
    return 0;
  }
  throw InputError("no column looks like a time; set the option time_column to one of " +
                   list_of(layout.names));
}

void find_time_format(Plan& plan, const std::string& where, Diagnostics& diagnostics) {
  const std::string name = plan.layout.names[plan.time_column];
  const std::string_view value = first_value(plan.layout, plan.time_column);
  plan.time.zone = plan.options.time_zone;
  plan.time.decimal_comma = plan.layout.decimal_comma;
  if (plan.options.time_unit) {
    plan.time.unit = *plan.options.time_unit;
  } else {
    std::string number(value);
    if (plan.layout.decimal_comma) std::replace(number.begin(), number.end(), ',', '.');
    const auto guess = textlog::guess_time_unit(plan.layout.raw_names[plan.time_column], number);
    plan.time.unit = guess.unit;
    plan.time_unit_assumed = guess.assumed && !value.empty();
  }
  std::int64_t ns = 0;
  const bool any_good =
      value.empty() ||
      std::any_of(plan.layout.sample.begin(), plan.layout.sample.end(), [&](const auto& row) {
        return plan.time.parse(trim(row[plan.time_column]), &ns);
      });
  if (!any_good) {
    textlog::TimeFormat utc{TimeUnit::kRfc3339, "Z", false};
    throw InputError("time column " + textlog::shown(name) + " holds " + textlog::shown(value) +
                     (utc.parse(value, &ns)
                          ? ", which states no time zone; set the option time_zone to Z or +02:00"
                          : ", expected numbers in s, ms, us or ns, or RFC 3339 times such as "
                            "2026-01-31T10:00:00.25Z; set time_column and time_unit, or convert "
                            "the column"));
  }
  if (plan.time_unit_assumed)
    diagnostics.warn("csv-time-unit-assumed", where,
                     "nothing tells the unit of time column " + textlog::shown(name) +
                         " (first value " + textlog::shown(value) +
                         "); seconds are assumed. Say it with the option time_unit.");
}

enum class Content { kNumbers, kBools, kText };
/// By majority: a few bad values in the head do not take a column away; they are counted instead.
Content content_of(const Layout& layout, std::size_t field) {
  std::size_t bools = 0, numbers = 0, texts = 0;
  for (const auto& row : layout.sample) {
    std::string text(trim(row[field]));
    if (textlog::is_missing(text)) continue;
    if (layout.decimal_comma) std::replace(text.begin(), text.end(), ',', '.');
    double value = 0;
    bool flag = false;
    if (textlog::parse_bool(text, &flag))
      ++bools;
    else if (textlog::parse_number(text, &value))
      ++numbers;
    else
      ++texts;
  }
  if (texts > numbers + bools) return Content::kText;
  return bools > 0 && numbers == 0 ? Content::kBools : Content::kNumbers;
}

bool is_role(const Plan& plan, std::size_t field) {
  return field == plan.time_column || field == plan.kind_column || field == plan.end_column;
}

void plan_series(Plan& plan, const std::vector<Content>& contents) {
  const Layout& layout = plan.layout;
  std::vector<textlog::ColumnRequest> requests = plan.options.columns;
  if (requests.empty()) {
    std::vector<std::string> numeric;
    for (std::size_t i = 0; i < layout.width(); ++i)
      if (!is_role(plan, i) && contents[i] != Content::kText) numeric.push_back(layout.names[i]);
    if (plan.options.group)
      requests = textlog::group_names(numeric);
    else
      for (const std::string& name : numeric) requests.push_back({name, {name}, "", {}});
  }
  plan.targets.resize(layout.width());
  for (const textlog::ColumnRequest& request : requests) {
    ColumnSpec spec;
    spec.name = request.name;
    spec.width = request.from.size();
    bool all_bools = true;
    for (std::size_t element = 0; element < request.from.size(); ++element) {
      const std::size_t field = field_named(layout, request.from[element], "columns");
      plan.targets[field].push_back({plan.columns.size(), element});
      all_bools = all_bools && contents[field] == Content::kBools;
      if (element == 0) spec.unit = layout.units[field];
      if (layout.units[field] != spec.unit) spec.unit.clear();
      if (spec.width > 1) spec.element_names.push_back(layout.names[field]);
    }
    if (!request.unit.empty()) spec.unit = request.unit;
    spec.dtype = request.dtype.value_or(all_bools ? DType::kBool : DType::kFloat64);
    plan.columns.push_back(std::move(spec));
  }
}

void plan_events(Plan& plan) {
  using As = Plan::EventField::As;
  const auto as = [](const std::string& name) {
    return textlog::is_id_name(name) ? As::kId : As::kValue;
  };
  for (const textlog::ColumnRequest& request : plan.options.columns)
    for (std::size_t i = 0; i < request.from.size(); ++i)
      plan.event_fields.push_back(
          {request.from.size() == 1 ? request.name : request.name + "[" + std::to_string(i) + "]",
           field_named(plan.layout, request.from[i], "columns"),
           request.dtype == DType::kString ? As::kText
           : request.dtype                 ? As::kValue
                                           : as(request.name)});
  if (!plan.options.columns.empty()) return;
  for (std::size_t i = 0; i < plan.layout.width(); ++i)
    if (!is_role(plan, i))
      plan.event_fields.push_back({plan.layout.names[i], i, as(plan.layout.names[i])});
}
}  // namespace

Plan make_plan(Layout layout, textlog::LogOptions options, const std::string& where,
               Diagnostics& diagnostics) {
  Plan plan;
  plan.layout = std::move(layout);
  plan.options = std::move(options);
  if (plan.options.columns.empty()) refuse_duplicates(plan.layout);
  plan.time_column = find_time_column(plan, where, diagnostics);
  find_time_format(plan, where, diagnostics);
  if (!plan.options.kind_column.empty())
    plan.kind_column = field_named(plan.layout, plan.options.kind_column, "kind_column");
  if (!plan.options.end_column.empty())
    plan.end_column = field_named(plan.layout, plan.options.end_column, "end_column");
  std::vector<Content> contents;
  for (std::size_t i = 0; i < plan.layout.width(); ++i) {
    contents.push_back(content_of(plan.layout, i));
    if (contents[i] == Content::kText && i != plan.time_column)
      plan.text_columns.push_back(plan.layout.names[i]);
  }
  plan_series(plan, contents);
  plan_events(plan);
  return plan;
}

}  // namespace reelcell::readers::csv
