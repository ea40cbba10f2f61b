// corpus.json and the data card.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "internal/corpus_stats.hpp"
#include "reelcell/base/json_stream.hpp"
#include "reelcell/model/corpus.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// Collects what the manifest says of each sample, in a temporary file: memory grows with files,
/// splits and labels, not with samples.
class ManifestBuilder {
 public:
  explicit ManifestBuilder(const BuildPlan& plan)
      : plan_(&plan), label_units_(plan.label_units), statistics_(plan.schema) {}
  /// `places`: one an output, in the recipe's order. `more`: members at the end of its entry.
  void add(const Episode& episode, const std::string& group, const std::vector<SamplePlace>& places,
           const Json& more = Json::object());
  /// A sample that a corpus holds already, with its entry in that corpus's manifest.
  void adopt(const Episode& episode, const Json& entry);
  /// The same, of one that moves: with its figures of pixels.
  void carry(const Episode& episode, Json entry, const std::vector<SamplePlace>& places);
  /// What the corpus held before this build: its generations, the units of labels in its manifest
  /// and, with `pictures`, the histograms there.
  void adopt_corpus(const Json& manifest, Json generations, bool pictures);
  /// The generations of this corpus then end with the plan's sessions.
  void add_generation() { with_generation_ = true; }
  /// One writer's report, in the order of the recipe's outputs.
  void add_output(const OutputRule& output, const WriterReport& report, bool with_options);
  void add_file(const CorpusFile& file) { own_files_.push_back(file); }
  /// corpus.json, with the members of `more` at its end; one sample in memory at a time.
  void write(JsonStream& stream, const BuildReport& report, const Json& more = Json::object(),
             const JsonFilter& filter = {}) const;
  std::string data_card(const BuildReport& report) const;

 private:
  struct SplitCount {
    std::uint64_t episodes = 0, rows = 0;
    std::vector<std::string> groups;
  };
  void count(const Episode& episode, const std::string& group);
  Json places_json(const std::vector<SamplePlace>& places) const;
  Json features() const;
  Json counts(const BuildReport& report) const;
  std::string unit_of(const std::string& label) const;  ///< "" = none
  Json statistics() const;
  Json generations() const;
  std::size_t sessions() const;
  const BuildPlan* plan_;
  Json generations_ = Json::array();
  std::map<std::string, std::string, std::less<>> label_units_;  ///< the plan's and what was there
  bool with_generation_ = false;
  std::uint64_t adopted_ = 0;
  JsonSpool samples_;
  std::vector<std::pair<std::string, SplitCount>> splits_;
  CorpusStatistics statistics_;
  std::vector<std::pair<std::string, LabelSummary>> labels_;  ///< in the recipe's order
  Json outputs_ = Json::array();
  std::vector<CorpusFile> own_files_;
};

}  // namespace reelcell::pipeline
