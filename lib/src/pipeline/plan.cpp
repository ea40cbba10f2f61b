#include <algorithm>
#include <set>
#include <tuple>

#include "internal/check_plan.hpp"
#include "internal/corpus_stats.hpp"
#include "internal/features.hpp"
#include "internal/identity.hpp"
#include "internal/plan_store.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/ordered_pool.hpp"
#include "reelcell/pipeline/session_list.hpp"

namespace reelcell::pipeline {
namespace {

void require_unique_keys(const std::vector<Candidate>& candidates) {
  std::set<std::string> keys;
  for (const Candidate& candidate : candidates)
    if (!keys.insert(candidate.key).second)
      throw PlanError(
          "two segments have the key '" + candidate.key +
          "'; segmenters of the same kind need different names, sessions different ids");
}

void count_splits(BuildPlan& plan) {
  plan.split_order.clear();
  for (const auto& [name, ratio] : plan.recipe.splits.ratios) {
    const auto count =
        std::count_if(plan.candidates.begin(), plan.candidates.end(),
                      [&, wanted = name](const Candidate& c) { return c.split == wanted; });
    plan.split_order.emplace_back(name, static_cast<std::uint64_t>(count));
  }
}

/// The session whose features and rate all have: the first usable one. Where the recipe names no
/// features, the first with those that most sessions with pictures have; an episode whose video is
/// not there must not cost those that have theirs.
std::optional<std::size_t> model_session(const std::vector<SessionPlan>& planned,
                                         const Recipe& recipe) {
  struct Kind {
    std::size_t first = 0, sessions = 0;
    bool pictures = false;
  };
  std::vector<Kind> kinds;
  for (std::size_t i = 0; i < planned.size(); ++i) {
    if (!planned[i].error.empty()) continue;
    const auto& features = planned[i].features;
    const auto known = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) {
      return feature_difference(planned[kind.first].features, features).empty();
    });
    if (known != kinds.end()) {
      ++known->sessions;
      continue;
    }
    kinds.push_back({i, 1,
                     std::any_of(features.begin(), features.end(),
                                 [](const FeatureSpec& spec) { return spec.is_video; })});
  }
  if (kinds.empty()) return std::nullopt;
  if (!recipe.features.empty()) return kinds.front().first;
  return std::max_element(kinds.begin(), kinds.end(),
                          [](const Kind& a, const Kind& b) {
                            return std::tie(a.pictures, a.sessions) <
                                   std::tie(b.pictures, b.sessions);
                          })
      ->first;
}

}  // namespace

BuildPlan plan_build(const PlanRequest& request, Progress& progress) {
  const SessionList list = list_for_build(request.inputs);
  BuildPlan plan = plan_sessions(request, list.refs, nullptr, progress);
  tell_of_left_out(list, *plan.losses);
  return plan;
}

BuildPlan plan_sessions(const PlanRequest& request, std::vector<SessionRef> sessions,
                        const CorpusSchema* known, Progress& progress, LostParts* lost) {
  BuildPlan plan;
  plan.recipe = request.recipe;
  plan.sessions = std::move(sessions);
  InputIdentity identity(plan.recipe);
  for (const SessionRef& ref : plan.sessions)
    plan.identities.push_back(request.spool ? identity.of(ref) : std::string());
  PlanStore store(request, plan);
  store.read_suspects();
  CorpusSchema& schema = plan.schema;
  schema.name = plan.recipe.name;
  schema.robot_type = plan.recipe.robot_type;
  schema.description = plan.recipe.description;
  schema.license = plan.recipe.license;
  schema.url = plan.recipe.url;
  schema.creator = plan.recipe.creator;
  schema.true_times = plan.recipe.true_times;
  for (const auto& rule : plan.recipe.labels) schema.label_names.push_back(rule.name);
  bool first = !known;
  if (known) {
    schema.features = known->features;
    schema.time_streams = known->time_streams;
    schema.rate = known->rate;
    schema.robot_type = known->robot_type;
  }
  progress.begin("plan", plan.sessions.size(), "sessions");
  std::vector<SessionPlan> planned(plan.sessions.size());
  ordered_pool<SessionPlan>(
      plan.sessions.size(), request.threads, [&](std::size_t i) { return store.get(i); },
      [&](std::size_t i, SessionPlan&& session) {
        planned[i] = std::move(session);
        progress.advance(i + 1);
      });
  progress.end();
  std::string chosen;  // whose features these are, where the recipe names none
  if (const auto model = first ? model_session(planned, plan.recipe) : std::nullopt) {
    const SessionPlan& session = planned[*model];
    schema.features = session.features;
    schema.time_streams = session.time_streams;
    schema.rate = session.rate;
    if (schema.robot_type == "unknown" && !session.robot_type.empty())
      schema.robot_type = session.robot_type;
    first = false;
    if (plan.recipe.features.empty())
      chosen = "; the features are those of '" + plan.sessions[*model].id +
               "': name the ones that all sessions have in \"features\" of a recipe";
  }
  for (std::size_t i = 0; i < planned.size(); ++i) {
    SessionPlan session = std::move(planned[i]);
    if (session.error.empty()) {
      session.error = feature_difference(schema.features, session.features);
      if (!session.error.empty()) session.error += chosen;
    }
    if (session.error.empty() && !(session.rate == schema.rate))
      session.error = "its grid has another rate than the other sessions'";
    if (lost && (!session.error.empty() || has_loss(session.losses)))
      lost->sessions.insert(plan.sessions[i].id);
    if (session.error.empty()) {
      if (!known && plan.cameras.empty()) plan.cameras = camera_forms(plan.recipe, session.cameras);
      for (const std::string& stream : session.sound) ++plan.sound[stream];
      for (const auto& [label, unit] : session.label_units)
        join_unit(plan.label_units[label], unit);
      std::move(session.candidates.begin(), session.candidates.end(),
                std::back_inserter(plan.candidates));
    } else {
      plan.quarantined.push_back({plan.sessions[i].id, session.error});
      plan.losses->loss("session-quarantined", plan.sessions[i].id, session.error);
    }
  }
  for (const auto& [stream, count] : plan.sound)
    plan.losses->note("sound-not-written", stream,
                      "is sound, in " + std::to_string(count) +
                          (count == 1 ? " session" : " sessions") +
                          "; no output holds sound, so it stays in the recording");
  if (first && !plan.quarantined.empty())
    throw InputError(plan.quarantined.front().id, "no session can be used; the first reason is: " +
                                                      plan.quarantined.front().reason);
  const auto split_rank = [&](const std::string& split) {
    const auto& ratios = plan.recipe.splits.ratios;
    return std::find_if(ratios.begin(), ratios.end(),
                        [&](const auto& r) { return r.first == split; }) -
           ratios.begin();
  };
  plan.candidates.shrink_to_fit();
  std::stable_sort(plan.candidates.begin(), plan.candidates.end(),
                   [&](const Candidate& a, const Candidate& b) {
                     return std::make_tuple(split_rank(a.split), a.session) <
                            std::make_tuple(split_rank(b.split), b.session);
                   });
  require_unique_keys(plan.candidates);
  warn_of_unknown_labels(plan);
  count_splits(plan);
  return plan;
}

void keep_candidates(BuildPlan& plan, const std::function<bool(const Candidate&)>& wanted) {
  std::erase_if(plan.candidates, [&](const Candidate& candidate) { return !wanted(candidate); });
  count_splits(plan);
}

}  // namespace reelcell::pipeline
