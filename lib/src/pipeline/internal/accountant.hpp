// What a build or an edit did, sample after sample.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// Adds written samples to a report: clips copied and encoded, and how rows met their streams,
/// and whose content has no hash. For one thread at a time; some hundred bytes a session.
class Accountant {
 public:
  explicit Accountant(BuildReport& report) : report_(&report) {}
  void add(const Episode& episode);
  void finish();  ///< puts what was summed over all samples into the report
  /// Sessions whose rows came from the same recordings, by their hashes: each with the first of
  /// them by name.
  std::vector<std::pair<std::string, std::string>> identical() const;

 private:
  void add_clip(const EpisodeClip& clip);

  BuildReport* report_;
  std::map<std::string, timeline::SkewStats> skews_;
  std::map<std::pair<std::string, std::string>, std::string> unhashed_;
  std::map<std::string, std::set<std::string>> recordings_;  ///< hashes, by session
};

}  // namespace reelcell::pipeline
