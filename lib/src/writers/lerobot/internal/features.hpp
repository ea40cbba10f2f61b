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

/// Numbers of an episode's rows that are not in the episode itself.
struct RowNumbers {
  std::int64_t fps = 0;
  std::int64_t first_index = 0;  ///< of the first row in the data set
  std::int64_t task_index = 0;
};

class FeatureLayout {
 public:
  /// Throws PlanError for names LeRobot cannot hold ('/', its own five, twice the same) and shapes
  /// beyond 1-D.
  explicit FeatureLayout(const CorpusSchema& schema);

  const std::vector<FeatureSpec>& data() const {
    return data_;
  }  ///< in column order, without video
  const std::vector<FeatureSpec>& videos() const { return videos_; }  ///< in schema order
  std::vector<table::ParquetColumn> parquet_columns() const;
  /// The footer's `huggingface` value: how the `datasets` library is to type the columns.
  std::string huggingface() const;
  /// "features" of info.json. `video_info` has an entry per video feature.
  Json info(const std::map<std::string, Json>& video_info) const;
  /// All columns of an episode, float32 features rounded to float32. Throws PlanError when the
  /// episode does not fit.
  std::vector<Column> rows(const Episode& episode, const RowNumbers& numbers) const;

 private:
  void add_data(FeatureSpec spec);
  void append_features(const Episode& episode, std::vector<Column>& columns) const;
  void append_times(const Episode& episode, std::vector<Column>& columns) const;

  std::vector<FeatureSpec> data_, videos_;
  std::size_t own_ = 0;  ///< how many of data_ come from the schema
  std::vector<std::string> time_streams_;
  bool true_times_ = false;
};

}  // namespace reelcell::writers::lerobot
