// What a plan says to people: as a document, and what is wrong with it.
#include <algorithm>
#include <cstdio>
#include <set>

#include "internal/run_build.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/coding.hpp"
#include "reelcell/pipeline/build.hpp"
#include "reelcell/pipeline/visits.hpp"

namespace reelcell::pipeline {

namespace {

std::string readable(std::uint64_t bytes) {
  const bool large = bytes >= 1'000'000'000;
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", static_cast<double>(bytes) / (large ? 1e9 : 1e6),
                large ? "GB" : "MB");
  return text;
}

}  // namespace

void warn_of_least_memory(const BuildPlan& plan, std::uint64_t memory, Diagnostics& diagnostics) {
  const Candidate* largest = nullptr;
  std::uint64_t too_large = 0;
  for (const Candidate& candidate : plan.candidates) {
    too_large += candidate.bytes > memory;
    if (!largest || candidate.bytes > largest->bytes) largest = &candidate;
  }
  if (too_large == 0) return;
  const std::uint64_t megabytes = (largest->bytes + 999'999) / 1'000'000;
  diagnostics.warn("segment-large", largest->key,
                   "is in memory at once while it is built, by estimate " +
                       readable(largest->bytes) + ", more than the " + readable(memory) +
                       " of --memory; " + std::to_string(too_large) + " of " +
                       std::to_string(plan.candidates.size()) +
                       " segments are built alone for that. The least that holds each of them is "
                       "--memory " +
                       std::to_string(megabytes) + "MB; shorter windows take less");
}

void warn_of_large_segments(const BuildPlan& plan, std::uint64_t memory) {
  for (const Candidate& candidate : plan.candidates)
    if (candidate.bytes > memory)
      plan.losses->warn("segment-large", candidate.key,
                        "is in memory at once while it is built, by estimate " +
                            readable(candidate.bytes) + " for " +
                            format_duration(candidate.segment.range.length()) + ", more than the " +
                            readable(memory) +
                            " that segments in work may take; it is built alone. Cut the session "
                            "into windows, or allow more with --memory.");
}

namespace {
/// What a recipe names is tried before hours of work end at it.
void check_encoder(const BuildPlan& plan) {
  const Recipe& recipe = plan.recipe;
  const media::EncodeOptions& encode = recipe.encode;
  const bool named = recipe.names_codec || recipe.names_pix_fmt || !encode.preset.empty();
  const bool clips = std::any_of(recipe.outputs.begin(), recipe.outputs.end(),
                                 [](const OutputRule& output) { return output.row->wants_clips; });
  if (!clips || (!named && encode.width == 0 && encode.height == 0)) return;
  std::set<std::vector<std::int64_t>> sizes;
  for (const FeatureSpec& spec : plan.schema.features)
    if (spec.is_video && spec.shape.size() == 3) sizes.insert(spec.shape);
  try {
    for (const auto& shape : sizes)
      media::try_encoder(encode, {static_cast<int>(shape[1]), static_cast<int>(shape[0])});
  } catch (const PlanError& error) {
    throw PlanError(recipe.where + ": /video", error.message());
  }
}
}  // namespace

void check_outputs(const BuildPlan& plan) {
  require_outputs(plan.recipe);
  check_encoder(plan);
  for (const OutputRule& output : plan.recipe.outputs)
    if (output.row->check) output.row->check(plan.schema, output.options);
}

void require_segments(const BuildPlan& plan) {
  if (!plan.candidates.empty()) return;
  std::string why;
  constexpr std::size_t kMostReasons = 3;
  std::size_t reasons = 0, more = 0;
  for (const Diagnostic& entry : plan.losses->summary()) {
    if (entry.code != "segmenter-found-none" && entry.code != "event-field-unknown") continue;
    if (++reasons > kMostReasons)
      ++more;
    else
      why += "\n  " + entry.where + ": " + entry.message;
  }
  if (more > 0) why += "\n  and " + std::to_string(more) + " more";
  throw PlanError(plan.recipe.where, "no segment was found in " +
                                         std::to_string(plan.sessions.size()) +
                                         (plan.sessions.size() == 1 ? " session" : " sessions") +
                                         "; change \"segments\"" + why);
}

Json to_json(const BuildPlan& plan) {
  Json features = Json::array();
  for (const FeatureSpec& spec : plan.schema.features)
    features.push_back({{"name", spec.name},
                        {"dtype", spec.is_video ? "video" : std::string(to_string(spec.dtype))},
                        {"shape", spec.shape}});
  Json sessions = Json::array();
  for (const SessionRef& ref : plan.sessions)
    sessions.push_back({{"id", ref.id}, {"path", ref.path.string()}, {"episode", ref.episode}});
  Json candidates = Json::array();
  for (const Candidate& candidate : plan.candidates) {
    Json entry = to_json(candidate.segment);
    entry["key"] = candidate.key;
    entry["session"] = plan.sessions[candidate.session].id;
    entry["split"] = candidate.split;
    entry["group"] = candidate.group;
    candidates.push_back(std::move(entry));
  }
  Json quarantined = Json::array();
  for (const auto& session : plan.quarantined)
    quarantined.push_back({{"session", session.id}, {"reason", session.reason}});
  Json splits = Json::object();
  for (const auto& [name, count] : plan.split_order) splits[name] = count;
  return {{"version", 1},
          {"recipe", {{"name", plan.recipe.name}, {"hash", plan.recipe.hash}}},
          {"rate_hz",
           static_cast<double>(plan.schema.rate.num) / static_cast<double>(plan.schema.rate.den)},
          {"features", features},
          {"splits", splits},
          {"sessions", sessions},
          {"segments", candidates},
          {"quarantined", quarantined},
          {"visits", visits_reports(plan)}};
}

}  // namespace reelcell::pipeline
