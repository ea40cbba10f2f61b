#include <algorithm>
#include <map>
#include <set>

#include "internal/accountant.hpp"
#include "internal/adopt_corpus.hpp"
#include "internal/build_folder.hpp"
#include "internal/candidate_source.hpp"
#include "internal/held_corpus.hpp"
#include "internal/identity.hpp"
#include "internal/manifest.hpp"
#include "internal/nothing_left.hpp"
#include "internal/own_files.hpp"
#include "internal/prior_corpus.hpp"
#include "internal/run_build.hpp"
#include "internal/session_plan.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/ordered_pool.hpp"
#include "reelcell/pipeline/build.hpp"
#include "reelcell/pipeline/nothing_left.hpp"
#include "reelcell/pipeline/session_list.hpp"
#include "reelcell/pipeline/visits.hpp"
#include "reelcell/stats/stats.hpp"
#include "reelcell/table/memory.hpp"

namespace reelcell::pipeline {
namespace {

constexpr std::uint64_t kLeastForValues = 256u << 10;

struct Writers {
  std::vector<std::unique_ptr<CorpusWriter>> list;
  std::vector<SamplePlace> add(const Episode& episode) {
    std::vector<SamplePlace> places;
    for (auto& writer : list) places.push_back(writer->add(episode));
    return places;
  }
};

/// Folders in which nothing is; those of an output that will have no file.
void remove_empty_below(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> inside;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.is_directory(error)) inside.push_back(entry.path());
  for (const fs::path& each : inside) remove_empty_below(each);
  if (fs::is_empty(folder, error)) fs::remove(folder, error);
}

void remove_empty_outputs(const BuildPlan& plan, const fs::path& out) {
  for (const OutputRule& output : plan.recipe.outputs) {
    if (output.folder.empty()) continue;
    remove_empty_below(out / *fs::path(output.folder).begin());
  }
}

Writers open_writers(const BuildPlan& plan, const fs::path& out, Diagnostics& diagnostics) {
  Writers writers;
  try {
    for (const OutputRule& output : plan.recipe.outputs) {
      if (!output.folder.empty()) make_folders(out / output.folder);
      writers.list.push_back(
          output.row->make({out, output.folder, plan.schema, output.options, &diagnostics}));
    }
  } catch (...) {
    writers.list.clear();
    remove_empty_outputs(plan, out);
    throw;
  }
  return writers;
}

/// A row without a sample is a hole in what people train on. True when there was one.
bool count_gap_rows(const Episode& episode, Diagnostics& losses) {
  bool any = false;
  for (const RowTimes& times : episode.row_times) {
    Diagnostic entry{
        Severity::kLoss, "row-gap", episode.session_id + ": " + times.stream, "", 0, {}, {}};
    for (std::size_t row = 0; row < times.flag.size(); ++row) {
      if (times.flag[row] != JoinFlag::kGap) continue;
      entry.count += 1;
      if (!entry.first_ns) entry.first_ns = ns_of(episode.time[row]);
      entry.last_ns = ns_of(episode.time[row]);
    }
    if (entry.count == 0) continue;
    any = true;
    entry.message =
        "no sample lies within the tolerance of the row at " +
        format_seconds(Nanos(*entry.first_ns)) +
        " s; it is flagged as a gap (floats are NaN, integers 0, a video shows the nearest "
        "frame). Drop such segments with the gate 'gaps', or allow a longer tolerance "
        "in \"grid\": {\"policy\"}.";
    losses.add(std::move(entry));
  }
  return any;
}

void write_own_files(const fs::path& out, ManifestBuilder& manifest, const BuildReport& report,
                     const LostParts& lost) {
  // Nothing but its place tells a loss that a later addition may mend from one that stays.
  const Json more =
      report.lost && lost.empty() ? Json::object() : Json{{"lost_parts", to_json(lost)}};
  manifest.add_file(write_json_file(out, "report.json",
                                    [&](JsonStream& stream) { write_json(report, stream, more); }));
  manifest.add_file(write_text_file(out, "README.md", manifest.data_card(report)));
  // The manifest is the commit: a folder without it is not a corpus.
  write_json_file(out, "corpus.json", [&](JsonStream& stream) { manifest.write(stream, report); });
}

}  // namespace

namespace {

/// With the files that were there and were not written again.
void add_finished(std::vector<CorpusFile> finished, WriterReport& report) {
  std::set<std::string> written;
  for (const CorpusFile& file : report.files) written.insert(file.path);
  for (CorpusFile& file : finished)
    if (!written.contains(file.path)) report.files.push_back(std::move(file));
  std::sort(report.files.begin(), report.files.end(),
            [](const CorpusFile& a, const CorpusFile& b) { return a.path < b.path; });
}

}  // namespace

BuildReport run_build(const BuildPlan& plan, LostParts lost, const BuildRequest& request,
                      const fs::path& out, CandidateSource& source, FailureLimit& failures,
                      const PriorCorpus* prior, Progress& progress) {
  BuildReport report;
  const std::uint64_t memory = request.memory ? request.memory : default_memory();
  // Beside the segments in work; the values of a run are many where its segments are small.
  stats::limit_shared_room(std::clamp(memory / 8, kLeastForValues, stats::kMostSharedRoom));
  ManifestBuilder manifest(plan);
  manifest.add_generation();
  Accountant accountant(report);
  warn_of_least_memory(plan, memory, *plan.losses);
  source.build_suspects(0, plan.candidates.size());
  Writers writers = open_writers(plan, out, *plan.losses);
  if (prior)
    adopt_corpus(*prior, plan, request, {writers.list, manifest, accountant, report, lost},
                 progress);
  report.quarantined.insert(report.quarantined.end(), plan.quarantined.begin(),
                            plan.quarantined.end());
  const std::set<std::string> whole = whole_sessions(plan, prior);
  for (Json& visits : visits_reports(plan))
    if (whole.contains(visits.value("session", ""))) report.visits.push_back(std::move(visits));
  report.sound = plan.sound;
  progress.begin("build", plan.candidates.size(), "segments");
  ordered_pool<std::unique_ptr<BuiltCandidate>>(
      plan.candidates.size(), request.threads, [&](std::size_t i) { return source.get(i); },
      [&](std::size_t i, std::unique_ptr<BuiltCandidate>&& built) {
        plan.losses->merge(built->pixels);
        const Decision& decision = built->decision;
        if (has_loss(built->losses)) lost.sessions.insert(decision.session);
        if (decision.action == GateAction::kQuarantine || built->pixels.has_loss())
          lost.segments.insert(decision.key);
        if (built->episode) {
          built->episode->index = report.episodes;
          built->decision.episode = report.episodes;
          if (count_gap_rows(*built->episode, *plan.losses)) lost.segments.insert(decision.key);
          const std::vector<SamplePlace> places = writers.add(*built->episode);
          manifest.add(*built->episode, plan.candidates[i].group, places);
          accountant.add(*built->episode);
        } else {
          if (built->decision.action == GateAction::kDrop)
            plan.losses->note("segment-dropped", built->decision.key, built->decision.reason);
          else
            plan.losses->loss("segment-quarantined", built->decision.key, built->decision.reason);
          if (built->decision.failed) failures.add(built->decision.key, built->decision.reason);
        }
        report.decisions.add(built->decision);
        progress.advance(i + 1);
      },
      2 * request.threads + 2, {[&](std::size_t i) { return plan.candidates[i].bytes; }, memory});
  progress.end();
  source.close_sessions();
  if (report.episodes == 0) {
    writers.list.clear();
    remove_empty_outputs(plan, out);
    accountant.finish();
    report.lost = true;
    const std::string why = why_nothing_is_left(report);
    throw NothingLeft(plan.recipe.where, why,
                      std::make_shared<const BuildReport>(std::move(report)), plan.losses);
  }
  for (std::size_t i = 0; i < writers.list.size(); ++i) {
    WriterReport written = writers.list[i]->close();
    if (prior && !prior->leaves_out()) add_finished(prior->files(i), written);
    manifest.add_output(plan.recipe.outputs[i], written, false);
    report.outputs.push_back({{"format", plan.recipe.outputs[i].row->name},
                              {"folder", plan.recipe.outputs[i].folder},
                              {"files", written.files.size()},
                              {"summary", written.summary}});
  }
  accountant.finish();
  for (const auto& [session, first] : accountant.identical())
    plan.losses->warn("session-identical", session,
                      "holds the same recordings as '" + first +
                          "', byte for byte, and both are in the corpus, perhaps in two splits; "
                          "leave one of them out");
  report.lost = plan.losses->has_loss() || !lost.empty() || (prior && prior->lost_somewhere());
  if (prior && prior->lost_somewhere()) lost = {};
  write_own_files(out, manifest, report, lost);
  return report;
}

bool has_failures(const Json& report) {
  if (!report.value("quarantined_sessions", Json::array()).empty()) return true;
  for (const Json& decision : report.value("decisions", Json::array()))
    if (decision.value("failed", false)) return true;
  return !report.value("sources_without_hash", Json::array()).empty();
}

SessionInputs inputs_of(const Recipe& recipe, const std::vector<SessionRef>& sessions) {
  InputIdentity identity(recipe);
  SessionInputs inputs;
  for (const SessionRef& ref : sessions) inputs[ref.id] = identity.of_files(ref);
  return inputs;
}

std::string fingerprint_of(const Recipe& recipe, const SessionInputs& inputs) {
  std::string text = "build 2 " REELCELL_VERSION "\n" + recipe.hash + "\n";
  for (const auto& [id, input] : inputs) text += id + " " + input + "\n";
  return fingerprint_of(as_bytes(text));
}

std::string build_fingerprint(const PlanRequest& request) {
  return fingerprint_of(request.recipe,
                        inputs_of(request.recipe, list_for_build(request.inputs).refs));
}

BuildResult build_into(BuildFolder& folder, PlanRequest planned, const SessionInputs& inputs,
                       const BuildRequest& request, const Spool* results, PacketScope scope,
                       Progress& progress) {
  table::allow_memory(request.memory ? request.memory : default_memory());
  const std::string fingerprint = fingerprint_of(planned.recipe, inputs);
  const SessionList list = list_for_build(planned.inputs);
  if (request.retry_failed && folder.is_new())
    throw PlanError(folder.out().string(),
                    "holds no build, so there is nothing to try again; leave --retry-failed out to "
                    "build the sessions");
  BuildResult result;
  const std::vector<BuildFolder::Damage> damage = folder.damage();
  const Held held =
      folder.complete() && !request.overwrite
          ? what_is_held(folder, planned, list, inputs, request, fingerprint, damage.empty())
          : Held::kOther;
  if (held != Held::kOther) {
    result.nothing_to_do = true;
    result.known_report = read_json_file(folder.out() / "report.json");
    // The record of another version of the program, or none, stays: nothing was built by this one.
    if (folder.fingerprint() == fingerprint || held == Held::kTouched)
      folder.finish(fingerprint, inputs, has_failures(result.known_report));
    return result;
  }
  planned.spool = results ? results : &folder.spool();
  planned.retry_failed = request.retry_failed;
  LostParts lost;
  const BuildPlan plan = plan_sessions(planned, list.refs, nullptr, progress, &lost);
  tell_of_left_out(list, *plan.losses);
  require_segments(plan);
  check_outputs(plan);
  result.losses = plan.losses;
  if (!request.overwrite)
    for (const auto& [path, what] : damage)
      plan.losses->warn("corpus-damaged", (folder.out() / path).string(),
                        what + "; the corpus was built again");
  FailureLimit failures(plan, request.max_failures);
  const fs::path root = folder.begin(fingerprint);
  CandidateSource source(plan, *planned.spool, scope, request);
  try {
    result.report =
        run_build(plan, std::move(lost), request, root, source, failures, nullptr, progress);
  } catch (const NothingLeft& left) {
    if (root == folder.out())
      write_json_file(root, "report.json",
                      [&](JsonStream& stream) { write_json(left.report(), stream); });
    throw;
  } catch (const PlanError&) {
    // The same command ends the same way, so nothing waits for a next run.
    remove_empty_outputs(plan, root);
    folder.abandon();
    throw;
  }
  const bool try_again = failures.count() > 0 || !result.report.unhashed.empty();
  if (try_again && !results) folder.spool().drop_unused();
  folder.finish(fingerprint, inputs, try_again && !results);
  return result;
}

void require_outputs(const Recipe& recipe) {
  if (recipe.outputs.empty())
    throw PlanError(recipe.where, "names no output; add one to \"outputs\"");
}

BuildResult build_from(PlanRequest planned, const BuildRequest& request, const Spool* results,
                       PacketScope scope, Progress& progress) {
  require_outputs(planned.recipe);
  const SessionInputs inputs = inputs_of(planned.recipe, list_for_build(planned.inputs).refs);
  if (!request.overwrite && !request.retry_failed && BuildFolder::is_read_only(request.out) &&
      BuildFolder::fingerprint_of(request.out) == fingerprint_of(planned.recipe, inputs) &&
      BuildFolder::damage_of(request.out).empty()) {
    BuildResult result;
    result.nothing_to_do = true;
    result.known_report = read_json_file(request.out / "report.json");
    return result;
  }
  BuildFolder folder(request.out);
  return build_into(folder, std::move(planned), inputs, request, results, scope, progress);
}

BuildResult build_corpus(PlanRequest planned, const BuildRequest& request, Progress& progress) {
  return build_from(std::move(planned), request, nullptr, PacketScope::kEncodedOnly, progress);
}

}  // namespace reelcell::pipeline
