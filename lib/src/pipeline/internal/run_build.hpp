// The one way from a plan to a corpus, whoever made the results.
#pragma once

#include "internal/build_folder.hpp"
#include "internal/candidate_source.hpp"
#include "internal/codec.hpp"
#include "internal/lost_parts.hpp"
#include "internal/prior_corpus.hpp"
#include "internal/spool.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::pipeline {

/// Stops a build of which too much fails.
class FailureLimit {
 public:
  FailureLimit(const BuildPlan& plan, std::optional<std::uint64_t> limit) : limit_(limit) {
    for (const QuarantinedSession& session : plan.quarantined) add(session.id, session.reason);
  }
  /// Throws InputError when it is one too many.
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

/// What the sessions are read from. Stats every file, reads session.json.
SessionInputs inputs_of(const Recipe& recipe, const std::vector<SessionRef>& sessions);
/// Of everything that decides a corpus that is built in one go.
std::string fingerprint_of(const Recipe& recipe, const SessionInputs& inputs);
/// The same, without reading the sessions.
std::string build_fingerprint(const PlanRequest& request);
/// Did anything fail, so that --retry-failed has something to do?
bool has_failures(const Json& report);
void require_outputs(const Recipe& recipe);

/// Writes the corpus of the plan below `out`: of `prior` all but the data files that it has, then
/// the candidates. Sessions of the plan of which `prior` has samples are there for the candidates
/// alone: what else became of them stays as it is. `lost`: what planning lost. Throws OutputError,
/// PlanError, InputError (failures).
BuildReport run_build(const BuildPlan& plan, LostParts lost, const BuildRequest& request,
                      const fs::path& out, CandidateSource& source, FailureLimit& failures,
                      const PriorCorpus* prior, Progress& progress);
/// build_corpus; results come from `results` where that is given, else from the folder's own spool.
BuildResult build_into(BuildFolder& folder, PlanRequest planned, const SessionInputs& inputs,
                       const BuildRequest& request, const Spool* results, PacketScope scope,
                       Progress& progress);
BuildResult build_from(PlanRequest planned, const BuildRequest& request, const Spool* results,
                       PacketScope scope, Progress& progress);

}  // namespace reelcell::pipeline
