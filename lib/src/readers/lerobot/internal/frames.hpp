// An episode's rows: columns checked against info.json, and their times.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataset.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::readers::lerobot {

/// What is to be read of one episode's rows.
struct FramesPlan {
  fs::path path;
  std::string where;  ///< "file.parquet: episode_000003"
  std::int64_t episode = 0;
  Rational rate;
  std::uint64_t first_row = 0, rows = 0;  ///< in the file
  std::vector<ColumnSpec> columns;        ///< as the file has them, but for `annotations`
  // Places of these in `columns`, if there.
  std::optional<std::size_t> timestamp, frame_index, episode_index, task_index;
  /// Places in `columns` of what the file has as indices of tasks and a reader gets as their texts:
  /// the numbers say nothing outside the data set.
  std::vector<std::size_t> annotations;
  std::shared_ptr<const TaskTexts> tasks;
  std::int64_t first_tick = 0;  ///< of the grid 1/fps that the first timestamp lies on
};

/// Reads the footer and the first row. Columns that cannot be had are counted as loss, differences
/// to info.json as warnings. Throws InputError when the file cannot be read or holds another
/// episode.
FramesPlan plan_frames(const Dataset& dataset, const EpisodeEntry& episode,
                       Diagnostics& diagnostics);

/// The time of a row. A timestamp within LeRobot's tolerance (1e-4 s) of its tick is that tick,
/// exactly: float32 cannot say 1/30. Else it is the stored value.
StreamTime row_time(const FramesPlan& plan, double timestamp_s, std::int64_t frame_index);

/// The texts that the episode's rows name by its annotations, by index. Reads these columns only.
TaskTexts annotation_texts(const Dataset& dataset, const EpisodeEntry& episode,
                           const fs::path& path);

std::unique_ptr<SeriesCursor> open_frames(FramesPlan plan, Diagnostics& diagnostics);
/// One event for each run of rows with the same task_index.
std::unique_ptr<EventCursor> open_tasks(std::shared_ptr<const Dataset> dataset,
                                        const FramesPlan& plan, Diagnostics& diagnostics);

}  // namespace reelcell::readers::lerobot
