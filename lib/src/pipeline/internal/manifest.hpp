// corpus.json and the data card.
#pragma once

#include <string>
#include <vector>

#include "internal/corpus_stats.hpp"
#include "reelcell/model/corpus.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// Collects what the manifest says of each sample, without the sample's data.
class ManifestBuilder {
 public:
  explicit ManifestBuilder(const BuildPlan& plan) : plan_(&plan), statistics_(plan.schema) {}
  void add(const Episode& episode, const std::string& group);
  /// One writer's report, in the order of the recipe's outputs.
  void add_output(const OutputRule& output, const WriterReport& report);
  void add_file(const CorpusFile& file) { own_files_.push_back(file); }
  Json corpus_json(const BuildReport& report) const;
  std::string data_card(const BuildReport& report) const;

 private:
  struct SplitCount {
    std::uint64_t episodes = 0, rows = 0;
    std::vector<std::string> groups;
  };
  const BuildPlan* plan_;
  std::vector<Json> samples_;
  std::vector<std::pair<std::string, SplitCount>> splits_;
  CorpusStatistics statistics_;
  std::vector<std::pair<std::string, LabelSummary>> labels_;  ///< in the recipe's order
  Json outputs_ = Json::array();
  std::vector<CorpusFile> own_files_;
};

}  // namespace reelcell::pipeline
