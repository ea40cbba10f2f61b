// One build over many machines that share storage: plan, N times work, seal.
#pragma once

#include <string>
#include <vector>

#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// A segment that could not be built.
struct FailedSegment {
  std::string key, reason;
};
/// What a plan folder says of one part.
struct PartStatus {
  std::size_t part = 0;
  std::uint64_t segments = 0, done = 0;
  std::vector<FailedSegment> failed;  ///< of those done
  std::uint64_t begun = 0;            ///< in work now, or when a task ended abruptly
  std::uint64_t bytes = 0;            ///< estimate by which the parts were balanced
  bool complete() const { return done == segments; }
};

/// Plans every session and cuts the segments into `parts` of about the same cost. The folder must
/// be new, empty, or hold a plan; results of sessions that did not change are kept. Returns the
/// parts. Throws what plan_build throws, PlanError for more parts than segments and, unless
/// `overwrite`, for a folder with another plan of which parts were worked.
std::vector<PartStatus> make_plan(PlanRequest request, std::size_t parts, const fs::path& folder,
                                  bool overwrite, Progress& progress);

struct WorkRequest {
  fs::path folder;
  std::size_t part = 0;
  std::size_t threads = 1;
  std::uint64_t memory = 0;  ///< as BuildRequest::memory
  bool retry_failed = false;
  Diagnostics* diagnostics = nullptr;  ///< gets warnings of the request
};
/// Builds what the part lacks; every result appears whole and synced. May be run again, and twice
/// at the same time. Throws OutputError; PlanError when the inputs changed since the plan was made.
PartStatus work_part(const WorkRequest& request, Progress& progress);

/// Cheap: looks at names, and at the first bytes of what failed.
std::vector<PartStatus> plan_status(const fs::path& folder);
/// Sessions that no part has, since they could not be read when the plan was made.
std::vector<QuarantinedSession> plan_quarantined(const fs::path& folder);

/// Writes the corpus from the parts' results: the same bytes as build_corpus gives. Throws
/// PlanError naming the parts that are not there; killed and run again, it goes on.
BuildResult seal_plan(const fs::path& folder, const BuildRequest& request, Progress& progress);

/// What `sbatch` gets.
struct SlurmRequest {
  fs::path folder, out;
  std::string program = "reelcell";              ///< as the nodes find it
  std::string partition, time, memory, account;  ///< "" = the cluster's default
  std::size_t cpus = 1, at_once = 0;             ///< at_once: tasks running together, 0 = all
  std::vector<std::string> extra;                ///< further #SBATCH options, with their dashes
};
/// What is wrong with a text as sbatch's --time or --mem, "" when nothing is.
std::string wrong_slurm_time(const std::string& text);
std::string wrong_slurm_memory(const std::string& text);
/// Throws PlanError when sealing the plan into `out` would be refused: it is a file, others' files
/// or another corpus are in it. Writes nothing.
void check_seal_target(const fs::path& plan, const fs::path& out);
/// The parts as sbatch's --array wants them: "0-3,7".
std::string array_text(const std::vector<std::size_t>& parts, std::size_t at_once);
std::string slurm_work_script(const SlurmRequest& request);
std::string slurm_seal_script(const SlurmRequest& request);

}  // namespace reelcell::pipeline
