#include "internal/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "internal/features.hpp"
#include "internal/tables.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::writers::lerobot {

std::int64_t TaskList::index_of(const std::string& task) {
  const auto [found, added] = index_.try_emplace(task, static_cast<std::int64_t>(texts_.size()));
  if (added) texts_.push_back(task);
  return found->second;
}

namespace {
Json pandas_column(const char* name, const char* pandas_type, const char* numpy_type) {
  return {{"name", name},
          {"field_name", name},
          {"pandas_type", pandas_type},
          {"numpy_type", numpy_type},
          {"metadata", nullptr}};
}

/// https://pandas.pydata.org/docs/development/developer.html
Json pandas_metadata() {
  Json column_index = {{"name", nullptr},
                       {"field_name", nullptr},
                       {"pandas_type", "unicode"},
                       {"numpy_type", "object"},
                       {"metadata", {{"encoding", "UTF-8"}}}};
  Json json = Json::object();
  json["index_columns"] = Json::array({"task"});
  json["column_indexes"] = Json::array({column_index});
  json["columns"] = Json::array(
      {pandas_column("task_index", "int64", "int64"), pandas_column("task", "unicode", "object")});
  json["creator"] = {{"library", "reelcell"}, {"version", REELCELL_VERSION}};
  json["pandas_version"] = "2.2.3";
  return json;
}
}  // namespace

void write_tasks_parquet(const fs::path& path, const std::vector<std::string>& tasks) {
  std::vector<std::vector<Json>> rows;
  for (std::size_t i = 0; i < tasks.size(); ++i) rows.push_back({Json(i), Json(tasks[i])});
  write_table(path, {{"task_index", DType::kInt64, 0}, {"task", DType::kString, 0}},
              {{"pandas", pandas_metadata().dump()}}, rows);
}

void SplitRanges::add(const Episode& episode) {
  const std::string name = episode.split.empty() ? "train" : episode.split;
  if (!ranges_.empty() && ranges_.back().name == name) {
    ranges_.back().end = episode.index + 1;
    return;
  }
  ranges_.push_back({name, episode.index, episode.index + 1});
}

Json SplitRanges::json() const {
  Json json = Json::object();
  for (const Range& range : ranges_) {
    const std::string before =
        json.contains(range.name) ? json[range.name].get<std::string>() + "," : std::string();
    json[range.name] = fmt::format("{}{}:{}", before, range.first, range.end);
  }
  return json;
}

namespace {
std::string label_column(const std::string& name) { return "label/" + safe_name(name); }

DType type_of(const Value& value) {
  if (std::holds_alternative<bool>(value)) return DType::kBool;
  if (std::holds_alternative<std::int64_t>(value)) return DType::kInt64;
  if (std::holds_alternative<double>(value)) return DType::kFloat64;
  return DType::kString;
}

DType common_type(DType a, DType b) {
  if (a == b) return a;
  const auto is_number = [](DType t) { return t == DType::kInt64 || t == DType::kFloat64; };
  return is_number(a) && is_number(b) ? DType::kFloat64 : DType::kString;
}

Json describe(const Label& label) {
  return {
      {"name", label.name}, {"value", to_json(label.value)}, {"confidence", label.confidence},
      {"rule", label.rule}, {"inputs", label.inputs},        {"explanation", label.explanation}};
}
}  // namespace

void LabelLog::add(const Episode& episode) {
  if (episode.segment.labels.empty()) return;
  Json labels = Json::array();
  for (const Label& label : episode.segment.labels) {
    labels.push_back(describe(label));
    const std::string column = label_column(label.name);
    if (std::find(order_.begin(), order_.end(), column) == order_.end()) {
      order_.push_back(column);
      types_[column] = DType::kString;
    }
    if (std::holds_alternative<std::monostate>(label.value)) continue;
    const DType type = type_of(label.value);
    types_[column] = typed_[column] ? common_type(types_[column], type) : type;
    typed_[column] = true;
  }
  if (!file_) file_ = std::make_unique<AtomicFile>(folder_->file("meta/labels.jsonl"));
  file_->write(
      json_line({{"episode_index", episode.index}, {"key", episode.key}, {"labels", labels}}));
}

void LabelLog::close() {
  if (file_) file_->commit();
  file_.reset();
}

void PixelLog::add(const Episode& episode) {
  Json features = Json::object();
  for (const auto& [feature, pixels] : episode.video_stats.items())
    if (pixels.contains("histogram")) features[feature] = pixels;
  if (features.empty()) return;
  if (!file_) file_ = std::make_unique<AtomicFile>(folder_->file("meta/pixels.jsonl"));
  file_->write(
      json_line({{"episode_index", episode.index}, {"key", episode.key}, {"features", features}}));
}

void PixelLog::close() {
  if (file_) file_->commit();
  file_.reset();
}

std::vector<table::ParquetColumn> LabelLog::columns() const {
  std::vector<table::ParquetColumn> columns;
  for (const std::string& name : order_) {
    columns.push_back({name, types_.at(name), 0});
    columns.push_back({name + "/confidence", DType::kFloat64, 0});
  }
  return columns;
}

Json LabelLog::values(const Episode& episode) {
  Json values = Json::object();
  for (const Label& label : episode.segment.labels) {
    values[label_column(label.name)] = to_json(label.value);
    values[label_column(label.name) + "/confidence"] = label.confidence;
  }
  return values;
}

Json as_column(const Json& value, const table::ParquetColumn& column) {
  if (column.list_depth > 0 || column.dtype != DType::kString || value.is_null() ||
      value.is_string())
    return value;
  return to_text(value_from_json(value));
}

namespace {
/// GR00T splits keys at dots, so a key has none.
std::string modality_key(const std::string& name, std::set<std::string>& taken) {
  std::string key = safe_name(name);
  std::replace(key.begin(), key.end(), '.', '_');
  std::string unique = key;
  for (int n = 2; !taken.insert(unique).second; ++n) unique = fmt::format("{}_{}", key, n);
  return unique;
}

std::string last_part(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? name : name.substr(dot + 1);
}

/// GR00T reads "observation.state" and "action" unless told another column.
void add_vector(Json& section, const FeatureSpec& spec, const std::string& expected,
                std::set<std::string>& taken) {
  auto parts = spec.parts;
  if (parts.empty())
    parts.emplace_back(last_part(spec.name),
                       static_cast<std::size_t>(spec.shape.empty() ? 1 : spec.shape[0]));
  std::size_t start = 0;
  for (const auto& [name, width] : parts) {
    Json entry = {{"start", start}, {"end", start + width}};
    if (spec.name != expected) entry["original_key"] = spec.name;
    section[modality_key(name.substr(name.find('#') + 1), taken)] = entry;
    start += width;
  }
}
}  // namespace

Json modality_json(const CorpusSchema& schema, const std::vector<std::string>& annotations) {
  Json json = {{"state", Json::object()}, {"action", Json::object()}, {"video", Json::object()}};
  std::set<std::string> states, actions, videos;
  for (const FeatureSpec& spec : schema.features) {
    if (spec.is_video) {
      json["video"][modality_key(last_part(spec.name), videos)] = {{"original_key", spec.name}};
    } else if (spec.modality == "state") {
      add_vector(json["state"], spec, "observation.state", states);
    } else if (spec.modality == "action") {
      add_vector(json["action"], spec, "action", actions);
    }
  }
  json["annotation"] = {{"human.task_description", {{"original_key", "task_index"}}}};
  for (const std::string& name : annotations)
    json["annotation"][name.substr(name.find('.') + 1)] = {{"original_key", name}};
  return json;
}

}  // namespace reelcell::writers::lerobot
