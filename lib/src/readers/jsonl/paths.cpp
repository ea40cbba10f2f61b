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

Field* Survey::field_at(const std::string& name) {
  const auto known = places_.find(name);
  if (known != places_.end()) return &fields_[known->second];
  if (fields_.size() >= kMaxFields) return nullptr;
  places_.emplace(name, fields_.size());
  Field& field = fields_.emplace_back();
  field.name = name;
  field.path = path_;
  return &field;
}

void Survey::add_value(const Json& value, const std::string& name) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      path_.push_back({key, 0, false});
      add_value(member, name.empty() ? key : name + "." + key);
      path_.pop_back();
    }
    return;
  }
  Field* const field = name.empty() ? nullptr : field_at(name);
  if (!field) return;
  if (value.is_array()) {
    const bool numeric =
        !value.empty() && std::all_of(value.begin(), value.end(), [](const Json& element) {
          return element.is_number() || element.is_null();
        });
    if (numeric) field->width = std::max(field->width, value.size());
    ++(numeric ? field->numbers : field->others);
  } else if (value.is_number()) {
    ++field->numbers;
  } else if (value.is_boolean()) {
    ++field->bools;
  } else if (value.is_string()) {
    ++field->texts;
  }
  if (field->first_text.empty() && (value.is_number() || value.is_string()))
    field->first_text = value.is_string() ? value.get<std::string>() : value.dump();
}

void Survey::add(const Json& record) { add_value(record, ""); }

const Field* Survey::find(const std::string& name) const {
  const auto known = places_.find(name);
  return known == places_.end() ? nullptr : &fields_[known->second];
}

}  // namespace reelcell::readers::jsonl
