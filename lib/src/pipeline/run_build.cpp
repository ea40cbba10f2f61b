#include <algorithm>

#include "internal/episode_builder.hpp"
#include "internal/manifest.hpp"
#include "internal/session_cache.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/ordered_pool.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {
namespace {

constexpr const char* kMark = ".reelcell-build";

/// A folder we may write to: new, empty, ours and unfinished, or to be overwritten on request.
void prepare_folder(const BuildPlan& plan, const BuildRequest& request) {
  const fs::path& out = request.out;
  std::error_code error;
  const bool exists = fs::exists(out, error);
  if (exists && !fs::is_directory(out))
    throw OutputError(out.string(), "is a file, a folder for the corpus was expected");
  const bool unfinished = exists && fs::exists(out / kMark);
  const bool complete = exists && fs::exists(out / "corpus.json") && !unfinished;
  if (complete && !request.overwrite)
    throw OutputError(
        out.string(),
        "already holds a complete corpus; give --overwrite to replace it or choose another folder");
  if (exists && !complete && !unfinished && !fs::is_empty(out))
    throw OutputError(out.string(),
                      "is not empty and holds no corpus; choose an empty or new folder");
  make_folders(out);
  write_file_atomic(out / kMark,
                    "A build is under way or was interrupted; run it again to finish.\n");
  // Only what a build of ours makes is removed.
  for (const char* name : {"corpus.json", "README.md", "report.json"})
    fs::remove(out / name, error);
  for (const OutputRule& output : plan.recipe.outputs)
    if (!output.folder.empty()) fs::remove_all(out / output.folder, error);
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

/// "starts 3 frames after a key frame" -> "starts n frames ..": one line a cause in the report;
/// corpus.json keeps each clip's own.
std::string without_numbers(const std::string& reason) {
  std::string text;
  bool in_number = false;
  for (const char c : reason) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) text += c;
    if (digit && !in_number) text += 'n';
    in_number = digit;
  }
  return text;
}

/// Adds one candidate's outcome to the report; thread: the one that takes results.
class Accountant {
 public:
  Accountant(const BuildPlan& plan, BuildReport& report) : plan_(&plan), report_(&report) {}
  void add(const Episode& episode, const CopiedParts& copied) {
    report_->episodes += 1;
    report_->rows += episode.rows;
    for (const EpisodeClip& clip : episode.clips) add_clip(clip, part_of(copied, clip));
    for (const RowTimes& times : episode.row_times) {
      skews_[times.stream].add(times, Nanos(0));
      count_flags(times);
    }
  }
  void finish() {
    for (auto& [stream, line] : lines_) {
      line.stream = stream;
      skews_[stream].fill(line);
      report_->alignment.push_back(line);
    }
  }

 private:
  void add_clip(const EpisodeClip& clip, CopiedPart copied) {
    if (clip.packets.packets.empty()) return;
    ClipAccount& account = report_->clips[clip.feature];
    account.copied_frames += copied.frames;
    account.copied_bytes += copied.bytes;
    account.encoded_frames += clip.packets.frames - copied.frames;
    account.encoded_bytes += clip.packets.bytes - copied.bytes;
    if (clip.packets.copied) {
      account.copied_clips += 1;
    } else {
      account.encoded_clips += 1;
      account.reasons[without_numbers(clip.packets.reason)] += 1;
    }
  }
  void count_flags(const RowTimes& times) {
    timeline::StreamAlignment& line = lines_[times.stream];
    line.rows += times.flag.size();
    for (std::size_t i = 0; i < times.flag.size(); ++i) {
      switch (times.flag[i]) {
        case JoinFlag::kExact:
          ++line.exact;
          break;
        case JoinFlag::kInterpolated:
          ++line.interpolated;
          break;
        case JoinFlag::kHeld:
          ++line.held;
          break;
        case JoinFlag::kNearest:
          ++line.nearest;
          break;
        case JoinFlag::kGap:
          ++line.gap_rows;
          break;
      }
      line.reused += i > 0 && times.source[i] == times.source[i - 1];
    }
  }
  const BuildPlan* plan_;
  BuildReport* report_;
  std::map<std::string, timeline::StreamAlignment> lines_;
  std::map<std::string, timeline::SkewStats> skews_;
};

void write_own_files(const fs::path& out, ManifestBuilder& manifest, const BuildReport& report) {
  const auto write = [&](const char* name, const std::string& content) {
    write_file_atomic(out / name, content);
    manifest.add_file({name, hash_bytes(as_bytes(content))});
  };
  write("report.json", dump_json(to_json(report)));
  write("README.md", manifest.data_card(report));
  // The manifest is the commit: a folder without it is not a corpus.
  write_file_atomic(out / "corpus.json", dump_json(manifest.corpus_json(report)));
  fs::remove(out / kMark);
}

}  // namespace

BuildReport run_build(const BuildPlan& plan, const BuildRequest& request, Progress& progress) {
  if (plan.recipe.outputs.empty())
    throw PlanError(plan.recipe.where, "names no output; add one to \"outputs\"");
  if (plan.candidates.empty())
    throw PlanError(plan.recipe.where, "no segment was found in " +
                                           std::to_string(plan.sessions.size()) +
                                           " sessions; check \"segments\" with 'reelcell label'");
  prepare_folder(plan, request);
  BuildReport report;
  report.quarantined = plan.quarantined;
  ManifestBuilder manifest(plan);
  Accountant accountant(plan, report);
  Writers writers = open_writers(plan, request.out, *plan.losses);
  {
    SessionCache cache(plan.sessions, *plan.losses, 2 * std::max<std::size_t>(1, request.threads));
    progress.begin("build", plan.candidates.size(), "segments");
    ordered_pool<std::unique_ptr<BuiltCandidate>>(
        plan.candidates.size(), request.threads,
        [&](std::size_t i) {
          const Candidate& candidate = plan.candidates[i];
          SessionCache::Lease lease = cache.take(candidate.session);
          auto built = build_candidate(plan, candidate, lease.session, *lease.signals);
          cache.give_back(candidate.session, std::move(lease));
          return built;
        },
        [&](std::size_t i, std::unique_ptr<BuiltCandidate>&& built) {
          plan.losses->merge(built->pixels);
          if (built->episode) {
            built->episode->index = report.episodes;
            built->decision.episode = report.episodes;
            writers.add(*built->episode);
            manifest.add(*built->episode, plan.candidates[i].group, built->copied);
            accountant.add(*built->episode, built->copied);
          } else {
            plan.losses->loss(built->decision.action == GateAction::kDrop ? "segment-dropped"
                                                                          : "segment-quarantined",
                              built->decision.key, built->decision.reason);
          }
          report.decisions.push_back(std::move(built->decision));
          progress.advance(i + 1);
        },
        request.threads + 1);
    progress.end();
  }
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
  write_own_files(request.out, manifest, report);
  return report;
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
  return {
      {"version", 1},        {"episodes", report.episodes},   {"rows", report.rows},
      {"lost", report.lost}, {"decisions", decisions},        {"quarantined_sessions", quarantined},
      {"video", clips},      {"alignment", std::move(joins)}, {"outputs", report.outputs}};
}

}  // namespace reelcell::pipeline
