#include <algorithm>

#include "internal/accountant.hpp"
#include "internal/build_folder.hpp"
#include "internal/candidate_source.hpp"
#include "internal/identity.hpp"
#include "internal/manifest.hpp"
#include "internal/run_build.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/ordered_pool.hpp"
#include "reelcell/pipeline/build.hpp"
#include "reelcell/pipeline/visits.hpp"

namespace reelcell::pipeline {
namespace {

/// Did anything fail, so that --retry-failed has something to do?
bool failed(const Json& report) {
  if (!report.value("quarantined_sessions", Json::array()).empty()) return true;
  for (const Json& decision : report.value("decisions", Json::array()))
    if (decision.value("failed", false)) return true;
  return false;
}

struct Writers {
  std::vector<std::unique_ptr<CorpusWriter>> list;
  void add(const Episode& episode) {
    for (auto& writer : list) writer->add(episode);
  }
};

Writers open_writers(const BuildPlan& plan, const fs::path& out, Diagnostics& diagnostics) {
  Writers writers;
  for (const OutputRule& output : plan.recipe.outputs) {
    if (!output.folder.empty()) make_folders(out / output.folder);
    writers.list.push_back(
        output.row->make({out, output.folder, plan.schema, output.options, &diagnostics}));
  }
  return writers;
}

/// A row without a sample is a hole in what people train on.
void count_gap_rows(const Episode& episode, Diagnostics& losses) {
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
    entry.message = "no sample lies within the tolerance of the row at " +
                    format_seconds(Nanos(*entry.first_ns)) +
                    " s; it is flagged as a gap (numbers are NaN, a video shows the nearest "
                    "frame). Drop such segments with the gate 'gaps', or allow a longer tolerance "
                    "in \"grid\": {\"policy\"}.";
    losses.add(std::move(entry));
  }
}

void write_own_files(const fs::path& out, ManifestBuilder& manifest, const BuildReport& report) {
  const auto write = [&](const char* name, const std::string& content) {
    write_file_atomic(out / name, content);
    manifest.add_file({name, hash_bytes(as_bytes(content))});
  };
  write("report.json", dump_json(to_json(report)));
  write("README.md", manifest.data_card(report));
  // The manifest is the commit: a folder without it is not a corpus.
  write_file_atomic(out / "corpus.json", dump_json(manifest.corpus_json(report)));
}

}  // namespace

namespace {

/// Stops a build of which too much fails.
class FailureLimit {
 public:
  FailureLimit(const BuildPlan& plan, std::optional<std::uint64_t> limit) : limit_(limit) {
    for (const QuarantinedSession& session : plan.quarantined) add(session.id, session.reason);
  }
  void add(const std::string& key, const std::string& reason) {
    if (count_++ == 0) first_ = key + ": " + reason;
    if (limit_ && count_ > *limit_)
      throw InputError(std::to_string(count_) +
                       " sessions and segments could not be built, more than --max-failures " +
                       std::to_string(*limit_) + " allows; the first: " + first_ +
                       ". What is done is kept: run again with a higher limit to go on, with "
                       "--retry-failed to try those again");
  }
  std::uint64_t count() const { return count_; }

 private:
  std::optional<std::uint64_t> limit_;
  std::uint64_t count_ = 0;
  std::string first_;
};

BuildReport run_build(const BuildPlan& plan, const BuildRequest& request, const fs::path& out,
                      CandidateSource& source, FailureLimit& failures, Progress& progress) {
  BuildReport report;
  report.quarantined = plan.quarantined;
  report.visits = visits_reports(plan);
  ManifestBuilder manifest(plan);
  Accountant accountant(report);
  source.build_suspects(0, plan.candidates.size());
  Writers writers = open_writers(plan, out, *plan.losses);
  progress.begin("build", plan.candidates.size(), "segments");
  ordered_pool<std::unique_ptr<BuiltCandidate>>(
      plan.candidates.size(), request.threads, [&](std::size_t i) { return source.get(i); },
      [&](std::size_t i, std::unique_ptr<BuiltCandidate>&& built) {
        plan.losses->merge(built->pixels);
        if (built->episode) {
          built->episode->index = report.episodes;
          built->decision.episode = report.episodes;
          count_gap_rows(*built->episode, *plan.losses);
          writers.add(*built->episode);
          manifest.add(*built->episode, plan.candidates[i].group);
          accountant.add(*built->episode);
        } else {
          plan.losses->loss(built->decision.action == GateAction::kDrop ? "segment-dropped"
                                                                        : "segment-quarantined",
                            built->decision.key, built->decision.reason);
          if (built->decision.failed) failures.add(built->decision.key, built->decision.reason);
        }
        report.decisions.push_back(std::move(built->decision));
        progress.advance(i + 1);
      },
      2 * request.threads + 2,
      {[&](std::size_t i) { return plan.candidates[i].bytes; },
       request.memory ? request.memory : default_memory()});
  progress.end();
  source.close_sessions();
  for (std::size_t i = 0; i < writers.list.size(); ++i) {
    const WriterReport written = writers.list[i]->close();
    manifest.add_output(plan.recipe.outputs[i], written);
    report.outputs.push_back({{"format", plan.recipe.outputs[i].row->name},
                              {"folder", plan.recipe.outputs[i].folder},
                              {"files", written.files.size()},
                              {"summary", written.summary}});
  }
  accountant.finish();
  report.lost = plan.losses->has_loss();
  write_own_files(out, manifest, report);
  return report;
}

}  // namespace

namespace {

/// A folder that holds a complete corpus of files as it lists them or not: is it the one that is
/// asked for and whole? OutputError when it is another one.
bool is_asked_for(const BuildFolder& folder, const PlanRequest& planned,
                  const BuildRequest& request, const std::string& fingerprint,
                  const std::vector<BuildFolder::Damage>& damage) {
  if (folder.fingerprint() == fingerprint && !request.retry_failed) return damage.empty();
  const Json recipe = read_json_file(folder.out() / "corpus.json").value("recipe", Json::object());
  if (request.retry_failed && recipe.value("hash", "") == planned.recipe.hash)
    return damage.empty() && !failed(read_json_file(folder.out() / "report.json"));
  throw OutputError(
      folder.out().string(),
      "already holds a complete corpus of other sessions, another recipe or another version of "
      "this program; give --overwrite to replace it or choose another folder");
}

}  // namespace

std::string build_fingerprint(const PlanRequest& request) {
  std::string text = "build 1 " REELCELL_VERSION "\n" + request.recipe.hash + "\n";
  InputIdentity identity(request.recipe);
  for (const SessionRef& ref : find_sessions(request.inputs)) text += identity.of(ref) + "\n";
  return fingerprint_of(as_bytes(text));
}

BuildResult build_from(PlanRequest planned, const BuildRequest& request, const Spool* results,
                       PacketScope scope, Progress& progress) {
  if (planned.recipe.outputs.empty())
    throw PlanError(planned.recipe.where, "names no output; add one to \"outputs\"");
  const std::string fingerprint = build_fingerprint(planned);
  BuildFolder folder(request.out);
  BuildResult result;
  const std::vector<BuildFolder::Damage> damage = folder.damage();
  if (folder.complete() && !request.overwrite &&
      is_asked_for(folder, planned, request, fingerprint, damage)) {
    result.nothing_to_do = true;
    result.known_report = read_json_file(folder.out() / "report.json");
    folder.finish(fingerprint, failed(result.known_report));
    return result;
  }
  planned.spool = results ? results : &folder.spool();
  planned.retry_failed = request.retry_failed;
  const BuildPlan plan = plan_build(planned, progress);
  require_segments(plan);
  result.losses = plan.losses;
  if (!request.overwrite)
    for (const auto& [path, what] : damage)
      plan.losses->warn("corpus-damaged", (folder.out() / path).string(),
                        what + "; the corpus was built again");
  FailureLimit failures(plan, request.max_failures);
  const fs::path root = folder.begin(fingerprint);
  CandidateSource source(plan, *planned.spool, scope, request);
  result.report = run_build(plan, request, root, source, failures, progress);
  folder.finish(fingerprint, failures.count() > 0);
  return result;
}

BuildResult build_corpus(PlanRequest planned, const BuildRequest& request, Progress& progress) {
  return build_from(std::move(planned), request, nullptr, PacketScope::kEncodedOnly, progress);
}

Json to_json(const BuildReport& report) {
  Json decisions = Json::array();
  for (const Decision& decision : report.decisions) {
    Json entry = {{"key", decision.key},
                  {"session", decision.session},
                  {"segment", decision.segment},
                  {"split", decision.split},
                  {"action", std::string(to_string(decision.action))},
                  {"reason", decision.reason},
                  {"failed", decision.failed},
                  {"gates", decision.gates}};
    entry["episode"] = decision.episode ? Json(*decision.episode) : Json();
    decisions.push_back(std::move(entry));
  }
  Json clips = Json::object();
  for (const auto& [feature, account] : report.clips)
    clips[feature] = {{"copied",
                       {{"clips", account.copied_clips},
                        {"frames", account.copied_frames},
                        {"bytes", account.copied_bytes}}},
                      {"encoded",
                       {{"clips", account.encoded_clips},
                        {"frames", account.encoded_frames},
                        {"bytes", account.encoded_bytes}}},
                      {"joined", {{"clips", account.joined_clips}}},
                      {"why_encoded", account.reasons}};
  timeline::AlignmentReport alignment;
  alignment.streams = report.alignment;
  Json joins = Json::array();
  // Over many sessions a stream has many clocks; what was joined is what there is to say. Each
  // sample's own clock map is in the manifest.
  const Json measured = timeline::to_json(alignment);
  for (const Json& line : measured["streams"]) {
    Json join = line["join"];
    join.erase("over_tolerance");
    join.erase("unused");
    joins.push_back({{"stream", line["stream"]}, {"join", std::move(join)}});
  }
  Json quarantined = Json::array();
  for (const auto& session : report.quarantined)
    quarantined.push_back({{"session", session.id}, {"reason", session.reason}});
  return {{"version", 1},
          {"episodes", report.episodes},
          {"rows", report.rows},
          {"lost", report.lost},
          {"decisions", decisions},
          {"quarantined_sessions", quarantined},
          {"video", clips},
          {"alignment", std::move(joins)},
          {"visits", report.visits},
          {"outputs", report.outputs}};
}

}  // namespace reelcell::pipeline
