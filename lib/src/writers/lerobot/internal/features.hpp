// The columns of the data files: the schema's features, the true times of what went into them,
// LeRobot's own five.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reelcell/model/episode.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::writers::lerobot {

/// "/wrist/cam" -> "wrist.cam": a name that may stand in a feature's name and in a path.
std::string safe_name(std::string_view stream);
/// ASCII letters; readers of Parquet such as DuckDB tell columns apart without case.
std::string in_lower_case(std::string text);

class TaskList;

/// Numbers of an episode's rows that are not in the episode itself.
struct RowNumbers {
  std::int64_t fps = 0;
  std::int64_t first_index = 0;  ///< of the first row in the data set
};

/// How text features named "annotation.*" are written: GR00T's loader takes them for indices into
/// the tasks.
enum class Annotations { kTexts, kTaskIndices };

class FeatureLayout {
 public:
  /// Throws PlanError for names LeRobot cannot hold ('/', its own five, twice the same) and shapes
  /// beyond 1-D.
  FeatureLayout(const CorpusSchema& schema, Annotations annotations);

  const std::vector<FeatureSpec>& data() const {
    return data_;
  }  ///< in column order, without video
  const std::vector<FeatureSpec>& videos() const { return videos_; }  ///< in schema order
  std::vector<table::ParquetColumn> parquet_columns() const;
  /// The footer's `huggingface` value: how the `datasets` library is to type the columns.
  std::string huggingface() const;
  /// "features" of info.json. `video_info` has an entry per video feature.
  Json info(const std::map<std::string, Json>& video_info) const;
  /// All columns of an episode, float32 features rounded to float32, with the indices that `tasks`
  /// gives: the episode's own task first, then annotations row by row. Throws PlanError when the
  /// episode does not fit.
  std::vector<Column> rows(const Episode& episode, const RowNumbers& numbers,
                           TaskList& tasks) const;
  /// Features of texts that are written as indices of tasks, in column order.
  std::vector<std::string> annotations() const;

 private:
  void add_data(FeatureSpec spec);
  void append_features(const Episode& episode, TaskList& tasks, std::vector<Column>& columns) const;
  void append_indices(const Episode& episode, TaskList& tasks, std::vector<Column>& columns) const;
  void append_times(const Episode& episode, std::vector<Column>& columns) const;

  std::vector<FeatureSpec> data_, videos_;
  std::size_t own_ = 0;                   ///< how many of data_ come from the schema
  std::vector<std::size_t> annotations_;  ///< places in data_
  std::vector<std::string> time_streams_;
  bool true_times_ = false;
};

}  // namespace reelcell::writers::lerobot
