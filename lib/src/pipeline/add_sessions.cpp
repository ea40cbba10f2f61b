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

void require_new_keys(const BuildPlan& plan, const PriorCorpus& prior) {
  std::set<std::string> keys;
  for (std::size_t i = 0; i < prior.size(); ++i) keys.insert(prior.sample(i).key);
  for (const Candidate& candidate : plan.candidates)
    if (keys.contains(candidate.key))
      throw PlanError("segment '" + candidate.key + "' of session '" +
                          plan.sessions[candidate.session].id + "'",
                      "has the key of a sample in the corpus; give the session another \"id\"");
}

struct Addition {
  BuildPlan plan;
  LostParts lost;
};

std::set<std::string> unreadable_of(const BuildPlan& plan, const CorpusDelta& delta) {
  std::set<std::string> ids;
  for (const QuarantinedSession& session : plan.quarantined)
    if (std::find(delta.replaced.begin(), delta.replaced.end(), session.id) != delta.replaced.end())
      ids.insert(session.id);
  return ids;
}

/// What the corpus holds of a session is worth more than nothing of its new state.
void keep_unreadable(const BuildPlan& plan, CorpusDelta& delta) {
  for (const QuarantinedSession& session : plan.quarantined)
    if (std::erase(delta.replaced, session.id)) {
      delta.changed.push_back(session.id);
      delta.reasons[session.id] = session.reason;
    }
  std::sort(delta.changed.begin(), delta.changed.end());
}

BuildPlan plan_given(const PlanRequest& request, const SessionList& list, const CorpusDelta& delta,
                     const PriorCorpus& prior, LostParts& lost, Progress& progress) {
  std::vector<std::string> ids = delta.added;
  ids.insert(ids.end(), delta.retried.begin(), delta.retried.end());
  ids.insert(ids.end(), delta.replaced.begin(), delta.replaced.end());
  return plan_sessions(request, only(list.refs, ids), &prior.schema(), progress, &lost);
}

/// Of sessions that were tried again only what failed: the rest is there. `prior` is without what
/// is replaced then.
Addition plan_of(const PlanRequest& request, const SessionList& list, CorpusDelta& delta,
                 PriorCorpus& prior, Progress& progress) {
  Addition addition;
  BuildPlan& plan = addition.plan;
  plan = plan_given(request, list, delta, prior, addition.lost, progress);
  if (!unreadable_of(plan, delta).empty()) {
    keep_unreadable(plan, delta);
    addition.lost = {};
    plan = plan_given(request, list, delta, prior, addition.lost, progress);
  }
  plan.cameras = prior.cameras();
  prior.leave_out({delta.replaced.begin(), delta.replaced.end()});
  std::set<std::string> failed;
  for (const std::string& id : delta.retried) failed.merge(prior.failed_segments(id));
  const std::set<std::string> retried(delta.retried.begin(), delta.retried.end());
  keep_candidates(plan, [&](const Candidate& candidate) {
    return !retried.contains(plan.sessions[candidate.session].id) || failed.contains(candidate.key);
  });
  require_new_keys(plan, prior);
  tell_of_left_out(list, *plan.losses);
  return addition;
}

/// What the corpus was made of when this is done: of what it keeps in another state than the one
/// given, what was known before.
SessionInputs inputs_after(const CorpusDelta& delta, const SessionInputs& known,
                           const SessionInputs& given) {
  SessionInputs all = known;
  for (const auto& [id, input] : given) all[id] = input;
  const auto keep = [&](const std::string& id) {
    if (const auto before = known.find(id); before != known.end())
      all[id] = before->second;
    else
      all.erase(id);
  };
  for (const std::string& id : delta.changed) keep(id);
  for (const std::string& id : delta.unknown) keep(id);
  for (const UnhashedSource& unhashed : delta.unhashed) keep(unhashed.session);
  return all;
}

bool is_empty(const CorpusDelta& delta) {
  return delta.added.empty() && delta.retried.empty() && delta.replaced.empty();
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

BuildResult nothing_to_add(BuildFolder& folder, const SessionInputs& all) {
  BuildResult result;
  result.nothing_to_do = true;
  result.losses = std::make_shared<Diagnostics>();
  result.known_report = read_json_file(folder.out() / "report.json");
  folder.finish(folder.fingerprint(), all, has_failures(result.known_report));
  return result;
}

/// `delta` and `prior` are as they are, or were, when it is done.
BuildResult add_to(BuildFolder& folder, PriorCorpus& prior, PlanRequest planned,
                   const SessionList& list, CorpusDelta& delta, const SessionInputs& given,
                   const BuildRequest& request, Progress& progress) {
  const SessionInputs known = folder.inputs();
  if (is_empty(delta)) return nothing_to_add(folder, inputs_after(delta, known, given));
  planned.spool = &folder.spool();
  Addition addition = plan_of(planned, list, delta, prior, progress);
  const BuildPlan& plan = addition.plan;
  const SessionInputs all = inputs_after(delta, known, given);
  if (is_empty(delta)) return nothing_to_add(folder, all);
  check_outputs(plan);
  BuildResult result;
  result.losses = plan.losses;
  FailureLimit failures(plan, request.max_failures);
  // Another one than that of a build of all in one go, whose files may be cut otherwise.
  const std::string fingerprint = fingerprint_of(
      as_bytes("added to " + folder.fingerprint() + "\n" + fingerprint_of(plan.recipe, all)));
  const fs::path root = folder.begin(fingerprint);
  CandidateSource source(plan, folder.spool(), PacketScope::kEncodedOnly, request);
  result.report =
      run_build(plan, std::move(addition.lost), request, root, source, failures, &prior, progress);
  // What failed is built anew beside the samples that are there: no result of now is asked for.
  folder.finish(fingerprint, all, false);
  return result;
}

}  // namespace

AddResult add_sessions(PlanRequest planned, const BuildRequest& request, Progress& progress) {
  require_outputs(planned.recipe);
  const SessionList list = list_for_build(planned.inputs);
  const SessionInputs inputs = inputs_of(planned.recipe, list.refs);
  planned.retry_failed = request.retry_failed;
  planned.replace = request.replace;
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
  CorpusDelta& delta = result.delta;
  delta = compare(list.refs, inputs, planned, prior, folder.inputs());
  if (!delta.refusal.empty()) throw PlanError(prior.path().string(), delta.refusal);
  prior.retire(read_again(list, delta, inputs, prior));
  result.build = add_to(folder, prior, std::move(planned), list, delta, inputs, request, progress);
  // Not before it is written: what is lost here is no loss of the corpus, which is what it was.
  tell_of_kept(delta, request.replace, *result.build.losses);
  return result;
}

BuildPlan plan_addition(const PlanRequest& request, const fs::path& corpus, CorpusDelta& delta,
                        Progress& progress) {
  PriorCorpus prior(corpus);
  BuildPlan plan = plan_of(request, list_for_build(request.inputs), delta, prior, progress).plan;
  tell_of_kept(delta, request.replace, *plan.losses);
  return plan;
}

}  // namespace reelcell::pipeline
