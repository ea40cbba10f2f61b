// Sessions added to a finished corpus, whose data files keep their names and bytes.
#pragma once

#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// What given sessions and a recipe are to a corpus. Sessions by id, sorted.
struct CorpusDelta {
  std::vector<std::string> added;      ///< it does not hold them, or nothing came of them
  std::vector<std::string> retried;    ///< it holds them as they are, but for segments that failed
  std::vector<std::string> unchanged;  ///< it holds them as they are
  std::vector<std::string> changed;    ///< it holds another state of them
  std::vector<std::string> unknown;    ///< it does not say of which state of them it was made
  /// Not as they were, and whether they changed cannot be told: no hash could be taken of a stream
  /// when they were built. What the corpus has of them stays; they are in the way of no others.
  std::vector<UnhashedSource> unhashed;
  std::vector<std::string> others;  ///< it holds them and they were not given
  std::vector<std::string> recipe;  ///< parts that differ, as JSON pointers; empty: the same
  std::uint64_t episodes = 0;       ///< that it holds
  std::vector<std::string> damage;  ///< files that are not there as listed
  std::string refusal;              ///< why nothing can be added to it, "" when something can
};
Json to_json(const CorpusDelta& delta);
/// To stand behind the session's id.
std::string why_not_comparable(const UnhashedSource& unhashed);

/// Reads no recording that has the sizes and change times that the record of the build says; where
/// those differ or the record is missing, hashes are compared with the manifest's. Throws
/// InputError when the folder holds no corpus or a session cannot be found, PlanError when a
/// session of the corpus was given under another id.
CorpusDelta compare_with_corpus(const PlanRequest& request, const fs::path& corpus);
/// The plan of `added`, and of the failed segments of `retried`, alone.
BuildPlan plan_addition(const PlanRequest& request, const fs::path& corpus,
                        const CorpusDelta& delta, Progress& progress);

struct AddResult {
  CorpusDelta delta;
  BuildResult build;
};
/// Builds the sessions that the corpus in `request.out` does not hold and adds them to it; a folder
/// without a corpus gets its first ones. Tables, statistics and the manifest are made anew for the
/// whole corpus from what it holds; data files that are there stay as they are, and the new
/// episodes go to new ones. The same sessions added in the same order give the same bytes, also
/// after kills; a corpus built in one go may be cut into other files. With `request.retry_failed`
/// also sessions of which nothing came, and the failed segments of unchanged sessions. Throws as
/// build_corpus does, and PlanError when the recipe
/// or a session is not as it was, or the corpus was edited or damaged.
AddResult add_sessions(PlanRequest planned, const BuildRequest& request, Progress& progress);

}  // namespace reelcell::pipeline
