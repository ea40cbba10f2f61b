// recipe -> plan -> run -> report: the one engine behind align, label and build.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/progress.hpp"
#include "reelcell/pipeline/decisions.hpp"
#include "reelcell/pipeline/recipe.hpp"
#include "reelcell/pipeline/session.hpp"
#include "reelcell/timeline/report.hpp"

namespace reelcell::pipeline {

/// A source that a stage read for a segment, labels or gates.
struct UsedSource {
  std::string role;             ///< "segment", "label", "gate", "grid", "plan"
  std::string stream;           ///< "" for a plain file
  std::string file;             ///< path of a plain file, as opened
  SessionTime first{}, last{};  ///< of the samples that came
  bool timed = false;           ///< false: none came
};

/// A segment that may become a sample, before gates.
struct Candidate {
  std::size_t session = 0;  ///< index into BuildPlan::sessions
  Segment segment;
  std::string group, split;
  std::string key;
  std::vector<UsedSource> sources;  ///< of the segment's borders and of its labels
  std::uint64_t bytes = 0;          ///< estimate of the memory that building it takes
  Json explanation;                 ///< of its labels, where PlanRequest::explain asks for it
};

struct QuarantinedSession {
  std::string id;
  std::string reason;
};

/// What all clips of a camera are, where an output states one codec for them (LeRobot).
struct CameraForm {
  std::string codec, pix_fmt;
};
using CameraForms = std::map<std::string, CameraForm, std::less<>>;  ///< by feature

class Spool;

struct BuildPlan {
  Recipe recipe;
  std::vector<SessionRef> sessions;
  CorpusSchema schema;
  CameraForms cameras;
  std::vector<Candidate> candidates;  ///< in corpus order: split, session id, time
  std::vector<std::pair<std::string, std::uint64_t>> split_order;
  std::vector<QuarantinedSession> quarantined;
  std::map<std::string, std::uint64_t> sound;  ///< streams that no output holds -> sessions
  std::map<std::string, std::string, std::less<>> label_units;  ///< of numbers; "-" = none
  std::vector<std::string> identities;  ///< of each session's files: they change when a file does
  /// Losses of all sessions, each counted once however often its streams were read; the caller
  /// reports them.
  std::shared_ptr<Diagnostics> losses = std::make_shared<Diagnostics>();
};

struct PlanRequest {
  std::vector<fs::path> inputs;
  Recipe recipe;
  std::size_t threads = 1;
  /// Where plans of sessions are kept from run to run; a session of which none is there and that
  /// brought an earlier run down is read in a process of its own.
  const Spool* spool = nullptr;
  bool retry_failed = false;  ///< read sessions that failed before once more
  bool replace = false;       ///< of a corpus that is added to: sessions that are not as they were
  bool explain = false;       ///< explain the labels, from the same view of the session; no spool
};
/// Opens every session, cuts segments, applies label rules and splits. Reads series and headers,
/// decodes nothing.
BuildPlan plan_build(const PlanRequest& request, Progress& progress);
Json to_json(const BuildPlan& plan);
/// Throws PlanError that says what the segmenters looked at, when the plan holds no segment.
void require_segments(const BuildPlan& plan);
/// Throws PlanError when one of the recipe's outputs cannot hold what was planned.
void check_outputs(const BuildPlan& plan);

struct ClipAccount {
  std::uint64_t copied_frames = 0, copied_bytes = 0, copied_clips = 0;
  std::uint64_t encoded_frames = 0, encoded_bytes = 0, encoded_clips = 0;
  std::uint64_t joined_clips = 0;  ///< of encoded_clips: those that hold copied packets too
  std::map<std::string, std::uint64_t> reasons;  ///< why encoded -> clips
};

/// A stream that has no file of its own and whose content could not be read to its end for a hash:
/// its samples are whole, but whether it changes later cannot be told.
struct UnhashedSource {
  std::string session, source, reason;
};
Json to_json(const std::vector<UnhashedSource>& sources);

struct BuildReport {
  DecisionLog decisions;
  std::map<std::string, ClipAccount> clips;  ///< by feature
  std::uint64_t episodes = 0, rows = 0;
  std::vector<timeline::StreamAlignment> alignment;
  std::vector<QuarantinedSession> quarantined;
  std::vector<UnhashedSource> unhashed;  ///< by session and source
  Json visits = Json::array();           ///< visits_reports of the plan
  Json outputs = Json::array();
  std::map<std::string, std::uint64_t> sound;  ///< as in the plan
  bool lost = false;
};
/// What a value becomes before it is written; empty: it stays.
using JsonFilter = std::function<Json(const Json&)>;
/// report.json, with the members of `more` at its end; one decision in memory at a time.
void write_json(const BuildReport& report, JsonStream& stream, const Json& more = Json::object(),
                const JsonFilter& filter = {});

/// A warning for each segment that takes more than `memory` by itself, with the estimate.
void warn_of_large_segments(const BuildPlan& plan, std::uint64_t memory);

/// One warning, of the largest, where any takes more than `memory`: with the least that holds all.
void warn_of_least_memory(const BuildPlan& plan, std::uint64_t memory, Diagnostics& diagnostics);

/// Memory of what is in work at once when the caller names none: half of the machine's (or of the
/// control group's limit, where that is less).
std::uint64_t default_memory();

struct BuildRequest {
  fs::path out;
  bool overwrite = false;
  std::size_t threads = 1;
  std::uint64_t memory =
      0;  ///< bytes that segments in work may take together; 0 = default_memory()
  bool retry_failed = false;  ///< build anew what failed in the build that the folder holds
  bool replace = false;       ///< as PlanRequest::replace
  std::optional<std::uint64_t> max_failures;  ///< more failed sessions and segments stop the build
};
struct BuildResult {
  BuildReport report;
  std::shared_ptr<Diagnostics> losses;
  bool nothing_to_do = false;  ///< the folder holds this corpus already; `report` is empty
  Json known_report;           ///< then: report.json of that corpus
};
/// Plans and builds. Complete only when it returns; killed at any moment and called again with the
/// same request, it goes on and ends with the same bytes. A session or segment that cannot be built
/// is quarantined with its reason and the rest goes on. A complete corpus in the folder is there
/// until the new one takes its place. Throws OutputError, PlanError, and
/// InputError when no session can be used.
BuildResult build_corpus(PlanRequest plan, const BuildRequest& request, Progress& progress);

/// The grid of one range of a session by the recipe. Throws PlanError when the rate is not known.
Rational grid_rate(const GridRule& rule, const OpenSession& session);
std::string anchor_stream(const GridRule& rule, const OpenSession& session);
timeline::Grid segment_grid(const GridRule& rule, const OpenSession& session, TimeRange range,
                            Rational rate);
timeline::JoinPolicy join_policy(const GridRule& rule, const OpenSession& session,
                                 const std::string& stream, Rational rate);

/// The alignment report of a whole session on the recipe's grid.
timeline::AlignmentReport align_session(const OpenSession& session, const GridRule& rule,
                                        Progress& progress);

}  // namespace reelcell::pipeline
