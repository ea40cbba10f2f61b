#include "internal/plan.hpp"

#include <algorithm>

#include "reelcell/base/error.hpp"
#include "reelcell/textlog/lines.hpp"

namespace reelcell::readers::jsonl {
namespace {
constexpr std::size_t kSampleRecords = 1000;
constexpr std::uint64_t kSampleBytes = 1 << 20;

std::vector<std::string> names_of(const Plan& plan) {
  std::vector<std::string> names;
  for (const Field& field : plan.survey.fields()) names.push_back(field.name);
  return names;
}

/// A path of the options: a field of the first records, or an element of one.
Path path_named(const Plan& plan, const std::string& name, const char* option) {
  if (const Field* field = plan.survey.find(name)) return field->path;
  const Path path = parse_path(name);
  const auto bracket = name.find('[');
  if (bracket != std::string::npos && plan.survey.find(name.substr(0, bracket))) return path;
  throw InputError(std::string("option '") + option +
                   "': " + unknown_name("field", name, names_of(plan)) +
                   " (Looked at the first 1000 records.)");
}

void survey_file(Plan& plan, const std::shared_ptr<const InputFile>& file) {
  textlog::LineReader lines(file);
  textlog::Line line;
  std::size_t records = 0, bad = 0;
  while (records < kSampleRecords && lines.next_offset() < kSampleBytes && lines.next(line)) {
    if (textlog::trim(line.text).empty() || line.too_long) continue;
    const Json record = parse_record(line.text);
    if (!record.is_object()) {
      ++bad;
      continue;
    }
    ++records;
    plan.survey.add(record);
  }
  if (records == 0 && bad > 0)
    throw InputError(
        "no line holds a JSON object, expected one record {..} a line; check the file or its "
        "\"format\"");
}

void find_time(Plan& plan, const std::string& where, Diagnostics& diagnostics) {
  const std::vector<std::string> names = names_of(plan);
  if (!plan.options.time_column.empty()) {
    plan.time_name = plan.options.time_column;
  } else if (const auto guess = textlog::guess_time_column(names)) {
    plan.time_name = names[*guess];
  } else {
    throw InputError("no field looks like a time; set the option time_column to one of " +
                     list_of(names));
  }
  plan.time_path = path_named(plan, plan.time_name, "time_column");
  const Field* const field = plan.survey.find(plan.time_name);
  const std::string value = field ? field->first_text : std::string();
  plan.time.zone = plan.options.time_zone;
  if (plan.options.time_unit) {
    plan.time.unit = *plan.options.time_unit;
  } else {
    const auto guess = textlog::guess_time_unit(plan.time_name, value);
    plan.time.unit = guess.unit;
    plan.time_unit_assumed = guess.assumed && !value.empty();
  }
  if (plan.time_unit_assumed)
    diagnostics.warn("jsonl-time-unit-assumed", where,
                     "nothing tells the unit of time field " + textlog::shown(plan.time_name) +
                         " (first value " + textlog::shown(value) +
                         "); seconds are assumed. Say it with the option time_unit.");
}

/// The times of the first records; refuses a file where none of them can be read.
void sample_times(Plan& plan, const std::shared_ptr<const InputFile>& file) {
  Scanner scanner(plan.frame);
  textlog::LineReader lines(file);
  textlog::Line line;
  std::string bad;
  while (plan.sample_times.size() < 100 && lines.next_offset() < kSampleBytes && lines.next(line)) {
    bool good = false;
    std::int64_t ns = 0;
    std::string text;
    const bool whole = scanner.scan(line.text, [&](int slot, Token, std::string_view value) {
      if (slot != Plan::kTimeSlot) return;
      text = value;
      good = plan.time.parse(textlog::trim(value), &ns);
    });
    if (whole && good) plan.sample_times.push_back(ns);
    if (whole && !good && bad.empty()) bad = text;
  }
  if (!plan.sample_times.empty() || bad.empty()) return;
  throw InputError("time field " + textlog::shown(plan.time_name) + " holds " +
                   textlog::shown(bad) + ", which cannot be read as " +
                   std::string(to_string(plan.time.unit)) +
                   "; set time_column and time_unit (s, ms, us, ns or rfc3339), and time_zone for "
                   "times that state none");
}

bool is_role(const Plan& plan, const std::string& name) {
  return name == plan.time_name || name == plan.options.kind_column ||
         name == plan.options.end_column;
}
/// By majority: a few odd values do not take a field away; they are counted instead.
bool is_numeric(const Field& field) {
  constexpr std::size_t kWidest = 4096;  // a longer array is a blob; it can still be asked for
  return field.numbers + field.bools > 0 && field.width <= kWidest &&
         field.texts + field.others <= field.numbers + field.bools;
}

std::vector<textlog::ColumnRequest> default_columns(const Plan& plan) {
  std::vector<std::string> numeric;
  for (const Field& field : plan.survey.fields())
    if (!is_role(plan, field.name) && is_numeric(field)) numeric.push_back(field.name);
  if (plan.options.group) return textlog::group_names(numeric);
  std::vector<textlog::ColumnRequest> requests;
  for (const std::string& name : numeric) requests.push_back({name, {name}, "", {}});
  return requests;
}

void add_slot(Plan& plan, const Path& path, const std::string& name, std::size_t element) {
  plan.wanted.add(path, static_cast<int>(plan.targets.size()));
  plan.targets.push_back({plan.columns.size(), element});
  plan.slot_names.push_back(name);
}

void plan_series(Plan& plan) {
  const auto requests = plan.options.columns.empty() ? default_columns(plan) : plan.options.columns;
  for (const textlog::ColumnRequest& request : requests) {
    ColumnSpec spec;
    spec.name = request.name;
    spec.unit = request.unit;
    spec.width = 0;
    bool all_bools = true;
    for (const std::string& from : request.from) {
      const Path path = path_named(plan, from, "columns");
      const Field* const field = plan.survey.find(from);
      all_bools = all_bools && field && field->bools > 0 && field->numbers == 0;
      if (!field || field->width == 0) {
        spec.element_names.push_back(from);
        add_slot(plan, path, from, spec.width++);
        continue;
      }
      for (std::size_t i = 0; i < field->width; ++i) {
        Path element = path;
        element.push_back({"", i, true});
        spec.element_names.push_back(from + "[" + std::to_string(i) + "]");
        add_slot(plan, element, spec.element_names.back(), spec.width++);
      }
    }
    if (spec.width == 1 && request.from.size() == 1) spec.element_names.clear();
    spec.dtype = request.dtype.value_or(all_bools ? DType::kBool : DType::kFloat64);
    plan.columns.push_back(std::move(spec));
  }
  plan.wanted.add(plan.time_path, Plan::kTimeSlot);
}

void plan_events(Plan& plan) {
  plan.frame.add(plan.time_path, Plan::kTimeSlot);
  if (!plan.options.kind_column.empty()) {
    plan.kind_path = path_named(plan, plan.options.kind_column, "kind_column");
    plan.frame.add(*plan.kind_path, Plan::kKindSlot);
  }
  if (!plan.options.end_column.empty()) {
    plan.end_path = path_named(plan, plan.options.end_column, "end_column");
    plan.frame.add(*plan.end_path, Plan::kEndSlot);
  }
  for (const textlog::ColumnRequest& request : plan.options.columns)
    for (std::size_t i = 0; i < request.from.size(); ++i)
      plan.event_fields.emplace_back(
          request.from.size() == 1 ? request.name : request.name + "[" + std::to_string(i) + "]",
          path_named(plan, request.from[i], "columns"));
}
}  // namespace

Plan make_plan(const std::shared_ptr<const InputFile>& file, textlog::LogOptions options,
               const std::string& where, Diagnostics& diagnostics) {
  Plan plan;
  plan.options = std::move(options);
  survey_file(plan, file);
  find_time(plan, where, diagnostics);
  plan_events(plan);
  sample_times(plan, file);
  for (const Field& field : plan.survey.fields())
    plan.text_fields += !is_role(plan, field.name) && field.texts > 0 && !is_numeric(field);
  plan_series(plan);
  return plan;
}

}  // namespace reelcell::readers::jsonl
