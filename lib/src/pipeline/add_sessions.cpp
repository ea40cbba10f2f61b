#include <algorithm>
#include <set>

#include "internal/compare_corpus.hpp"
#include "internal/session_plan.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::pipeline {
namespace {

std::vector<SessionRef> only(const std::vector<SessionRef>& sessions,
                             const std::vector<std::string>& ids) {
  std::vector<SessionRef> chosen;
  for (const SessionRef& ref : sessions)
    if (std::find(ids.begin(), ids.end(), ref.id) != ids.end()) chosen.push_back(ref);
  return chosen;
}

std::string first_few(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

/// Finished data files are never changed: what is there must be what the recipe and the sessions
/// would give.
void require_addable(const PriorCorpus& prior, const CorpusDelta& delta) {
  const std::string where = prior.path().string();
  if (prior.manifest().contains("edits"))
    throw PlanError(where,
                    "was edited, so its samples are no longer what the recipe makes of its "
                    "sessions; build the new sessions into a corpus of their own and merge "
                    "with 'reelcell edit'");
  if (prior.generations().empty())
    throw PlanError(where, "does not say which sessions it was made of; build it anew");
  if (!delta.recipe.empty())
    throw PlanError(where, "was built by another recipe, which differs in " +
                               first_few(delta.recipe) + ": all " + std::to_string(delta.episodes) +
                               " episodes would be built again. Give the recipe that it was built "
                               "by, or --overwrite instead of --add");
  if (!delta.changed.empty())
    throw PlanError(where, "holds sessions that have changed since: " + first_few(delta.changed) +
                               ". What is built stays as it is; leave them out, or build all anew "
                               "with --overwrite");
  if (!prior.schema().true_times)
    throw PlanError(where,
                    "keeps no true times (\"true_times\" is false), without which the "
                    "report cannot be made for rows that are there; build all anew with "
                    "--overwrite");
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

BuildResult add_to(BuildFolder& folder, const PriorCorpus& prior, PlanRequest planned,
                   std::vector<SessionRef> added, const SessionInputs& all,
                   const BuildRequest& request, Progress& progress) {
  BuildResult result;
  planned.spool = &folder.spool();
  planned.retry_failed = request.retry_failed;
  const BuildPlan plan = plan_sessions(planned, std::move(added), &prior.schema(), progress);
  require_new_keys(plan, prior);
  result.losses = plan.losses;
  FailureLimit failures(plan, request.max_failures);
  // Another one than that of a build of all in one go, whose files may be cut otherwise.
  const std::string fingerprint = fingerprint_of(
      as_bytes("added to " + folder.fingerprint() + "\n" + fingerprint_of(plan.recipe, all)));
  const fs::path root = folder.begin(fingerprint);
  CandidateSource source(plan, folder.spool(), PacketScope::kEncodedOnly, request);
  result.report = run_build(plan, request, root, source, failures, &prior, progress);
  folder.finish(fingerprint, all, failures.count() > 0);
  return result;
}

}  // namespace

AddResult add_sessions(PlanRequest planned, const BuildRequest& request, Progress& progress) {
  require_outputs(planned.recipe);
  const std::vector<SessionRef> sessions = find_sessions(planned.inputs);
  const SessionInputs inputs = inputs_of(planned.recipe, sessions);
  BuildFolder folder(request.out);
  AddResult result;
  if (!folder.complete()) {
    for (const auto& [id, input] : inputs) result.delta.added.push_back(id);
    result.build = build_into(folder, std::move(planned), inputs, request, nullptr,
                              PacketScope::kEncodedOnly, progress);
    return result;
  }
  for (const auto& [path, what] : folder.damage()) result.delta.damage.push_back(path + " " + what);
  if (!result.delta.damage.empty())
    throw PlanError(folder.out().string(),
                    "is damaged: " + first_few(result.delta.damage) +
                        ". Bring the files back, or build all anew with --overwrite");
  const PriorCorpus prior(folder.out());
  const SessionInputs known = folder.inputs();
  CorpusDelta& delta = result.delta;
  delta = compare(sessions, inputs, planned.recipe, prior, known, request.retry_failed);
  require_addable(prior, delta);
  SessionInputs all = known;
  for (const auto& [id, input] : inputs) all[id] = input;
  if (delta.added.empty()) {
    result.build.nothing_to_do = true;
    result.build.known_report = read_json_file(folder.out() / "report.json");
    folder.finish(folder.fingerprint(), all, has_failures(result.build.known_report));
    return result;
  }
  result.build = add_to(folder, prior, std::move(planned), only(sessions, delta.added), all,
                        request, progress);
  return result;
}

BuildPlan plan_addition(const PlanRequest& request, const fs::path& corpus,
                        const CorpusDelta& delta, Progress& progress) {
  const PriorCorpus prior(corpus);
  BuildPlan plan = plan_sessions(request, only(find_sessions(request.inputs), delta.added),
                                 &prior.schema(), progress);
  require_new_keys(plan, prior);
  return plan;
}

}  // namespace reelcell::pipeline
