// What an edit will write, sample by sample.
#pragma once

#include <set>

#include "edit/stored.hpp"
#include "reelcell/pipeline/edit.hpp"

namespace reelcell::pipeline {

namespace edit {
struct PlannedSample {
  std::size_t source = 0, sample = 0;  ///< where it lies now
  std::string key, split, group;
  Segment segment;
};
struct LeftOut {
  std::string key, reason;
  std::size_t source = 0, sample = 0;
};
struct Part {
  std::string name;                    ///< folder below the target, "" = the target itself
  std::vector<PlannedSample> samples;  ///< in the order of the new corpus
};
}  // namespace edit

struct EditPlan::Impl {
  std::vector<std::unique_ptr<edit::StoredCorpus>> sources;
  std::vector<edit::Part> parts;
  std::vector<edit::LeftOut> left_out;
  std::vector<edit::LeftOut> forgotten;
  CorpusSchema schema;
  Recipe recipe;  ///< with the outputs to write
  std::map<std::string, std::string> renames;
  edit::PixelFigures pixels = edit::PixelFigures::kKept;
  bool options_changed = false;
  Json arguments = Json::object();  ///< for the record of the edit
  std::vector<std::string> operations;
  std::string forget_group;

  const edit::StoredSample& stored(const edit::PlannedSample& s) const {
    return sources[s.source]->samples()[s.sample];
  }
  edit::SampleDetails details(const edit::PlannedSample& s) const {
    return sources[s.source]->details(s.sample);
  }
};

namespace edit {

/// The samples as rows of an SQL table named "samples", in a file of their own while it is needed.
class SampleTable {
 public:
  explicit SampleTable(const StoredCorpus& corpus);
  SampleTable(const std::vector<PlannedSample>& planned, const EditPlan::Impl& plan);
  ~SampleTable();
  SampleTable(const SampleTable&) = delete;
  SampleTable& operator=(const SampleTable&) = delete;
  /// Which rows the predicate holds for.
  std::vector<bool> matches(const std::string& predicate) const;
  /// An expression's value for each row.
  std::vector<Json> values(const std::string& expression) const;
  table::QueryResult query(const std::string& sql) const;

 private:
  void write(const std::vector<Json>& rows);
  fs::path file_;
  std::size_t rows_ = 0;
};
Json table_row(const StoredSample& stored,
               const std::vector<std::pair<std::string, Value>>& attributes, const std::string& key,
               const std::string& split, const std::string& group, const Segment& segment,
               std::size_t number);

/// Samples that hold the same stretch of the same recordings as one of an earlier source, or, where
/// a set does not tell, the same rows and frames: PlanError, or with `distinct` they are left out.
void find_doubles(std::vector<PlannedSample>& samples, bool distinct, EditPlan::Impl& plan);
/// Changes labels, tasks and splits of the planned samples as the request says.
void relabel(const EditRequest& request, std::vector<PlannedSample>& samples,
             const EditPlan::Impl& plan);
/// One corpus, or several.
std::vector<Part> distribute(const EditRequest& request, std::vector<PlannedSample> samples,
                             const EditPlan::Impl& plan, Diagnostics& diagnostics);

/// What must not be found in a corpus after `forget`: names and hashes of the forgotten samples and
/// of sources that only they came from, and the bytes of their packets. What a kept sample has as
/// well is no trace of them; it is counted and told.
class Needles {
 public:
  explicit Needles(const EditPlan::Impl& plan);
  void add_packets(const EditPlan::Impl& plan, const LoadOptions& options);
  /// The packets of a kept episode are no trace of a forgotten one.
  void keep(const Episode& episode);
  /// Replaces every forgotten name in a document's texts (in the records of earlier edits).
  Json scrub(const Json& document) const;
  /// Searches every file below the folder: raw bytes, texts of Parquet tables, decompressed arrays,
  /// packets of every video. OutputError naming the first find; else what was searched.
  Json prove_absent(const fs::path& folder, const EditPlan::Impl& plan) const;
  /// A line of forgotten.jsonl in each corpus of the edit, after the lines of the source.
  void write_audit(const fs::path& folder, const EditPlan::Impl& plan, const Json& proof) const;

 private:
  /// Words and phrases below `least_length` are passed over.
  void check_text(std::string_view text, const std::string& where,
                  std::size_t least_length = 0) const;
  void check_packet(ByteView packet, const std::string& where) const;
  void search_raw(const fs::path& file) const;
  void search_parquet(const fs::path& file) const;
  std::uint64_t search_video(const fs::path& file, const std::string& where) const;
  std::uint64_t search_shard(const fs::path& tar) const;

  std::set<std::string, std::less<>> names_;
  std::vector<std::string> phrases_;  ///< names that are no single word
  std::set<std::string> packets_;     ///< XXH3-128
  std::uint64_t shared_names_ = 0, shared_packets_ = 0, forgotten_packets_ = 0;
};

}  // namespace edit
}  // namespace reelcell::pipeline
