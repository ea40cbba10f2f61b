// A finished corpus that sessions are added to: what it says of itself, and its rows.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "edit/carried_files.hpp"
#include "edit/stored.hpp"
#include "internal/camera_forms.hpp"
#include "internal/lost_parts.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// Memory: some hundred bytes a sample; what else is known of them lies in temporary files.
class PriorCorpus {
 public:
  /// Throws InputError when it cannot be read.
  explicit PriorCorpus(const fs::path& folder);
  const fs::path& path() const { return corpus_->path(); }
  const CorpusSchema& schema() const { return corpus_->schema(); }
  const Json& manifest() const { return corpus_->manifest(); }
  CameraForms cameras() const { return stated_forms(corpus_->lerobot_info()); }
  /// Forgets the samples of these sessions and what is told of them; the others move up.
  void leave_out(const std::set<std::string>& sessions);
  bool leaves_out() const { return kept_.size() < corpus_->samples().size(); }
  std::size_t size() const { return kept_.size(); }
  const edit::StoredSample& sample(std::size_t i) const { return corpus_->samples()[kept_[i]]; }
  /// Its entry in the manifest.
  Json entry(std::size_t i) const { return corpus_->details(kept_[i]).manifest; }
  /// Rows, times and figures, clips without packets. Thread-safe for different i. InputError.
  edit::LoadedEpisode load(std::size_t i) const { return corpus_->load_rows(kept_[i]); }
  /// All of it, packets, native series, stills and figures of pixels too. The same.
  edit::LoadedEpisode load_whole(std::size_t i) const;
  /// Where sample i lies, and which files of the recipe's output `output` hold no sample that is
  /// left out. After leave_out().
  EarlierPlace before(std::size_t i, const Json& entry, std::size_t output) const {
    return carried_->before(kept_[i], entry, output);
  }
  /// Where sample i, whose entry is given, lies in one output.
  SamplePlace place(std::size_t i, const Json& entry, const std::string& output) const;
  /// Files of one output, in the recipe's order.
  std::vector<CorpusFile> files(std::size_t output) const;
  /// Of what data was lost or set aside when it was built, but for the sessions and segments named.
  LostParts lost(const std::set<std::string>& sessions,
                 const std::set<std::string>& segments) const;
  /// Was data lost of which the report does not say where (an earlier version wrote it)?
  bool lost_somewhere() const;
  /// One entry a build or addition: sessions, episodes; none of which nothing is left.
  Json generations() const;

  /// Every session that was given to a build of it.
  const std::set<std::string>& sessions() const { return sessions_; }
  bool has_samples_of(const std::string& session) const { return samples_of_.contains(session); }
  /// Streams and files that samples of the session came from.
  struct Source {
    std::string stream;  ///< "" for a file beside them
    std::string path;
    friend auto operator<=>(const Source&, const Source&) = default;
  };
  struct Known {
    std::string sha256;  ///< of the file, or of the stream where it has none of its own
    std::string
        no_hash;  ///< why it could not be taken; "" without a hash: an older version wrote it
  };
  using Sources = std::map<Source, Known>;
  Sources sources_of(const std::string& session) const;
  /// Keys of its segments that could not be built, though others were.
  std::set<std::string> failed_segments(const std::string& session) const;
  /// What became of every segment, but for those named and those of the sessions named.
  void for_each_decision(const std::set<std::string>& without,
                         const std::set<std::string>& segments,
                         const std::function<void(const Decision&)>& take) const;
  std::vector<QuarantinedSession> quarantined(const std::set<std::string>& without) const;
  /// These were quarantined because they did not say what was in them. Now they do, by other ids,
  /// and what is told of them counts no longer.
  void retire(std::set<std::string> sessions) { retired_ = std::move(sessions); }
  /// The visits reports of its sessions.
  Json visits(const std::set<std::string>& without) const;

 private:
  std::unique_ptr<edit::StoredCorpus> corpus_;
  std::vector<std::uint32_t> kept_;  ///< numbers of samples, rising
  std::set<std::string> left_out_;   ///< sessions
  std::optional<edit::CarriedFiles> carried_;
  Json report_;  ///< without its decisions
  JsonShelf decisions_;
  std::set<std::string> sessions_;
  std::set<std::string> retired_;
  std::map<std::string, std::vector<std::uint32_t>>
      samples_of_;                                       ///< a session's samples, in the corpus
  std::map<std::string, std::set<std::string>> failed_;  ///< keys of segments, by session
};

}  // namespace reelcell::pipeline
