// What the metadata files say of episodes: tasks, splits, labels, GR00T's modality.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "layout.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::writers::lerobot {

/// Task texts in order of first use; their index is what the rows carry.
class TaskList {
 public:
  std::int64_t index_of(const std::string& task);
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
  std::map<std::string, std::int64_t> index_;
};
/// meta/tasks.parquet. The text is the pandas index: without saying so, pandas numbers the rows
/// instead and the task texts turn into integers.
void write_tasks_parquet(const fs::path& path, const std::vector<std::string>& tasks);

/// "train": "0:80", and "0:80,100:140" for a split that sessions were added to: each addition has
/// its episodes ordered by split.
class SplitRanges {
 public:
  void add(const Episode& episode);
  Json json() const;

 private:
  struct Range {
    std::string name;
    std::uint64_t first, end;
  };
  std::vector<Range> ranges_;
};

/// meta/labels.jsonl: every label with its rule, inputs and explanation. No labels, no file.
class LabelLog {
 public:
  explicit LabelLog(OutputFolder& folder) : folder_(&folder) {}
  void add(const Episode& episode);
  void close();
  /// Columns "label/<name>" and "label/<name>/confidence", typed by the values seen; int and float
  /// make float, any other mix makes text.
  std::vector<table::ParquetColumn> columns() const;
  /// The label columns' values of an episode, by column name.
  static Json values(const Episode& episode);

 private:
  OutputFolder* folder_;
  std::unique_ptr<AtomicFile> file_;
  std::vector<std::string> order_;
  std::map<std::string, DType> types_;
  std::map<std::string, bool> typed_;
};
/// meta/pixels.jsonl: the histogram of every episode's pixels by video feature, so that an edit can
/// give exact statistics of what is left without decoding. No histograms, no file.
class PixelLog {
 public:
  explicit PixelLog(OutputFolder& folder) : folder_(&folder) {}
  void add(const Episode& episode);
  void close();

 private:
  OutputFolder* folder_;
  std::unique_ptr<AtomicFile> file_;
};

/// A value as its column wants it: numbers among texts become text.
Json as_column(const Json& value, const table::ParquetColumn& column);

/// GR00T's meta/modality.json from the features' modality and parts ("stream.column#name" is the
/// part called "name"), and from those written as indices of tasks.
Json modality_json(const CorpusSchema& schema, const std::vector<std::string>& annotations);

}  // namespace reelcell::writers::lerobot
