// A finished corpus that sessions are added to: what it says of itself, and its rows.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "edit/stored.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

class PriorCorpus {
 public:
  /// Throws InputError when it cannot be read.
  explicit PriorCorpus(const fs::path& folder);
  const fs::path& path() const { return corpus_->path(); }
  const CorpusSchema& schema() const { return corpus_->schema(); }
  const Json& manifest() const { return corpus_->manifest(); }
  std::size_t size() const { return corpus_->samples().size(); }
  const edit::StoredSample& sample(std::size_t i) const { return corpus_->samples()[i]; }
  /// Rows, times and figures, clips without packets. Thread-safe for different i. InputError.
  edit::LoadedEpisode load(std::size_t i) const { return corpus_->load_rows(i); }
  /// Where sample i lies in one output.
  SamplePlace place(std::size_t i, const std::string& output) const;
  /// Files of one output, in the recipe's order.
  std::vector<CorpusFile> files(std::size_t output) const;
  /// Was data lost or set aside when it was built?
  bool lost() const { return report_.value("lost", false); }
  /// One entry a build or addition: sessions, episodes.
  Json generations() const;

  /// Every session that was given to a build of it.
  const std::set<std::string>& sessions() const { return sessions_; }
  bool has_samples_of(const std::string& session) const { return sources_.contains(session); }
  /// Files that samples of the session came from -> SHA-256, "" where it was not taken.
  const std::map<std::string, std::string>& sources_of(const std::string& session) const {
    return sources_.at(session);
  }
  /// What became of every segment and session, but for the sessions named.
  std::vector<Decision> decisions(const std::set<std::string>& without) const;
  std::vector<QuarantinedSession> quarantined(const std::set<std::string>& without) const;
  /// The visits reports of its sessions.
  Json visits(const std::set<std::string>& without) const;

 private:
  std::unique_ptr<edit::StoredCorpus> corpus_;
  Json report_;
  std::set<std::string> sessions_;
  std::map<std::string, std::map<std::string, std::string>> sources_;
};

}  // namespace reelcell::pipeline
