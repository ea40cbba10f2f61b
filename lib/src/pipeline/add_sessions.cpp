#include <algorithm>
#include <set>

#include "internal/compare_corpus.hpp"
#include "internal/session_plan.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/session_list.hpp"

namespace reelcell::pipeline {
namespace {

std::vector<SessionRef> only(const std::vector<SessionRef>& sessions,
                             const std::vector<std::string>& ids) {
  std::vector<SessionRef> chosen;
  for (const SessionRef& ref : sessions)
    if (std::find(ids.begin(), ids.end(), ref.id) != ids.end()) chosen.push_back(ref);
  return chosen;
}

void warn_of_unhashed(const CorpusDelta& delta, const std::shared_ptr<Diagnostics>& losses) {
  for (const UnhashedSource& unhashed : delta.unhashed)
    losses->warn("session-not-comparable", unhashed.session, why_not_comparable(unhashed));
}

void require_new_keys(const BuildPlan& plan, const PriorCorpus& prior) {
  std::set<std::string> keys;
  for (std::size_t i = 0; i < prior.size(); ++i) keys.insert(prior.sample(i).key);
  for (const Candidate& candidate : plan.candidates)
    if (keys.contains(candidate.key))
      throw PlanError("segment '" + candidate.key + "' of session '" +
                          plan.sessions[candidate.session].id + "'",
                      "has the key of a sample in the corpus; give the session another \"id\"");
}

/// Of sessions that the corpus has samples of only what failed: the rest is there.
BuildPlan plan_of(const PlanRequest& request, const SessionList& list, const CorpusDelta& delta,
                  const PriorCorpus& prior, Progress& progress, LostParts* lost) {
  std::vector<std::string> ids = delta.added;
  ids.insert(ids.end(), delta.retried.begin(), delta.retried.end());
  BuildPlan plan = plan_sessions(request, only(list.refs, ids), &prior.schema(), progress, lost);
  plan.cameras = prior.cameras();
  std::set<std::string> failed;
  for (const std::string& id : delta.retried) failed.merge(prior.failed_segments(id));
  const std::set<std::string> whole(delta.added.begin(), delta.added.end());
  keep_candidates(plan, [&](const Candidate& candidate) {
    return whole.contains(plan.sessions[candidate.session].id) || failed.contains(candidate.key);
  });
  require_new_keys(plan, prior);
  tell_of_left_out(list, *plan.losses);
  return plan;
}

/// Names of folders and data sets that said nothing of what is in them, and do now.
std::set<std::string> read_again(const SessionList& list, const CorpusDelta& delta,
                                 const SessionInputs& inputs, const PriorCorpus& prior) {
  const std::set<std::string> added(delta.added.begin(), delta.added.end());
  std::set<std::string> names;
  for (const SessionRef& ref : list.refs) {
    const std::string name = id_of_path(ref.path);
    if (added.contains(ref.id) && !inputs.contains(name) && !prior.has_samples_of(name))
      names.insert(name);
  }
  return names;
}

BuildResult add_to(BuildFolder& folder, const PriorCorpus& prior, PlanRequest planned,
                   const SessionList& list, const CorpusDelta& delta, const SessionInputs& all,
                   const BuildRequest& request, Progress& progress) {
  BuildResult result;
  planned.spool = &folder.spool();
  LostParts lost;
  const BuildPlan plan = plan_of(planned, list, delta, prior, progress, &lost);
  check_outputs(plan);
  result.losses = plan.losses;
  warn_of_unhashed(delta, result.losses);
  FailureLimit failures(plan, request.max_failures);
  // Another one than that of a build of all in one go, whose files may be cut otherwise.
  const std::string fingerprint = fingerprint_of(
      as_bytes("added to " + folder.fingerprint() + "\n" + fingerprint_of(plan.recipe, all)));
  const fs::path root = folder.begin(fingerprint);
  CandidateSource source(plan, folder.spool(), PacketScope::kEncodedOnly, request);
  result.report =
      run_build(plan, std::move(lost), request, root, source, failures, &prior, progress);
  folder.finish(fingerprint, all, failures.count() > 0 || !result.report.unhashed.empty());
  return result;
}

}  // namespace

AddResult add_sessions(PlanRequest planned, const BuildRequest& request, Progress& progress) {
  require_outputs(planned.recipe);
  const SessionList list = list_for_build(planned.inputs);
  const SessionInputs inputs = inputs_of(planned.recipe, list.refs);
  planned.retry_failed = request.retry_failed;
  BuildFolder folder(request.out);
  AddResult result;
  if (!folder.complete()) {
    for (const auto& [id, input] : inputs) result.delta.added.push_back(id);
    result.build = build_into(folder, std::move(planned), inputs, request, nullptr,
                              PacketScope::kEncodedOnly, progress);
    return result;
  }
  // Before it is read: what is missing may be what it is read from.
  if (const std::string damage = why_damaged(damage_of(folder.out())); !damage.empty())
    throw PlanError(folder.out().string(), damage);
  PriorCorpus prior(folder.out());
  const SessionInputs known = folder.inputs();
  CorpusDelta& delta = result.delta;
  delta = compare(list.refs, inputs, planned, prior, known);
  if (!delta.refusal.empty()) throw PlanError(prior.path().string(), delta.refusal);
  SessionInputs all = known;
  for (const auto& [id, input] : inputs) all[id] = input;
  // The state they are in now is not known to be the corpus's; what is written of it is.
  for (const UnhashedSource& unhashed : delta.unhashed) {
    const auto before = known.find(unhashed.session);
    if (before == known.end())
      all.erase(unhashed.session);
    else
      all[unhashed.session] = before->second;
  }
  if (delta.added.empty() && delta.retried.empty()) {
    result.build.nothing_to_do = true;
    if (!delta.unhashed.empty()) result.build.losses = std::make_shared<Diagnostics>();
    warn_of_unhashed(delta, result.build.losses);
    result.build.known_report = read_json_file(folder.out() / "report.json");
    folder.finish(folder.fingerprint(), all, has_failures(result.build.known_report));
    return result;
  }
  prior.retire(read_again(list, delta, inputs, prior));
  result.build = add_to(folder, prior, std::move(planned), list, delta, all, request, progress);
  return result;
}

BuildPlan plan_addition(const PlanRequest& request, const fs::path& corpus,
                        const CorpusDelta& delta, Progress& progress) {
  const PriorCorpus prior(corpus);
  return plan_of(request, list_for_build(request.inputs), delta, prior, progress, nullptr);
}

}  // namespace reelcell::pipeline
