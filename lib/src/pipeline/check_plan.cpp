#include "internal/check_plan.hpp"

#include <algorithm>
#include <map>

#include "reelcell/base/error.hpp"

namespace reelcell::pipeline {
namespace {

std::vector<std::string> joined_streams(const SessionDescription& session) {
  std::vector<std::string> names;
  for (const StreamSpec& spec : session.streams)
    if (spec.kind == StreamKind::kVideo || spec.kind == StreamKind::kSeries)
      names.push_back(spec.name);
  return names;
}

void check_policy(const std::string& stream, const timeline::JoinPolicy& policy,
                  const std::string& where, const OpenSession& session) {
  using timeline::JoinMethod;
  const StreamSpec* spec = session.session().stream(stream);
  if (!spec) {
    session.losses().warn("policy-unused", session.session().id + ": " + where,
                          unknown_name("stream", stream, joined_streams(session.session())));
    return;
  }
  if (spec->kind == StreamKind::kEvents || spec->kind == StreamKind::kAudio)
    throw InputError(where, "'" + stream + "' holds " +
                                (spec->kind == StreamKind::kEvents ? "events" : "sound") +
                                ", which is not joined onto rows");
  if (spec->kind == StreamKind::kVideo && policy.method != JoinMethod::kNearest)
    throw InputError(where + "/method", "'" + stream + "' is a camera: a row shows the nearest " +
                                            "frame, '" + std::string(to_string(policy.method)) +
                                            "' is for series");
  const bool quaternion =
      std::any_of(spec->columns.begin(), spec->columns.end(),
                  [](const ColumnSpec& c) { return c.width == 4 && is_float(c.dtype); });
  if (policy.method == JoinMethod::kSlerp && !quaternion)
    throw InputError(where + "/method", "'" + stream +
                                            "' has no column of four numbers, and slerp is for " +
                                            "quaternions; use linear");
}

}  // namespace

void check_grid(const Recipe& recipe, const OpenSession& session) {
  const std::string where = recipe.where + ": /grid";
  if (const std::string& anchor = recipe.grid.anchor; !anchor.empty()) {
    const StreamSpec* spec = session.session().stream(anchor);
    if (!spec)
      throw InputError(where + "/anchor",
                       unknown_name("stream", anchor, joined_streams(session.session())));
    if (spec->kind == StreamKind::kEvents || spec->kind == StreamKind::kAudio)
      throw InputError(where + "/anchor",
                       "'" + anchor +
                           "' is neither a camera nor a series, so rows cannot begin "
                           "with it");
  }
  for (const auto& [stream, policy] : recipe.grid.policy)
    if (stream != "*") check_policy(stream, policy, (where + "/policy/").append(stream), session);
}

void check_length(TimeRange range, Rational rate, const OpenSession& session) {
  try {
    timeline::make_grid(range, rate, std::nullopt);
  } catch (const PlanError& error) {
    const std::string& apart = session.apart();
    throw InputError(session.session().id,
                     apart.empty() ? error.what() : apart + " (" + error.what() + ")");
  }
}

void tell_of_empty_cameras(const Recipe& recipe, const OpenSession& session) {
  if (!recipe.features.empty()) return;
  for (const StreamSpec& spec : session.session().streams)
    if (spec.kind == StreamKind::kVideo && session.stream_extent(spec.name).empty())
      session.losses().loss("camera-empty", session.session().id + ": " + spec.name,
                            "holds no frame, so no feature is made of it");
}

void warn_of_unknown_labels(const BuildPlan& plan) {
  std::map<std::string, std::pair<std::uint64_t, const Label*>> unknown;  // and one of them
  for (const Candidate& candidate : plan.candidates)
    for (const Label& label : candidate.segment.labels)
      if (std::holds_alternative<std::monostate>(label.value)) {
        auto& [count, first] = unknown[label.name];
        ++count;
        if (!first) first = &label;
      }
  for (const label::LabelRule& rule : plan.recipe.labels) {
    const auto found = unknown.find(rule.name);
    if (found == unknown.end() || found->second.first < plan.candidates.size()) continue;
    plan.losses->warn("label-unknown", rule.where,
                      "'" + rule.name + "' is unknown in " +
                          (plan.candidates.size() == 1
                               ? std::string("the only segment")
                               : "all " + std::to_string(plan.candidates.size()) + " segments") +
                          "; of the first: " + found->second.second->explanation);
  }
}

}  // namespace reelcell::pipeline
