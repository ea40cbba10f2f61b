// The pass over all data files: numbering, times, tasks, and the figures of every feature.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data_set.hpp"
#include "figures.hpp"

namespace reelcell::writers::lerobot {

/// What the rows of one episode turned out to be.
struct EpisodeRows {
  std::int64_t episode = 0;
  std::string path;
  std::uint64_t rows = 0;
  /// Times as float32, only where they are not float32(frame_index / fps).
  std::vector<float> odd_times;
  /// Figures by feature, element by element.
  std::map<std::string, std::vector<ElementFigures>> figures;
};

struct RowsResult {
  std::vector<EpisodeRows> episodes;  ///< in file order
  std::uint64_t rows = 0;
  /// All values by feature and element, sorted; empty where they were too many to keep.
  std::map<std::string, std::vector<std::vector<double>>> values;
  const EpisodeRows* find(std::int64_t episode) const;
  std::map<std::int64_t, std::size_t> position;
};

/// Time of a row as the data has it.
float row_time(const EpisodeRows& rows, std::uint64_t row, std::int64_t fps);

RowsResult check_rows(const DataSet& set, Grouped& found);

}  // namespace reelcell::writers::lerobot
