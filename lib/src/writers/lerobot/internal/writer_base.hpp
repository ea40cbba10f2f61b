// What the writers of both versions do alike: checks, numbering, statistics, labels, native series,
// info.json.
#pragma once

#include <string>
#include <vector>

#include "catalogue.hpp"
#include "episode_stats.hpp"
#include "features.hpp"
#include "info.hpp"
#include "layout.hpp"
#include "native.hpp"
#include "objects_table.hpp"
#include "reelcell/model/corpus.hpp"

namespace reelcell::writers::lerobot {

/// Where an episode came from, as fields of its metadata row: "reelcell/key", "reelcell/session",
/// ..
Json origin_of(const Episode& episode);
std::vector<table::ParquetColumn> origin_columns();

/// Throws PlanError for what the constructor would refuse.
void check_plan(const CorpusSchema& schema, const OptionValues& options, bool with_file_sizes);

class WriterBase : public CorpusWriter {
 public:
  SamplePlace add(const Episode& episode) final;
  void adopt(const Episode& episode, const SamplePlace& place) final;
  SamplePlace carry(const Episode& episode, const EarlierPlace& before) final;
  WriterReport close() final;

 protected:
  WriterBase(WriterContext context, bool with_file_sizes);

  /// Writes rows and clips of one episode and fills in its place.
  virtual void write_episode(const Episode& episode, const std::vector<Column>& columns,
                             SamplePlace& place) = 0;
  /// The same, where files may be taken as they are. Rows carry the numbers of their episode, so a
  /// data file stays only where `stays` says that those are what they were.
  virtual void carry_episode(const Episode& episode, const std::vector<Column>& columns,
                             const EarlierPlace& before, bool stays, SamplePlace& place) = 0;
  /// Files that are written from now on come after those of the place.
  virtual void skip_past(const SamplePlace& place) = 0;
  /// The episode's row of the tables, from its place. `figures` are its statistics.
  virtual void note_episode(const Episode& episode, const SamplePlace& place, Json figures) = 0;
  /// Closes open files and writes the version's own metadata.
  virtual void finish(const Json& total_stats) = 0;
  /// Keys of info.json that only this version has, with those that both share already in it.
  virtual void complete_info(Json& info) const = 0;

  WriterContext context_;
  std::int64_t fps_;
  Settings settings_;
  FeatureLayout layout_;
  OutputFolder folder_;
  StatsCollector stats_;
  CameraFormats cameras_;
  ClipTally tally_;
  TaskList tasks_;
  SplitRanges splits_;
  LabelLog labels_;
  PixelLog pixels_;
  NativeTables native_;
  ObjectTable objects_;
  std::uint64_t episodes_ = 0;
  std::int64_t frames_ = 0;

 private:
  void add_native(const Episode& episode, SamplePlace& place);
  void check(const Episode& episode);
  std::vector<Column> begin(const Episode& episode);
  void count(const Episode& episode, const std::vector<Column>& columns, const SamplePlace& place);
  void warn_of_missing_pixels() const;
  Json info() const;
};

}  // namespace reelcell::writers::lerobot
