// Editing finished corpora and LeRobot data sets: packets are copied, rows keep every bit, the
// statistics are computed again from what is left. Nothing is changed in place.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/base/json.hpp"
#include "reelcell/base/progress.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::pipeline {

/// What to do, in this order: select, forget, relabel, rename, distribute, write.
struct EditRequest {
  std::vector<fs::path> sources;  ///< several are merged, in this order
  bool distinct = false;          ///< of samples that are in several sources, keep the first
  std::vector<std::string> drop;  ///< keys or episode numbers
  std::vector<std::string> keep;  ///< only these; empty = all
  std::string where;              ///< SQL predicate over the table that edit_table() gives
  std::string forget;             ///< group of which nothing may be left, "" = none
  fs::path map;                   ///< CSV or JSON: key, and task, split or label.NAME
  std::vector<std::pair<std::string, std::string>> labels;   ///< name -> SQL expression
  std::string task;                                          ///< SQL expression
  std::vector<std::pair<std::string, std::string>> renames;  ///< feature, old -> new
  std::vector<std::string> settings;                         ///< "[FOLDER.]OPTION=VALUE"
  std::string format;                                        ///< of the only output, "" = as it is
  std::vector<std::pair<std::string, double>> split_ratios;  ///< corpus name -> share
  std::vector<std::pair<std::string, std::string>> split_wheres;  ///< corpus name -> SQL predicate
  bool split_by_group = false;                                    ///< one corpus a group
  std::string image_stats = "keep";                               ///< "keep" or "decode"
};

/// A checked request. Throws InputError, PlanError; writes nothing.
class EditPlan {
 public:
  static EditPlan make(const EditRequest& request, Diagnostics& diagnostics);
  EditPlan(EditPlan&&) noexcept;
  ~EditPlan();
  /// What would be kept, dropped, changed.
  Json to_json() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  EditPlan();
  std::unique_ptr<Impl> impl_;
};

struct EditTarget {
  fs::path out;  ///< new or empty; with a split it gets one folder a corpus
  bool overwrite = false;
  std::size_t threads = 1;
};
/// Writes beside `out` and renames at the end: `out` is there whole or not at all, also after a
/// kill. What a killed edit left is removed by the next one. Bytes do not depend on the threads.
/// Samples that cannot be had whole are left out and counted in `diagnostics`. The report says what
/// was copied and encoded. Throws OutputError.
Json run_edit(const EditPlan& plan, const EditTarget& target, Diagnostics& diagnostics,
              Progress& progress);

/// The table that predicates and expressions of an edit see, one row a sample: key, session, split,
/// "group", rows, episode, task, segment_kind, segment, start_ns, end_ns, duration_s, and the
/// structs label, label_confidence, attribute, session_attribute.
table::QueryResult edit_table(const fs::path& source, const std::string& sql);

}  // namespace reelcell::pipeline
