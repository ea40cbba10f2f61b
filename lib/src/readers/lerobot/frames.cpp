#include "internal/frames.hpp"

#include <algorithm>
#include <cmath>

#include "reelcell/base/error.hpp"

namespace reelcell::readers::lerobot {

namespace {
constexpr std::int64_t kToleranceNs = 100'000;  ///< LeRobot's tolerance_s = 1e-4

std::string text(std::uint64_t n) { return std::to_string(n); }

/// Columns of the file in the order of info.json, then those that info.json does not name.
std::vector<std::string> wanted_columns(const Dataset& dataset, const table::ParquetInfo& info,
                                        const std::string& where, Diagnostics& diagnostics) {
  const auto in_file = [&](const std::string& name) {
    return std::any_of(info.columns.begin(), info.columns.end(),
                       [&](const table::ParquetColumn& c) { return c.name == name; });
  };
  std::vector<std::string> wanted;
  for (const Feature& feature : dataset.features()) {
    if (feature.is_video()) continue;
    if (in_file(feature.name)) {
      wanted.push_back(feature.name);
    } else if (feature.dtype != "image" || !in_file(feature.name + ".bytes")) {
      diagnostics.loss(
          "lerobot-missing-column", where,
          "feature '" + feature.name + "' of meta/info.json has no column in the file");
    }
  }
  for (const table::ParquetColumn& column : info.columns) {
    const std::string top =
        column.name.substr(0, column.name.ends_with(".bytes") || column.name.ends_with(".path")
                                  ? column.name.rfind('.')
                                  : std::string::npos);
    const bool known =
        std::any_of(dataset.features().begin(), dataset.features().end(),
                    [&](const Feature& f) { return f.name == column.name || f.name == top; });
    if (known) continue;
    diagnostics.warn(
        "lerobot-undeclared-column", where,
        "column '" + column.name + "' is not in meta/info.json; it is read all the same");
    wanted.push_back(column.name);
  }
  return wanted;
}

/// What the file says counts; where info.json says otherwise, that is told.
ColumnSpec checked_spec(const Dataset& dataset, ColumnSpec found, const std::string& where,
                        Diagnostics& diagnostics) {
  const auto feature = std::find_if(dataset.features().begin(), dataset.features().end(),
                                    [&](const Feature& f) { return f.name == found.name; });
  if (feature == dataset.features().end()) return found;
  if (feature->dtype != to_string(found.dtype))
    diagnostics.warn("lerobot-dtype", where,
                     "feature '" + found.name + "' is " + std::string(to_string(found.dtype)) +
                         " in the file, meta/info.json says " + feature->dtype);
  if (feature->width() != found.width)
    diagnostics.warn("lerobot-shape", where,
                     "feature '" + found.name + "' has " + text(found.width) +
                         " values a row in the file, meta/info.json says " +
                         text(feature->width()));
  else
    found.element_names = feature->element_names;
  return found;
}

std::optional<std::size_t> place_of(const std::vector<ColumnSpec>& columns, std::string_view name) {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == name && columns[i].width == 1 && columns[i].dtype != DType::kString)
      return i;
  return std::nullopt;
}

void check_episode(const FramesPlan& plan, const Column& column, std::size_t rows,
                   std::uint64_t first_row) {
  for (std::size_t row = 0; row < rows; ++row)
    if (column.number(row) != static_cast<double>(plan.episode))
      throw InputError(plan.where,
                       "row " + text(first_row + row) + " of the file has episode_index " +
                           std::to_string(std::llround(column.number(row))) +
                           "; the metadata places the episode's rows elsewhere than they "
                           "are. Check the data set with `reelcell validate`.");
}

/// Range of the episode's rows in its file.
void place_rows(const Dataset& dataset, const EpisodeEntry& episode, std::uint64_t file_rows,
                FramesPlan& plan, Diagnostics& diagnostics) {
  if (!dataset.shared_files()) {
    plan.rows = file_rows;
    if (episode.length >= 0 && static_cast<std::uint64_t>(episode.length) != file_rows)
      diagnostics.warn("lerobot-length", plan.where,
                       "the file has " + text(file_rows) + " rows, the metadata says " +
                           std::to_string(episode.length) + "; the rows count");
    return;
  }
  plan.first_row = static_cast<std::uint64_t>(episode.file_row);
  plan.rows = static_cast<std::uint64_t>(episode.length);
  if (plan.first_row + plan.rows > file_rows)
    throw InputError(plan.where, "the metadata places the episode at rows [" +
                                     text(plan.first_row) + ", " +
                                     text(plan.first_row + plan.rows) +
                                     ") of the file, which has " + text(file_rows));
}

std::int64_t integer_of(const Column& column, std::size_t row) {
  const double value = column.number(row);
  return std::abs(value) < 9e15 ? std::llround(value) : 0;
}

void place_annotations(const Dataset& dataset, FramesPlan& plan) {
  plan.tasks = dataset.shared_tasks();
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    ColumnSpec& column = plan.columns[i];
    if (!dataset.modality().is_index(column.name, column.dtype, column.width)) continue;
    column.dtype = DType::kString;
    column.element_names.clear();
    plan.annotations.push_back(i);
  }
}
}  // namespace

FramesPlan plan_frames(const Dataset& dataset, const EpisodeEntry& episode,
                       Diagnostics& diagnostics) {
  FramesPlan plan;
  bool usual = false;
  plan.path = dataset.data_path(episode, &usual);
  plan.where = plan.path.string() + ": " + episode_name(episode.index);
  plan.episode = episode.index;
  plan.rate = dataset.rate();
  if (usual)
    diagnostics.warn("lerobot-path-template", dataset.root().string(),
                     "data_path of meta/info.json leads to no file; the format's usual path does");
  const table::ParquetInfo info = table::parquet_info(plan.path);
  place_rows(dataset, episode, info.rows, plan, diagnostics);
  const auto names = wanted_columns(dataset, info, plan.where, diagnostics);
  table::ParquetReader reader(plan.path, names, plan.first_row, 1);
  std::vector<Column> first;
  std::size_t rows = 0;
  reader.next(first, rows);
  for (const Column& column : first)
    plan.columns.push_back(checked_spec(dataset, column.spec, plan.where, diagnostics));
  place_annotations(dataset, plan);
  plan.timestamp = place_of(plan.columns, "timestamp");
  plan.frame_index = place_of(plan.columns, "frame_index");
  plan.episode_index = place_of(plan.columns, "episode_index");
  plan.task_index = place_of(plan.columns, "task_index");
  if (!plan.timestamp)
    diagnostics.warn("lerobot-no-timestamp", plan.where,
                     "there is no column 'timestamp'; times are the row's number / fps");
  if (rows == 0) return plan;
  if (plan.episode_index) check_episode(plan, first[*plan.episode_index], rows, plan.first_row);
  const std::int64_t frame = plan.frame_index ? integer_of(first[*plan.frame_index], 0) : 0;
  const double timestamp = plan.timestamp ? first[*plan.timestamp].number(0) : 0;
  const double ticks =
      timestamp * static_cast<double>(plan.rate.num) / static_cast<double>(plan.rate.den);
  if (std::abs(ticks) < 1e15) plan.first_tick = plan.timestamp ? std::llround(ticks) - frame : 0;
  if (plan.timestamp && timestamp != 0)
    diagnostics.warn("lerobot-first-timestamp", plan.where,
                     "the first row is at " + Json(timestamp).dump() +
                         " s, 0 is expected: a loader takes the video frame of that time for it. "
                         "Times are kept as stored; set the clock's offset to move them.");
  return plan;
}

StreamTime row_time(const FramesPlan& plan, double timestamp_s, std::int64_t frame_index) {
  const std::int64_t tick = tick_time(frame_index + plan.first_tick, plan.rate).count();
  // 9e9 s is what int64 ns can hold; NaN fails the comparison as well.
  if (!(std::abs(timestamp_s) < 9e9)) return stream_time(tick);
  const std::int64_t stored = std::llround(timestamp_s * 1e9);
  return stream_time(std::abs(stored - tick) <= kToleranceNs ? tick : stored);
}

namespace {
class FramesCursor : public SeriesCursor {
 public:
  FramesCursor(FramesPlan plan, Diagnostics& diagnostics)
      : plan_(std::move(plan)), diagnostics_(diagnostics), reader_(make_reader(plan_)) {}
  const std::vector<ColumnSpec>& columns() const override { return plan_.columns; }
  bool next(SeriesBatch& batch) override;

 private:
  static table::ParquetReader make_reader(const FramesPlan& plan) {
    std::vector<std::string> names;
    for (const ColumnSpec& column : plan.columns) names.push_back(column.name);
    return {plan.path, names, plan.first_row, plan.rows};
  }
  StreamTime time_at(const std::vector<Column>& columns, std::size_t row);
  void name_annotations(std::vector<Column>& columns, std::size_t rows);
  void keep(SeriesBatch& batch, const std::vector<std::size_t>& rows);

  FramesPlan plan_;
  Diagnostics& diagnostics_;
  table::ParquetReader reader_;
  std::uint64_t row_ = 0;  ///< of the episode
  std::optional<StreamTime> last_;
};

StreamTime FramesCursor::time_at(const std::vector<Column>& columns, std::size_t row) {
  const std::int64_t frame = plan_.frame_index ? integer_of(columns[*plan_.frame_index], row)
                                               : static_cast<std::int64_t>(row_ + row);
  const double timestamp = plan_.timestamp ? columns[*plan_.timestamp].number(row) : std::nan("");
  if (plan_.timestamp && !std::isfinite(timestamp))
    diagnostics_.warn("lerobot-timestamp-missing", plan_.where,
                      "rows without a finite timestamp get the time of their frame number");
  return row_time(plan_, timestamp, frame);
}

bool FramesCursor::next(SeriesBatch& batch) {
  std::size_t rows = 0;
  if (plan_.columns.empty() || !reader_.next(batch.columns, rows)) {
    batch.times.clear();
    batch.columns.clear();
    return false;
  }
  if (plan_.episode_index)
    check_episode(plan_, batch.columns[*plan_.episode_index], rows, plan_.first_row + row_);
  batch.times.clear();
  std::vector<std::size_t> kept;
  for (std::size_t row = 0; row < rows; ++row) {
    const StreamTime time = time_at(batch.columns, row);
    if (last_ && time <= *last_) {
      diagnostics_.loss("lerobot-time-order", plan_.where,
                        "rows that are not later than the one before them are left out", 1,
                        ns_of(time));
      continue;
    }
    last_ = time;
    batch.times.push_back(time);
    kept.push_back(row);
  }
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    if (batch.columns[i].spec.width != plan_.columns[i].width)
      throw InputError(plan_.where, "column '" + plan_.columns[i].name + "' changes its width");
    batch.columns[i].spec = plan_.columns[i];
  }
  name_annotations(batch.columns, rows);
  if (kept.size() != rows) keep(batch, kept);
  row_ += rows;
  return !batch.times.empty() || next(batch);
}

void FramesCursor::name_annotations(std::vector<Column>& columns, std::size_t rows) {
  for (const std::size_t place : plan_.annotations) {
    Column& column = columns[place];
    std::vector<std::string> texts(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      const auto found = plan_.tasks->find(integer_of(column, row));
      if (found != plan_.tasks->end())
        texts[row] = found->second;
      else
        diagnostics_.warn("lerobot-annotation-index", plan_.where,
                          "rows of '" + column.spec.name +
                              "' name a task that the set does not list; their text is empty");
    }
    column.data = std::move(texts);
  }
}

void FramesCursor::keep(SeriesBatch& batch, const std::vector<std::size_t>& rows) {
  for (Column& column : batch.columns) {
    Column out{column.spec, empty_data(column.spec.dtype)};
    for (const std::size_t row : rows) out.append_rows(column, row, 1);
    column = std::move(out);
  }
}

class TasksCursor : public EventCursor {
 public:
  TasksCursor(std::shared_ptr<const Dataset> dataset, const FramesPlan& plan,
              Diagnostics& diagnostics)
      : dataset_(std::move(dataset)), place_(*plan.task_index), frames_(plan, diagnostics) {}
  bool next(StreamEvent& event) override;

 private:
  bool ready() {
    while (at_ >= batch_.times.size()) {
      at_ = 0;
      if (!frames_.next(batch_)) {
        batch_.times.clear();
        return false;
      }
    }
    return true;
  }
  std::shared_ptr<const Dataset> dataset_;
  std::size_t place_;
  FramesCursor frames_;
  SeriesBatch batch_;
  std::size_t at_ = 0;
};

bool TasksCursor::next(StreamEvent& event) {
  if (!ready()) return false;
  const std::int64_t task = integer_of(batch_.columns[place_], at_);
  event = {};
  event.kind = "task";
  event.time = batch_.times[at_];
  event.fields = {{"task_index", task}, {"task", dataset_->task(task)}};
  while (ready() && integer_of(batch_.columns[place_], at_) == task) {
    event.end = batch_.times[at_];
    ++at_;
  }
  if (at_ < batch_.times.size()) event.end = batch_.times[at_];
  return true;
}
}  // namespace

TaskTexts annotation_texts(const Dataset& dataset, const EpisodeEntry& episode,
                           const fs::path& path) {
  TaskTexts texts;
  if (dataset.modality().annotations.empty()) return texts;
  const table::ParquetInfo info = table::parquet_info(path);
  std::vector<std::string> names;
  for (const table::ParquetColumn& column : info.columns)
    if (column.list_depth == 0 && dataset.modality().is_index(column.name, column.dtype, 1))
      names.push_back(column.name);
  if (names.empty()) return texts;
  const bool shared = dataset.shared_files();
  table::ParquetReader reader(path, names,
                              shared ? static_cast<std::uint64_t>(episode.file_row) : 0,
                              shared ? static_cast<std::uint64_t>(episode.length) : info.rows);
  std::vector<Column> columns;
  for (std::size_t rows = 0; reader.next(columns, rows);)
    for (const Column& column : columns)
      for (std::size_t row = 0; row < rows; ++row) {
        const std::int64_t index = integer_of(column, row);
        texts.try_emplace(index, dataset.task(index));
      }
  return texts;
}

std::unique_ptr<SeriesCursor> open_frames(FramesPlan plan, Diagnostics& diagnostics) {
  return std::make_unique<FramesCursor>(std::move(plan), diagnostics);
}

std::unique_ptr<EventCursor> open_tasks(std::shared_ptr<const Dataset> dataset,
                                        const FramesPlan& plan, Diagnostics& diagnostics) {
  return std::make_unique<TasksCursor>(std::move(dataset), plan, diagnostics);
}

}  // namespace reelcell::readers::lerobot
