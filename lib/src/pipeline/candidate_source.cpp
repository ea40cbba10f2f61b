#include "internal/candidate_source.hpp"

#include <algorithm>

#include "internal/identity.hpp"
#include "internal/isolate.hpp"
#include "internal/placeless.hpp"
#include "internal/unreachable.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::pipeline {
namespace {

std::unique_ptr<BuiltCandidate> failure(const BuildPlan& plan, const Candidate& candidate,
                                        const std::string& reason) {
  auto built = std::make_unique<BuiltCandidate>();
  built->decision.key = candidate.key;
  built->decision.session = plan.sessions[candidate.session].id;
  built->decision.segment = candidate.segment.name;
  built->decision.split = candidate.split;
  built->decision.action = GateAction::kQuarantine;
  built->decision.reason = placeless(reason, plan.sessions[candidate.session], plan.recipe);
  built->decision.failed = true;
  return built;
}

bool lacks_a_hash(const BuiltCandidate& built) {
  return built.episode &&
         std::any_of(built.episode->lineage.begin(), built.episode->lineage.end(),
                     [](const SourceLineage& line) { return !line.no_hash.empty(); });
}

/// Worth keeping: pixels were looked at, or it failed. The rest costs little more than reading it
/// back from the spool.
bool was_dear(const BuiltCandidate& built) {
  if (!built.episode) return true;
  const Episode& episode = *built.episode;
  return !built.decision.gates.empty() || !episode.video_stats.empty() || !episode.stills.empty() ||
         std::any_of(episode.clips.begin(), episode.clips.end(),
                     [](const EpisodeClip& clip) { return !clip.packets.copied; });
}

}  // namespace

CandidateSource::CandidateSource(const BuildPlan& plan, const Spool& spool, PacketScope scope,
                                 const BuildRequest& request)
    : plan_(&plan),
      spool_(&spool),
      scope_(scope),
      retry_failed_(request.retry_failed),
      threads_(std::max<std::size_t>(1, request.threads)),
      cache_(new_cache()) {
  const CorpusSchema& schema = plan.schema;
  schema_ = as_text(encode_features(schema.features));
  schema_ += std::to_string(schema.rate.num) + "/" + std::to_string(schema.rate.den);
  for (const std::string& stream : schema.time_streams) schema_ += "\n" + stream;
  for (const auto& [feature, form] : plan.cameras)
    schema_ += "\n" + feature + " " + form.codec + " " + form.pix_fmt;
}

std::unique_ptr<SessionCache> CandidateSource::new_cache() const {
  // Segments come session by session: one a thread is all that is in work, and each holds the index
  // of its cameras.
  return std::make_unique<SessionCache>(plan_->sessions, plan_->recipe, *plan_->losses, threads_);
}

std::string CandidateSource::fingerprint(std::size_t i) const {
  const Candidate& candidate = plan_->candidates[i];
  std::string text = "candidate 6 " REELCELL_VERSION "\n" + plan_->recipe.hash + "\n" +
                     plan_->identities[candidate.session] + "\n" + candidate.key + "\n" +
                     candidate.group + "\n" + candidate.split + "\n" + schema_;
  text += as_text(encode_segment(candidate.segment));
  return fingerprint_of(as_bytes(text));
}

bool CandidateSource::has(std::size_t i) const { return spool_->has(fingerprint(i)); }

std::unique_ptr<BuiltCandidate> CandidateSource::load(std::size_t i, const std::string& name) {
  const auto bytes = spool_->load(name);
  if (!bytes) return nullptr;
  bool missing_packets = false;
  auto built = decode_candidate(*bytes, &missing_packets);
  if (retry_failed_ && (built->decision.failed || lacks_a_hash(*built))) return nullptr;
  if (missing_packets) {
    const std::size_t session = plan_->candidates[i].session;
    SessionCache::Lease lease = cache_->take(session);
    built->session = lease.session;
    copy_packets(*plan_, *lease.session, *built->episode);
    cache_->give_back(session, std::move(lease));
  }
  Diagnostics losses;
  for (const Diagnostic& entry : built->losses) losses.add(entry);
  plan_->losses->merge_max(losses);
  return built;
}

std::unique_ptr<BuiltCandidate> CandidateSource::make(std::size_t i) {
  const Candidate& candidate = plan_->candidates[i];
  try {
    SessionCache::Lease lease = cache_->take(candidate.session);
    auto built = build_candidate(*plan_, candidate, lease.session, *lease.signals, *lease.objects);
    built->losses = lease.session->losses().summary();
    cache_->give_back(candidate.session, std::move(lease));
    return built;
  } catch (const InputError& error) {
    // The session was there when the plan was made and cannot be opened now.
    return failure(*plan_, candidate, error.what());
  } catch (const fs::filesystem_error& error) {
    return failure(*plan_, candidate, why_unreachable(error));
  }
}

void CandidateSource::keep(const std::string& name, const BuiltCandidate& built) {
  if (scope_ == PacketScope::kAll) {
    spool_->store(name, encode_candidate(built, scope_));
    return;
  }
  if (!keeping_ || !was_dear(built)) return;
  try {
    spool_->store(name, encode_candidate(built, scope_));
  } catch (const OutputError&) {
    // The corpus itself may still fit: without the spool an interruption only costs time.
    keeping_ = false;
  }
}

std::unique_ptr<BuiltCandidate> CandidateSource::get(std::size_t i) {
  const std::string name = fingerprint(i);
  if (auto known = load(i, name)) return known;
  const SpoolMark mark(*spool_, name);
  auto built = make(i);
  keep(name, *built);
  return built;
}

bool CandidateSource::ensure(std::size_t i) {
  const std::string name = fingerprint(i);
  if (spool_->load(name) && (!retry_failed_ || load(i, name))) return false;
  const SpoolMark mark(*spool_, name);
  spool_->store(name, encode_candidate(*make(i), scope_));
  return true;
}

bool CandidateSource::isolate(std::size_t i, const std::string& name) {
  std::string end;
  for (int attempt = 0; attempt < 2; ++attempt) {
    end = run_isolated([&] { spool_->store(name, encode_candidate(*make(i), scope_)); });
    if (end.empty()) return true;
  }
  spool_->store(name, encode_candidate(*failure(*plan_, plan_->candidates[i],
                                                "the process that built it " + end + ", twice"),
                                       scope_));
  return false;
}

void CandidateSource::build_suspects(std::size_t first, std::size_t count) {
  const auto begun = spool_->begun();
  if (begun.empty()) return;
  for (std::size_t i = first; i < first + count; ++i) {
    const std::string name = fingerprint(i);
    if (!begun.contains(name)) continue;
    if (!load(i, name)) isolate(i, name);
    spool_->end(name);
  }
  cache_ = new_cache();
}

}  // namespace reelcell::pipeline
