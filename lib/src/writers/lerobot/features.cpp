#include "internal/features.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "internal/catalogue.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::writers::lerobot {

namespace {
constexpr const char* kTimeColumn = "reelcell.time_ns";

std::size_t width_of(const FeatureSpec& spec) {
  return spec.shape.empty() ? 1 : static_cast<std::size_t>(spec.shape[0]);
}

FeatureSpec scalar(std::string name, DType dtype, std::string unit = "") {
  FeatureSpec spec;
  spec.name = std::move(name);
  spec.dtype = dtype;
  spec.shape = {1};
  spec.unit = std::move(unit);
  return spec;
}

Column column_of(const FeatureSpec& spec, ColumnData data) {
  Column column;
  column.spec.name = spec.name;
  column.spec.dtype = spec.dtype;
  column.spec.width = width_of(spec);
  column.data = std::move(data);
  return column;
}

bool is_mandatory(const std::string& name) {
  return name == "timestamp" || name == "frame_index" || name == "episode_index" ||
         name == "index" || name == "task_index";
}

void check_feature(const FeatureSpec& spec, const std::vector<FeatureSpec>& so_far) {
  const std::string where = "feature '" + spec.name + "'";
  if (spec.name.empty() || spec.name.find('/') != std::string::npos)
    throw PlanError(where,
                    "a LeRobot feature has a name without '/': rename it, for example with '.'");
  // The loader puts the text of each row's task_index there, over whatever the row holds.
  if (spec.name == "task")
    throw PlanError(where,
                    "LeRobot's loader sets \"task\" of every row itself, to the text of its task, "
                    "and would hide this feature: rename it");
  if (is_mandatory(spec.name) || spec.name.starts_with("reelcell."))
    throw PlanError(
        where, "the name is taken by a column that the writer makes itself: rename the feature");
  for (const FeatureSpec& other : so_far) {
    if (other.name == spec.name)
      throw PlanError(where, "is there twice; names of features are unique");
    if (in_lower_case(other.name) == in_lower_case(spec.name))
      throw PlanError(where, "differs from '" + other.name +
                                 "' in case only, which readers of Parquet do not tell apart: give "
                                 "one of them another name in \"features\" of the recipe");
  }
  if (!spec.is_video && spec.shape.size() > 1)
    throw PlanError(where, "has more than one dimension; flatten it to one list a row");
}
bool is_annotation(const FeatureSpec& spec) {
  return spec.dtype == DType::kString && width_of(spec) == 1 &&
         spec.name.starts_with("annotation.");
}
}  // namespace

std::string in_lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string safe_name(std::string_view stream) {
  std::string name;
  for (const char c : stream) {
    if (c == '/') {
      if (!name.empty()) name += '.';
    } else {
      const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                         (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
      name += plain ? c : '_';
    }
  }
  // A path component of dots alone would leave the folder.
  if (name.find_first_not_of('.') == std::string::npos) name = "stream" + name;
  return name;
}

FeatureLayout::FeatureLayout(const CorpusSchema& schema, Annotations annotations)
    : time_streams_(schema.time_streams), true_times_(schema.true_times) {
  std::vector<FeatureSpec> seen;
  for (const FeatureSpec& spec : schema.features) {
    check_feature(spec, seen);
    seen.push_back(spec);
    if (spec.is_video) {
      videos_.push_back(spec);
    } else {
      data_.push_back(spec);
      if (annotations == Annotations::kTaskIndices && is_annotation(spec)) {
        data_.back().dtype = DType::kInt64;
        annotations_.push_back(data_.size() - 1);
      }
    }
  }
  own_ = data_.size();
  if (true_times_) {
    add_data(scalar(kTimeColumn, DType::kInt64, "ns"));
    for (const std::string& stream : time_streams_) {
      const std::string prefix = "reelcell." + safe_name(stream);
      add_data(scalar(prefix + ".time_ns", DType::kInt64, "ns"));
      add_data(scalar(prefix + ".skew_ns", DType::kInt64, "ns"));
      add_data(scalar(prefix + ".flag", DType::kInt64));
    }
  }
  add_data(scalar("timestamp", DType::kFloat32, "s"));
  for (const char* name : {"frame_index", "episode_index", "index", "task_index"})
    add_data(scalar(name, DType::kInt64));
}

void FeatureLayout::add_data(FeatureSpec spec) {
  for (const FeatureSpec& other : data_)
    if (other.name == spec.name)
      throw PlanError("feature '" + spec.name + "'",
                      "two streams would share this column: rename one of the streams");
  data_.push_back(std::move(spec));
}

std::vector<table::ParquetColumn> FeatureLayout::parquet_columns() const {
  std::vector<table::ParquetColumn> columns;
  for (const FeatureSpec& spec : data_)
    columns.push_back({spec.name, spec.dtype, width_of(spec) == 1 ? 0 : 1});
  return columns;
}

std::string FeatureLayout::huggingface() const {
  Json features = Json::object();
  for (const FeatureSpec& spec : data_) {
    const Json value = {{"dtype", to_string(spec.dtype)}, {"_type", "Value"}};
    if (width_of(spec) == 1) {
      features[spec.name] = value;
    } else {
      // "Sequence" is read by old and new versions of the datasets library, "List" only by the new
      // ones.
      features[spec.name] = {{"feature", value}, {"length", width_of(spec)}, {"_type", "Sequence"}};
    }
  }
  return Json{{"info", {{"features", features}}}}.dump();
}

namespace {
Json names_of(const FeatureSpec& spec) {
  return spec.names.empty() ? Json(nullptr) : Json(spec.names);
}

Json describe(const FeatureSpec& spec) {
  Json feature = {
      {"dtype", to_string(spec.dtype)}, {"shape", {width_of(spec)}}, {"names", names_of(spec)}};
  Json info = Json::object();
  if (!spec.unit.empty()) info["unit"] = spec.unit;
  if (spec.name.starts_with("reelcell.") && spec.name.ends_with(".flag")) {
    Json values = Json::object();
    for (int flag = 0; flag <= 4; ++flag)
      values[std::to_string(flag)] = to_string(static_cast<JoinFlag>(flag));
    info["values"] = values;
  }
  if (!info.empty()) feature["info"] = info;
  return feature;
}
}  // namespace

Json FeatureLayout::info(const std::map<std::string, Json>& video_info) const {
  Json features = Json::object();
  for (std::size_t i = 0; i < own_; ++i) features[data_[i].name] = describe(data_[i]);
  for (const FeatureSpec& spec : videos_) {
    const Json& info = video_info.at(spec.name);
    features[spec.name] = {{"dtype", "video"},
                           {"shape", {info.at("video.height"), info.at("video.width"), 3}},
                           {"names", {"height", "width", "channels"}},
                           {"info", info}};
  }
  for (std::size_t i = own_; i < data_.size(); ++i) features[data_[i].name] = describe(data_[i]);
  return features;
}

namespace {
void check_column(const Episode& episode, const FeatureSpec& spec, DType expected,
                  const Column& column) {
  const std::size_t width = width_of(spec);
  if (column.spec.width != width || column.rows() != episode.rows)
    throw PlanError("episode " + episode.key,
                    fmt::format("feature '{}' has {} rows of {} values, expected {} of {}",
                                spec.name, column.rows(), column.spec.width, episode.rows, width));
  if (column.data.index() != empty_data(expected).index())
    throw PlanError("episode " + episode.key,
                    fmt::format("feature '{}' is {} in the schema, its column is {}", spec.name,
                                to_string(expected), to_string(column.spec.dtype)));
}

/// What the file will hold, so that statistics are those of the file.
void round_to_float32(std::vector<double>& values) {
  for (double& value : values) value = static_cast<double>(static_cast<float>(value));
}
}  // namespace

void FeatureLayout::append_indices(const Episode& episode, TaskList& tasks,
                                   std::vector<Column>& columns) const {
  std::vector<std::vector<std::int64_t>> indices(annotations_.size());
  for (std::size_t row = 0; row < episode.rows; ++row)
    for (std::size_t i = 0; i < annotations_.size(); ++i) {
      const ColumnData& texts = episode.columns[annotations_[i]].data;
      indices[i].push_back(tasks.index_of(std::get<std::vector<std::string>>(texts)[row]));
    }
  for (std::size_t i = 0; i < annotations_.size(); ++i)
    columns[annotations_[i]].data = std::move(indices[i]);
}

void FeatureLayout::append_features(const Episode& episode, TaskList& tasks,
                                    std::vector<Column>& columns) const {
  if (episode.columns.size() != own_)
    throw PlanError("episode " + episode.key,
                    fmt::format("has {} columns, the schema has {} features without video",
                                episode.columns.size(), own_));
  for (std::size_t i = 0; i < own_; ++i) {
    const bool index = std::binary_search(annotations_.begin(), annotations_.end(), i);
    check_column(episode, data_[i], index ? DType::kString : data_[i].dtype, episode.columns[i]);
    columns.push_back(column_of(data_[i], index ? ColumnData() : episode.columns[i].data));
    if (data_[i].dtype == DType::kFloat32)
      round_to_float32(std::get<std::vector<double>>(columns.back().data));
  }
  append_indices(episode, tasks, columns);
}

std::vector<std::string> FeatureLayout::annotations() const {
  std::vector<std::string> names;
  for (const std::size_t place : annotations_) names.push_back(data_[place].name);
  return names;
}

void FeatureLayout::append_times(const Episode& episode, std::vector<Column>& columns) const {
  if (episode.time.size() != episode.rows)
    throw PlanError("episode " + episode.key, fmt::format("has {} reference times for {} rows",
                                                          episode.time.size(), episode.rows));
  std::vector<std::int64_t> reference;
  reference.reserve(episode.rows);
  for (const SessionTime t : episode.time) reference.push_back(ns_of(t));
  columns.push_back(column_of(data_[columns.size()], reference));
  for (const std::string& stream : time_streams_) {
    const auto found = std::find_if(episode.row_times.begin(), episode.row_times.end(),
                                    [&](const RowTimes& times) { return times.stream == stream; });
    // A stream that is not in this session: every row is a gap.
    std::vector<std::int64_t> time = reference, skew(episode.rows, 0);
    std::vector<std::int64_t> flag(episode.rows, static_cast<std::int64_t>(JoinFlag::kGap));
    if (found != episode.row_times.end()) {
      if (found->source.size() != episode.rows || found->skew_ns.size() != episode.rows ||
          found->flag.size() != episode.rows)
        throw PlanError("episode " + episode.key,
                        "the true times of '" + stream + "' do not cover every row");
      for (std::size_t i = 0; i < episode.rows; ++i) {
        time[i] = ns_of(found->source[i]);
        flag[i] = static_cast<std::int64_t>(found->flag[i]);
      }
      skew = found->skew_ns;
    }
    columns.push_back(column_of(data_[columns.size()], std::move(time)));
    columns.push_back(column_of(data_[columns.size()], std::move(skew)));
    columns.push_back(column_of(data_[columns.size()], std::move(flag)));
  }
}

std::vector<Column> FeatureLayout::rows(const Episode& episode, const RowNumbers& numbers,
                                        TaskList& tasks) const {
  std::vector<Column> columns;
  columns.reserve(data_.size());
  const std::int64_t task = tasks.index_of(episode.segment.task);
  append_features(episode, tasks, columns);
  if (true_times_) append_times(episode, columns);
  const std::size_t n = episode.rows;
  std::vector<double> timestamp(n);
  std::vector<std::int64_t> frame(n), index(n);
  for (std::size_t i = 0; i < n; ++i) {
    timestamp[i] = static_cast<float>(static_cast<double>(i) / static_cast<double>(numbers.fps));
    frame[i] = static_cast<std::int64_t>(i);
    index[i] = numbers.first_index + static_cast<std::int64_t>(i);
  }
  const std::size_t at = data_.size() - 5;
  columns.push_back(column_of(data_[at], std::move(timestamp)));
  columns.push_back(column_of(data_[at + 1], std::move(frame)));
  columns.push_back(column_of(
      data_[at + 2], std::vector<std::int64_t>(n, static_cast<std::int64_t>(episode.index))));
  columns.push_back(column_of(data_[at + 3], std::move(index)));
  columns.push_back(column_of(data_[at + 4], std::vector<std::int64_t>(n, task)));
  return columns;
}

}  // namespace reelcell::writers::lerobot
