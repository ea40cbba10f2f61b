// Sessions added to a finished corpus, whose data files keep their names and bytes.
#pragma once

#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// What given sessions and a recipe are to a corpus. Sessions by id, sorted.
struct CorpusDelta {
  std::vector<std::string> added;      ///< it does not hold them, or nothing came of them
  std::vector<std::string> retried;    ///< it holds them as they are, but for segments that failed
  std::vector<std::string> unchanged;  ///< it holds them as they are
  /// It holds another state of them, or does not say of which state of them it was made, or no hash
  /// could be taken of a stream when they were built. What it has of them stays; they are in the
  /// way of no others.
  std::vector<std::string> changed, unknown;
  std::vector<UnhashedSource> unhashed;
  /// With `PlanRequest::replace`: of these three kinds, those that are built anew, in the place of
  /// what it holds; they are in none of the other lists.
  std::vector<std::string> replaced;
  std::map<std::string, std::string> reasons;  ///< of `changed`, `unknown` and `replaced`
  std::vector<std::string> others;             ///< it holds them and they were not given
  std::vector<std::string> recipe;  ///< parts that differ, as JSON pointers; empty: the same
  std::uint64_t episodes = 0;       ///< that it holds
  std::vector<std::string> damage;  ///< files that are not there as listed
  std::string refusal;              ///< why nothing can be added to it, "" when something can
};
Json to_json(const CorpusDelta& delta);
/// Why the corpus keeps what it has of a session, to stand behind its id: of one in `unhashed`, and
/// of one in `changed` or `unknown`.
std::string why_not_comparable(const UnhashedSource& unhashed);
std::string why_kept(const CorpusDelta& delta, const std::string& id);

/// Reads no recording that has the sizes and change times that the record of the build says; where
/// those differ or the record is missing, hashes are compared with the manifest's. Throws
/// InputError when the folder holds no corpus or a session cannot be found, PlanError when a
/// session of the corpus was given under another id.
CorpusDelta compare_with_corpus(const PlanRequest& request, const fs::path& corpus);
/// The plan of `added` and `replaced`, and of the failed segments of `retried`, alone. Sessions
/// that were to be replaced and cannot be read go to `changed`.
BuildPlan plan_addition(const PlanRequest& request, const fs::path& corpus, CorpusDelta& delta,
                        Progress& progress);

struct AddResult {
  CorpusDelta delta;
  BuildResult build;
};
/// Builds the sessions that the corpus in `request.out` does not hold and adds them to it; a folder
/// without a corpus gets its first ones. Tables, statistics and the manifest are made anew for the
/// whole corpus from what it holds; data files that are there stay as they are, and the new
/// episodes go to new ones. The same sessions added in the same order give the same bytes, also
/// after kills; a corpus built in one go may be cut into other files. With `request.retry_failed`
/// also sessions of which nothing came, and the failed segments of unchanged sessions. A session
/// that is not as it was stays as the corpus has it, which is a loss; with `request.replace` it is
/// built anew and what the corpus held of it goes: then files that held it are written anew without
/// it, LeRobot's numbers close up, and other files are the same ones, perhaps under another number.
/// Throws as build_corpus does, and PlanError when the recipe is not as it was, or the corpus was
/// edited or damaged.
AddResult add_sessions(PlanRequest planned, const BuildRequest& request, Progress& progress);

}  // namespace reelcell::pipeline
