#include "internal/prior_corpus.hpp"

#include <algorithm>

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
  for (const edit::StoredSample& sample : corpus_->samples()) {
    const auto number = static_cast<std::uint32_t>(kept_.size());
    kept_.push_back(number);
    sessions_.insert(sample.session);
    samples_of_[sample.session].push_back(number);
  }
}

void PriorCorpus::leave_out(const std::set<std::string>& sessions) {
  if (sessions.empty()) return;
  left_out_ = sessions;
  std::set<std::size_t> gone;
  std::erase_if(kept_, [&](std::uint32_t number) {
    const bool goes = sessions.contains(corpus_->samples()[number].session);
    if (goes) gone.insert(number);
    return goes;
  });
  for (const std::string& session : sessions) {
    samples_of_.erase(session);
    failed_.erase(session);
  }
  carried_.emplace(*corpus_, gone);
}

edit::LoadedEpisode PriorCorpus::load_whole(std::size_t i) const {
  const Recipe& recipe = corpus_->recipe();
  edit::LoadOptions options;
  options.rate = schema().rate;
  options.wants_pixels = recipe.image_stats != "none";
  options.pixel_rows = recipe.image_stats;
  edit::LoadedEpisode loaded = corpus_->load(kept_[i], options);
  if (!loaded.encoded.empty())
    throw InputError(path().string(),
                     "sample '" + sample(i).key + "': " + loaded.encoded.begin()->first +
                         " cannot be copied as it is: " + loaded.encoded.begin()->second);
  return loaded;
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

Json PriorCorpus::generations() const {
  Json all = manifest().value("generations", Json::array());
  if (left_out_.empty()) return all;
  Json kept = Json::array();
  std::uint64_t begin = 0;
  for (Json& generation : all) {
    const std::uint64_t end = begin + generation.value("episodes", std::uint64_t{0});
    Json sessions = Json::array();
    for (Json& id : generation["sessions"])
      if (!left_out_.contains(id.get<std::string>())) sessions.push_back(std::move(id));
    generation["sessions"] = std::move(sessions);
    generation["episodes"] = std::count_if(kept_.begin(), kept_.end(), [&](std::uint64_t number) {
      return begin <= number && number < end;
    });
    begin = end;
    if (!generation["sessions"].empty()) kept.push_back(std::move(generation));
  }
  return kept;
}

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
    Decision decision = decision_of(decisions_.at(i));
    if (decision.episode && leaves_out())
      decision.episode =
          std::lower_bound(kept_.begin(), kept_.end(), *decision.episode) - kept_.begin();
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
