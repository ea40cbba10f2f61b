#include "reelcell/pipeline/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "internal/candidate_source.hpp"
#include "internal/identity.hpp"
#include "internal/run_build.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/ordered_pool.hpp"
#include "reelcell/pipeline/session_list.hpp"

namespace reelcell::pipeline {
namespace {

constexpr const char* kPlanFile = "plan.json";
/// Decisions with their gates' figures are smaller.
constexpr std::size_t kDecisionBytes = 1 << 20;

Json read_plan_file(const fs::path& folder) {
  const fs::path file = folder / kPlanFile;
  std::error_code error;
  if (!fs::exists(file, error))
    throw InputError(file.string(), "does not exist; 'reelcell plan' makes it");
  Json document = read_json_file(file);
  const std::string version = document.value("version", "");
  if (version != REELCELL_VERSION)
    throw PlanError(file.string(), "was made by version " + version + " of this program, this is " +
                                       REELCELL_VERSION + "; use one version for the whole build");
  return document;
}

PlanRequest request_of(const Json& document, const fs::path& folder) {
  PlanRequest request;
  for (const Json& path : document.at("inputs"))
    request.inputs.emplace_back(path.get<std::string>());
  request.recipe = parse_recipe(document.at("recipe"), document.value("recipe_file", ""), "", {});
  if (request.recipe.hash != document.value("recipe_hash", ""))
    throw PlanError((folder / kPlanFile).string(), "its recipe was changed; make the plan anew");
  return request;
}

SessionInputs inputs_of(const PlanRequest& request) {
  return inputs_of(request.recipe, list_for_build(request.inputs).refs);
}

/// "'seat-1' (front.mp4 has another size or time), 'seat-9' is new".
std::string changed_sessions(const SessionInputs& before, const SessionInputs& now) {
  constexpr std::size_t kShown = 5;
  std::vector<std::string> changes;
  for (const auto& [id, input] : now) {
    const auto was = before.find(id);
    if (was == before.end()) {
      changes.push_back("'" + id + "' is new");
    } else if (was->second != input) {
      const auto files = changed_files(was->second, input);
      changes.push_back(
          "'" + id + "'" +
          (files && !files->empty() ? " (" + *files->begin() + " has another size or time)" : ""));
    }
  }
  for (const auto& [id, input] : before)
    if (!now.contains(id)) changes.push_back("'" + id + "' is not there");
  std::string text;
  for (std::size_t i = 0; i < changes.size() && i < kShown; ++i)
    text += (i ? ", " : "") + changes[i];
  if (changes.size() > kShown) text += fmt::format(" and {} more", changes.size() - kShown);
  return text;
}

void require_same_inputs(const Json& document, const PlanRequest& request, const fs::path& folder) {
  const SessionInputs now = inputs_of(request);
  if (fingerprint_of(request.recipe, now) == document.value("build", "")) return;
  throw PlanError(
      (folder / kPlanFile).string(),
      "the sessions changed since the plan was made: " +
          changed_sessions(document.value("sessions", Json::object()).get<SessionInputs>(), now) +
          ". Run 'reelcell plan --overwrite' with the same folder: results of sessions that did "
          "not change are kept");
}

/// Contiguous runs of candidates, so that a session is opened by few parts, of about the same cost.
std::vector<std::size_t> cut_by_cost(const std::vector<Candidate>& candidates, std::size_t parts) {
  double total = 0, sum = 0;
  for (const Candidate& candidate : candidates) total += static_cast<double>(candidate.bytes) + 1;
  std::vector<std::size_t> first = {0};
  for (std::size_t i = 0; i < candidates.size() && first.size() < parts; ++i) {
    sum += static_cast<double>(candidates[i].bytes) + 1;
    const std::size_t left = candidates.size() - (i + 1), needed = parts - first.size();
    const double share = total * static_cast<double>(first.size()) / static_cast<double>(parts);
    // Every part has at least one segment, however uneven they are.
    if ((sum >= share && left >= needed) || left == needed) first.push_back(i + 1);
  }
  return first;
}

void add_failure(const Spool& spool, const std::string& name, PartStatus& status) {
  try {
    const Bytes head = spool.head(name, kDecisionBytes);
    if (head.empty()) return;
    const Decision decision = decode_decision(head);
    if (decision.failed) status.failed.push_back({decision.key, decision.reason});
  } catch (const InputError&) {
    return;  // damaged: sealing finds it missing and makes it anew
  }
}

PartStatus status_of(const Json& part, std::size_t number, const Spool& spool,
                     const std::set<std::string>& begun) {
  PartStatus status;
  status.part = number;
  status.bytes = part.value("bytes", std::uint64_t{0});
  for (const Json& result : part.at("results")) {
    const std::string name = result.get<std::string>();
    ++status.segments;
    if (spool.has(name)) {
      ++status.done;
      add_failure(spool, name, status);
    } else {
      status.begun += begun.contains(name);
    }
  }
  return status;
}

/// Has any of its segments been begun?
bool was_worked(const Json& plan, const Spool& spool) {
  const std::set<std::string> begun = spool.begun();
  for (const Json& part : plan.value("parts", Json::array()))
    for (const Json& result : part.value("results", Json::array())) {
      const std::string name = result.get<std::string>();
      if (spool.has(name) || begun.contains(name)) return true;
    }
  return false;
}

/// A plan of which parts were worked is replaced by another one only on request: tasks of it that
/// still run, or that wait, would work on other segments than they were meant for.
void require_this_plan(const fs::path& folder, const Spool& spool, const std::string& build,
                       std::size_t parts) {
  std::error_code error;
  if (!fs::exists(folder / kPlanFile, error)) return;
  const Json plan = read_json_file(folder / kPlanFile);
  std::string other;
  const std::size_t had = plan.value("parts", Json::array()).size();
  if (plan.value("version", "") != REELCELL_VERSION)
    other = "another version of this program made it";
  else if (plan.value("build", "") != build)
    other = "it is of other sessions, of another state of them, or of another recipe";
  else if (had != parts)
    other = fmt::format("it has {} parts", had);
  if (other.empty() || !was_worked(plan, spool)) return;
  throw PlanError(folder.string(),
                  "holds a plan of which parts were worked, and it is another one: " + other +
                      ". Choose another folder, or give --overwrite to replace it: results of "
                      "sessions that did not change are kept; end tasks of the old plan first");
}

Spool shared_spool(const fs::path& folder) { return {folder, Spool::Durability::kSynced}; }

}  // namespace

std::vector<PartStatus> make_plan(PlanRequest request, std::size_t parts, const fs::path& folder,
                                  bool overwrite, Progress& progress) {
  std::error_code error;
  if (fs::exists(folder, error) && !fs::exists(folder / kPlanFile, error) &&
      !fs::exists(folder / "spool", error) && !fs::is_empty(folder, error))
    throw OutputError(folder.string(), "is not empty and holds no plan; choose a new folder");
  for (fs::path& input : request.inputs) input = fs::absolute(input).lexically_normal();
  make_folders(folder);
  const Spool spool = shared_spool(folder);
  request.spool = &spool;
  const SessionInputs inputs = inputs_of(request);
  const std::string fingerprint = fingerprint_of(request.recipe, inputs);
  if (!overwrite) require_this_plan(folder, spool, fingerprint, parts);
  const BuildPlan plan = plan_build(request, progress);
  if (parts == 0 || parts > plan.candidates.size())
    throw PlanError("--parts " + std::to_string(parts),
                    "there are " + std::to_string(plan.candidates.size()) +
                        " segments; every part needs one at least");
  BuildRequest build;
  const CandidateSource source(plan, spool, PacketScope::kAll, build);
  Json document = {{"version", REELCELL_VERSION},
                   {"recipe", plan.recipe.document},
                   {"recipe_file", plan.recipe.where},
                   {"recipe_hash", plan.recipe.hash},
                   {"build", fingerprint},
                   {"inputs", Json::array()},
                   {"sessions", inputs},
                   {"quarantined", Json::array()},
                   {"parts", Json::array()}};
  for (const fs::path& input : request.inputs) document["inputs"].push_back(input.string());
  for (const QuarantinedSession& session : plan.quarantined)
    document["quarantined"].push_back({{"session", session.id}, {"reason", session.reason}});
  std::vector<std::size_t> first = cut_by_cost(plan.candidates, parts);
  first.push_back(plan.candidates.size());
  for (std::size_t part = 0; part + 1 < first.size(); ++part) {
    Json entry = {{"first", first[part]}, {"bytes", 0}, {"results", Json::array()}};
    std::uint64_t bytes = 0;
    for (std::size_t i = first[part]; i < first[part + 1]; ++i) {
      bytes += plan.candidates[i].bytes;
      entry["results"].push_back(source.fingerprint(i));
    }
    entry["bytes"] = bytes;
    document["parts"].push_back(std::move(entry));
  }
  const std::string text = dump_json(document);
  const bool same =
      fs::exists(folder / kPlanFile, error) && read_text_file(folder / kPlanFile) == text;
  if (!same) write_file_atomic(folder / kPlanFile, text);
  return plan_status(folder);
}

std::vector<PartStatus> plan_status(const fs::path& folder) {
  const Json document = read_plan_file(folder);
  const Spool spool = shared_spool(folder);
  const std::set<std::string> begun = spool.begun();
  std::vector<PartStatus> parts;
  for (const Json& part : document.at("parts"))
    parts.push_back(status_of(part, parts.size(), spool, begun));
  return parts;
}

std::vector<QuarantinedSession> plan_quarantined(const fs::path& folder) {
  std::vector<QuarantinedSession> sessions;
  const Json document = read_plan_file(folder);
  for (const Json& entry : document.value("quarantined", Json::array()))
    sessions.push_back({entry.value("session", ""), entry.value("reason", "")});
  return sessions;
}

PartStatus work_part(const WorkRequest& request, Progress& progress) {
  const Json document = read_plan_file(request.folder);
  if (request.part >= document.at("parts").size())
    throw PlanError(
        "--part " + std::to_string(request.part),
        fmt::format("the plan has {} parts, numbered from 0", document.at("parts").size()));
  const Json& part = document.at("parts")[request.part];
  const Spool spool = shared_spool(request.folder);
  PlanRequest planned = request_of(document, request.folder);
  planned.threads = request.threads;
  planned.spool = &spool;
  require_same_inputs(document, planned, request.folder);
  const BuildPlan plan = plan_build(planned, progress);
  BuildRequest build;
  build.threads = request.threads;
  build.retry_failed = request.retry_failed;
  CandidateSource source(plan, spool, PacketScope::kAll, build);
  const std::size_t first = part.at("first").get<std::size_t>();
  const std::size_t count = part.at("results").size();
  const std::uint64_t memory = request.memory ? request.memory : default_memory();
  if (request.diagnostics) warn_of_least_memory(plan, memory, *request.diagnostics);
  source.build_suspects(first, count);
  progress.begin("work", count, "segments");
  ordered_pool<bool>(
      count, request.threads, [&](std::size_t i) { return source.ensure(first + i); },
      [&](std::size_t i, bool&&) { progress.advance(i + 1); }, 2 * request.threads,
      {[&](std::size_t i) { return plan.candidates[first + i].bytes; }, memory});
  progress.end();
  return status_of(part, request.part, spool, spool.begun());
}

BuildResult seal_plan(const fs::path& folder, const BuildRequest& request, Progress& progress) {
  const Json document = read_plan_file(folder);
  std::vector<std::size_t> missing;
  for (const PartStatus& part : plan_status(folder))
    if (!part.complete()) missing.push_back(part.part);
  if (!missing.empty())
    throw PlanError(
        folder.string(),
        fmt::format("{} of {} parts are not complete: {}. Run 'reelcell work' for "
                    "them again, or 'reelcell submit --slurm --missing'; 'reelcell "
                    "status' shows how far they are",
                    missing.size(), document.at("parts").size(), array_text(missing, 0)));
  const Spool spool = shared_spool(folder);
  PlanRequest planned = request_of(document, folder);
  planned.threads = request.threads;
  require_same_inputs(document, planned, folder);
  return build_from(std::move(planned), request, &spool, PacketScope::kAll, progress);
}

}  // namespace reelcell::pipeline
