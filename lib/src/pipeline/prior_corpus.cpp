#include "internal/prior_corpus.hpp"

#include "reelcell/base/error.hpp"
#include "reelcell/base/json_array.hpp"

namespace reelcell::pipeline {
namespace {

GateAction action_of(const std::string& text) {
  if (text == to_string(GateAction::kKeep)) return GateAction::kKeep;
  return text == to_string(GateAction::kDrop) ? GateAction::kDrop : GateAction::kQuarantine;
}

Decision decision_of(const Json& entry) {
  Decision decision;
  decision.key = entry.value("key", "");
  decision.session = entry.value("session", "");
  decision.segment = entry.value("segment", "");
  decision.split = entry.value("split", "");
  decision.action = action_of(entry.value("action", ""));
  decision.reason = entry.value("reason", "");
  decision.failed = entry.value("failed", false);
  decision.gates = entry.value("gates", Json::array());
  if (entry.contains("episode") && entry["episode"].is_number_unsigned())
    decision.episode = entry["episode"].get<std::uint64_t>();
  return decision;
}

}  // namespace

PriorCorpus::PriorCorpus(const fs::path& folder) : corpus_(edit::open_made_corpus(folder)) {
  report_ = read_json_array(folder / "report.json", "decisions", [&](Json&& entry) {
    if (entry.value("failed", false))
      failed_[entry.value("session", "")].insert(entry.value("key", ""));
    decisions_.add(entry);
  });
  for (const Json& generation : generations())
    for (const Json& id : generation.value("sessions", Json::array()))
      if (id.is_string()) sessions_.insert(id.get<std::string>());
  for (std::size_t i = 0; i < size(); ++i) {
    sessions_.insert(sample(i).session);
    samples_of_[sample(i).session].push_back(static_cast<std::uint32_t>(i));
  }
}

PriorCorpus::Sources PriorCorpus::sources_of(const std::string& session) const {
  Sources sources;
  for (const std::uint32_t i : samples_of_.at(session))
    for (const SourceLineage& line : corpus_->details(i).lineage) {
      Known& known = sources[{line.stream, line.path}];
      if (!line.sha256.empty()) known = {line.sha256, ""};
      if (known.sha256.empty() && known.no_hash.empty()) known.no_hash = line.no_hash;
    }
  return sources;
}

SamplePlace PriorCorpus::place(std::size_t i, const Json& entry, const std::string& output) const {
  return edit::place_of(sample(i), entry, output, (path() / "corpus.json").string());
}

std::vector<CorpusFile> PriorCorpus::files(std::size_t output) const {
  std::vector<CorpusFile> files;
  for (const Json& entry : manifest()["outputs"].at(output)["files"]) {
    CorpusFile file;
    file.path = entry["path"].get<std::string>();
    file.digests.bytes = entry["bytes"].get<std::uint64_t>();
    file.digests.xxh3_128 = entry["xxh3_128"].get<std::string>();
    file.digests.sha256 = entry["sha256"].get<std::string>();
    files.push_back(std::move(file));
  }
  return files;
}

Json PriorCorpus::generations() const { return manifest().value("generations", Json::array()); }

LostParts PriorCorpus::lost(const std::set<std::string>& sessions,
                            const std::set<std::string>& segments) const {
  LostParts kept;
  const Json lost = report_.value("lost_parts", Json::object());
  for (const std::string& id : lost.value("sessions", std::vector<std::string>{}))
    if (!sessions.contains(id) && !retired_.contains(id)) kept.sessions.insert(id);
  const std::vector<std::string> keys = lost.value("segments", std::vector<std::string>{});
  const std::set<std::string> all(keys.begin(), keys.end());
  for_each_decision(sessions, segments, [&](const Decision& decision) {
    if (all.contains(decision.key)) kept.segments.insert(decision.key);
  });
  return kept;
}

bool PriorCorpus::lost_somewhere() const {
  return report_.value("lost", false) && !report_.contains("lost_parts");
}

std::set<std::string> PriorCorpus::failed_segments(const std::string& session) const {
  const auto found = failed_.find(session);
  return found == failed_.end() ? std::set<std::string>() : found->second;
}

void PriorCorpus::for_each_decision(const std::set<std::string>& without,
                                    const std::set<std::string>& segments,
                                    const std::function<void(const Decision&)>& take) const {
  for (std::size_t i = 0; i < decisions_.size(); ++i) {
    const Decision decision = decision_of(decisions_.at(i));
    if (!without.contains(decision.session) && !segments.contains(decision.key)) take(decision);
  }
}

std::vector<QuarantinedSession> PriorCorpus::quarantined(
    const std::set<std::string>& without) const {
  std::vector<QuarantinedSession> kept;
  for (const Json& entry : report_.value("quarantined_sessions", Json::array())) {
    QuarantinedSession session{entry.value("session", ""), entry.value("reason", "")};
    if (!without.contains(session.id) && !retired_.contains(session.id))
      kept.push_back(std::move(session));
  }
  return kept;
}

Json PriorCorpus::visits(const std::set<std::string>& without) const {
  Json kept = Json::array();
  for (const Json& entry : report_.value("visits", Json::array()))
    if (!without.contains(entry.value("session", ""))) kept.push_back(entry);
  return kept;
}

}  // namespace reelcell::pipeline
