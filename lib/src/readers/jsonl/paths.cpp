#include "internal/paths.hpp"

#include <algorithm>

#include "reelcell/base/error.hpp"
#include "reelcell/textlog/fields.hpp"

namespace reelcell::readers::jsonl {
namespace {
constexpr std::size_t kMaxFields = 4096;
constexpr std::int64_t kMaxIndex = 1'000'000;

[[noreturn]] void refuse(std::string_view text) {
  throw InputError("found path " + textlog::shown(text) +
                   ", expected keys joined by dots with [index] behind arrays, such as pose.x or "
                   "q[3]");
}

Field& field_at(const std::string& name, const Path& path, std::vector<Field>& fields) {
  const auto known = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return field.name == name; });
  if (known != fields.end()) return *known;
  Field& field = fields.emplace_back();
  field.name = name;
  field.path = path;
  return field;
}

void survey_value(const Json& value, const std::string& name, Path& path,
                  std::vector<Field>& fields) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      path.push_back({key, 0, false});
      survey_value(member, name.empty() ? key : name + "." + key, path, fields);
      path.pop_back();
    }
    return;
  }
  if (name.empty() || fields.size() >= kMaxFields) return;
  Field& field = field_at(name, path, fields);
  if (value.is_array()) {
    const bool numeric =
        !value.empty() && std::all_of(value.begin(), value.end(),
                                      [](const Json& e) { return e.is_number() || e.is_null(); });
    if (numeric) field.width = std::max(field.width, value.size());
    ++(numeric ? field.numbers : field.others);
  } else if (value.is_number()) {
    ++field.numbers;
  } else if (value.is_boolean()) {
    ++field.bools;
  } else if (value.is_string()) {
    ++field.texts;
  }
  if (field.first_text.empty() && (value.is_number() || value.is_string()))
    field.first_text = value.is_string() ? value.get<std::string>() : value.dump();
}
}  // namespace

Path parse_path(std::string_view text) {
  Path path;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '[') {
      const auto close = text.find(']', at);
      std::int64_t index = -1;
      if (close == std::string_view::npos ||
          !textlog::parse_integer(text.substr(at + 1, close - at - 1), &index) || index < 0 ||
          index > kMaxIndex)
        refuse(text);
      path.push_back({"", static_cast<std::size_t>(index), true});
      at = close + 1;
      if (at < text.size() && text[at] == '.') ++at;
      continue;
    }
    const auto stop = std::min(text.find_first_of(".[", at), text.size());
    if (stop == at) refuse(text);
    path.push_back({std::string(text.substr(at, stop - at)), 0, false});
    at = stop < text.size() && text[stop] == '.' ? stop + 1 : stop;
    if (at == text.size() && text.back() == '.') refuse(text);
  }
  if (path.empty()) refuse(text);
  return path;
}

Json parse_record(std::string_view text) {
  constexpr int kMaxDepth = 100;  // no log's record is deeper; what walks it recurses
  bool deep = false;
  Json record = Json::parse(
      text,
      [&deep](int depth, Json::parse_event_t, Json&) {
        deep |= depth > kMaxDepth;
        return !deep;
      },
      /*allow_exceptions=*/false);
  return deep ? Json() : record;
}

const Json* find_path(const Json& record, const Path& path) {
  const Json* value = &record;
  for (const Step& step : path) {
    if (step.is_index) {
      if (!value->is_array() || step.index >= value->size()) return nullptr;
      value = &(*value)[step.index];
    } else {
      if (!value->is_object()) return nullptr;
      const auto it = value->find(step.key);
      if (it == value->end()) return nullptr;
      value = &*it;
    }
  }
  return value;
}

void survey(const Json& record, std::vector<Field>& fields) {
  Path path;
  survey_value(record, "", path, fields);
}

}  // namespace reelcell::readers::jsonl
