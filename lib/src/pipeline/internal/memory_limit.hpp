// How much memory this process may take.
#pragma once

#include <cstdint>

#include "reelcell/base/file.hpp"

namespace reelcell::pipeline {

constexpr std::uint64_t kNoMemoryLimit = ~std::uint64_t{0};

/// The least limit of the control groups that a process is in, and of those around them. `groups`
/// is its /proc/PID/cgroup, `root` where the groups are mounted; versions 1 and 2.
std::uint64_t group_memory_limit(const fs::path& groups, const fs::path& root);

/// What Slurm gave the job, from its variables (in MiB), also where it does not enforce it.
std::uint64_t slurm_memory_limit();

}  // namespace reelcell::pipeline
