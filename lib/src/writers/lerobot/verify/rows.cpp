#include "internal/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "internal/codes.hpp"
#include "internal/columns.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::writers::lerobot {

namespace {
/// What readers allow between a row's time and frame_index / fps.
constexpr float kTolerance = 1e-4F;
/// Values of the whole set that are kept for its quantiles.
constexpr std::uint64_t kMostValues = 32'000'000;

float ideal_time(std::uint64_t row, std::int64_t fps) {
  return static_cast<float>(static_cast<double>(row) / static_cast<double>(fps));
}

const Column* named(const std::vector<Column>& columns, std::string_view name) {
  for (const Column& column : columns)
    if (column.spec.name == name) return &column;
  return nullptr;
}

std::optional<std::int64_t> integer_at(const Column* column, std::size_t row) {
  if (!column) return std::nullopt;
  const auto* values = std::get_if<std::vector<std::int64_t>>(&column->data);
  if (values && column->spec.width == 1) return (*values)[row];
  return std::nullopt;
}

/// "episode_000012.parquet" -> 12.
std::optional<std::int64_t> episode_of_file(const std::string& path) {
  const std::string name = fs::path(path).stem().string();
  if (!name.starts_with("episode_") || name.size() > 24) return std::nullopt;
  return std::strtoll(name.c_str() + 8, nullptr, 10);
}

/// The columns that every check needs, found once a batch.
struct Numbering {
  Numbering(const std::vector<Column>& columns, const std::vector<std::string>& annotated)
      : episode(named(columns, "episode_index")),
        frame(named(columns, "frame_index")),
        index(named(columns, "index")),
        task(named(columns, "task_index")),
        time(named(columns, "timestamp")) {
    if (time && (!is_float(time->spec.dtype) || time->spec.width != 1)) time = nullptr;
    for (const std::string& name : annotated) {
      const Column* column = named(columns, name);
      if (column && column != task && column->spec.width == 1 && !is_float(column->spec.dtype) &&
          column->spec.dtype != DType::kBool)
        annotations.push_back(column);
    }
  }
  const Column *episode, *frame, *index, *task, *time;
  std::vector<const Column*> annotations;  ///< whole numbers; check_modality() tells of others
};

class RowsCheck {
 public:
  RowsCheck(const DataSet& set, Grouped& found) : set_(set), found_(found) {
    for (std::size_t i = 0; i < set.episodes.size(); ++i) entries_[set.episodes[i].index] = i;
  }
  void file(const std::string& path);
  RowsResult finish();

 private:
  void batch(const std::vector<Column>& columns, std::size_t rows);
  void begin_episode(std::int64_t episode, const std::vector<Column>& columns);
  void check_begin(std::int64_t episode);
  void check_row(const Numbering& numbering, std::size_t row);
  void check_time(double time);
  void check_task(std::int64_t task);
  void check_annotation(const Column& column, std::size_t row);
  void end_episode();
  void check_size(std::size_t episodes);
  void take_figures(const Column& column, const std::string& where);
  void keep(const std::string& name, std::vector<std::vector<double>>&& elements);
  const EpisodeEntry* entry(std::int64_t episode) const {
    const auto found = entries_.find(episode);
    return found == entries_.end() ? nullptr : &set_.episodes[found->second];
  }

  const DataSet& set_;
  Grouped& found_;
  std::map<std::int64_t, std::size_t> entries_;
  RowsResult result_;
  std::string path_;
  bool open_ = false;
  EpisodeRows current_;
  std::vector<Column> gathered_;  ///< rows of the current episode
  std::int64_t next_index_ = 0;
  std::uint64_t kept_ = 0;
  bool keep_all_ = true;
};

void RowsCheck::begin_episode(std::int64_t episode, const std::vector<Column>& columns) {
  end_episode();
  check_begin(episode);
  open_ = true;
  current_ = EpisodeRows{};
  current_.episode = episode;
  current_.path = path_;
  for (const Column& column : columns) {
    Column& empty = gathered_.emplace_back();
    empty.spec = column.spec;
    empty.data = empty_data(column.spec.dtype);
  }
}

void RowsCheck::check_begin(std::int64_t episode) {
  const std::string where = fmt::format("episode {}", episode);
  const std::int64_t after = result_.episodes.empty() ? 0 : result_.episodes.back().episode + 1;
  const std::int64_t expected = episode_of_file(path_).value_or(after);
  if (episode != expected)
    found_.error(code::kRowsEpisode, path_, fmt::format("row {}", result_.rows),
                 fmt::format("episode_index is {}, expected {}", episode, expected));
  const EpisodeEntry* known = entry(episode);
  if (!known) {
    if (set_.episodes_listed)
      found_.error(code::kRowsEpisode, path_, where, "has rows, but no line in the episode table");
    return;
  }
  if (known->from_index) next_index_ = *known->from_index;
  if (!known->data_path.empty() && known->data_path != path_ && is_file(set_, known->data_path))
    found_.error(code::kRowsEpisode, path_, where,
                 "is here, the episode table says " + known->data_path);
}
void RowsCheck::keep(const std::string& name, std::vector<std::vector<double>>&& elements) {
  for (const auto& values : elements) kept_ += values.size();
  if (kept_ > kMostValues) {
    keep_all_ = false;
    result_.values.clear();
  }
  if (!keep_all_) return;
  auto& all = result_.values[name];
  if (all.empty()) all.resize(elements.size());
  if (all.size() != elements.size()) return;
  for (std::size_t i = 0; i < elements.size(); ++i)
    all[i].insert(all[i].end(), elements[i].begin(), elements[i].end());
}

void RowsCheck::take_figures(const Column& column, const std::string& where) {
  std::vector<std::vector<double>> elements(column.spec.width);
  std::size_t missing = 0;
  for (std::size_t row = 0; row < column.rows(); ++row)
    for (std::size_t e = 0; e < column.spec.width; ++e) {
      elements[e].push_back(column.number(row, e));
      missing += std::isnan(elements[e].back()) ? 1 : 0;
    }
  if (missing > 0)
    found_.warning(code::kRowsNan, path_, where,
                   fmt::format("'{}' has {} missing values (NaN)", column.spec.name, missing));
  std::vector<ElementFigures>& figures = current_.figures[column.spec.name];
  for (std::vector<double>& values : elements) figures.push_back(figures_of(values));
  keep(column.spec.name, std::move(elements));
}

void RowsCheck::end_episode() {
  if (!open_) return;
  open_ = false;
  const EpisodeEntry* known = entry(current_.episode);
  const std::string where = fmt::format("episode {}", current_.episode);
  if (known && known->length && *known->length != static_cast<std::int64_t>(current_.rows))
    found_.error(
        code::kRowsLength, path_, where,
        fmt::format("has {} rows, the episode table says {}", current_.rows, *known->length));
  for (const Column& column : gathered_) take_figures(column, where);
  gathered_.clear();
  result_.position.try_emplace(current_.episode, result_.episodes.size());
  result_.episodes.push_back(std::move(current_));
}

void RowsCheck::check_time(double time) {
  if (set_.fps == 0) return;
  const std::uint64_t row = current_.rows;
  const float value = static_cast<float>(time);
  const float ideal = ideal_time(row, set_.fps);
  if (value != ideal || !current_.odd_times.empty()) {
    for (std::uint64_t i = current_.odd_times.size(); i < row; ++i)
      current_.odd_times.push_back(ideal_time(i, set_.fps));
    current_.odd_times.push_back(value);
  }
  if (!(std::abs(value - ideal) <= kTolerance))
    found_.error(code::kRowsTimestamp, path_,
                 fmt::format("episode {}, frame {}", current_.episode, row),
                 fmt::format("timestamp is {:.6f} s, expected frame_index / fps = {:.6f} s within "
                             "1e-4 s: the reader would "
                             "fetch another video frame",
                             value, ideal));
}

void RowsCheck::check_task(std::int64_t task) {
  if (!set_.tasks_listed || (task >= 0 && task < static_cast<std::int64_t>(set_.tasks.size())))
    return;
  found_.error(code::kTasksRange, path_,
               fmt::format("episode {}, frame {}", current_.episode, current_.rows),
               fmt::format("task_index is {}, there are {} tasks", task, set_.tasks.size()));
}

void RowsCheck::check_annotation(const Column& column, std::size_t row) {
  if (!set_.tasks_listed) return;
  const double value = column.number(row);
  if (value >= 0 && value < static_cast<double>(set_.tasks.size())) return;
  found_.error(code::kAnnotationIndex, path_,
               fmt::format("episode {}, frame {}", current_.episode, current_.rows),
               fmt::format("{} is {:.0f}, there are {} tasks: GR00T looks up the text of a task "
                           "that is not there",
                           column.spec.name, value, set_.tasks.size()));
}

void RowsCheck::check_row(const Numbering& numbering, std::size_t row) {
  const auto frame = integer_at(numbering.frame, row);
  if (frame && *frame != static_cast<std::int64_t>(current_.rows))
    found_.error(code::kRowsFrame, path_, fmt::format("episode {}", current_.episode),
                 fmt::format("frame_index is {}, expected {}", *frame, current_.rows));
  if (const auto index = integer_at(numbering.index, row)) {
    if (*index != next_index_)
      found_.error(code::kRowsIndex, path_,
                   fmt::format("episode {}, frame {}", current_.episode, current_.rows),
                   fmt::format("index is {}, expected {}: it counts all frames of the set", *index,
                               next_index_));
    next_index_ = *index + 1;
  }
  if (numbering.time) check_time(numbering.time->number(row));
  if (const auto task = integer_at(numbering.task, row)) check_task(*task);
  for (const Column* column : numbering.annotations) check_annotation(*column, row);
  ++current_.rows;
  ++result_.rows;
}

void RowsCheck::batch(const std::vector<Column>& columns, std::size_t rows) {
  const Numbering numbering(columns, set_.annotations);
  const std::int64_t fallback = episode_of_file(path_).value_or(0);
  const auto episode_at = [&](std::size_t row) {
    return integer_at(numbering.episode, row).value_or(fallback);
  };
  for (std::size_t first = 0; first < rows;) {
    const std::int64_t episode = episode_at(first);
    std::size_t end = first + 1;
    while (end < rows && episode_at(end) == episode) ++end;
    if (!open_ || episode != current_.episode) begin_episode(episode, columns);
    for (std::size_t row = first; row < end; ++row) check_row(numbering, row);
    for (std::size_t c = 0; c < columns.size(); ++c)
      gathered_[c].append_rows(columns[c], first, end - first);
    first = end;
  }
}

void RowsCheck::check_size(std::size_t episodes) {
  const Json cap = set_.info.value("data_files_size_in_mb", Json());
  std::error_code ignored;
  const std::uint64_t bytes = fs::file_size(set_.root / path_, ignored);
  // One episode is never split, so alone it may be larger.
  if (cap.is_number() && episodes > 1 &&
      static_cast<double>(bytes) > cap.get<double>() * 1024 * 1024)
    found_.warning(code::kFileSize, path_, "",
                   fmt::format("has {} bytes, data_files_size_in_mb is {}", bytes, cap.dump()));
}

void RowsCheck::file(const std::string& path) {
  path_ = path;
  const std::size_t before = result_.episodes.size();
  try {
    const table::ParquetInfo info = table::parquet_info(set_.root / path);
    const std::vector<std::string> readable = check_columns(set_, path, info, found_);
    if (readable.empty()) return;  // nothing of what is described is there; reported
    table::ParquetReader reader(set_.root / path, readable);
    std::vector<Column> columns;
    std::size_t rows = 0;
    for (bool first = true; reader.next(columns, rows); first = false) {
      if (first) check_widths(set_, path, columns, found_);
      batch(columns, rows);
    }
  } catch (const Error& error) {
    found_.error(code::kDataUnreadable, path, "", "cannot be read: " + error.message());
  }
  end_episode();
  check_size(result_.episodes.size() - before);
}

RowsResult RowsCheck::finish() {
  end_episode();
  for (auto& [name, elements] : result_.values)
    for (std::vector<double>& values : elements) std::sort(values.begin(), values.end());
  return std::move(result_);
}
}  // namespace

const EpisodeRows* RowsResult::find(std::int64_t episode) const {
  const auto found = position.find(episode);
  return found == position.end() ? nullptr : &episodes[found->second];
}

float row_time(const EpisodeRows& rows, std::uint64_t row, std::int64_t fps) {
  return rows.odd_times.empty() ? ideal_time(row, fps) : rows.odd_times[row];
}

RowsResult check_rows(const DataSet& set, Grouped& found) {
  RowsCheck check(set, found);
  for (const std::string& path : set.data_files) check.file(path);
  return check.finish();
}

}  // namespace reelcell::writers::lerobot
