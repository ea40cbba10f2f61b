#include "internal/memory_limit.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "support/support.hpp"

namespace reelcell::pipeline {
namespace {

struct Groups {
  fs::path put(const std::string& path, const std::string& text) {
    const fs::path file = folder.path() / path;
    make_folders(file.parent_path());
    write_file_atomic(file, text);
    return file;
  }
  test::TempFolder folder;
};

TEST(MemoryLimit, IsTheLeastOfTheGroupAndOfThoseAroundIt) {
  Groups groups;
  const fs::path own = groups.put("self", "0::/slurm/job_7/step_0\n"), root = groups.folder.path();
  EXPECT_EQ(group_memory_limit(own, root), kNoMemoryLimit);
  groups.put("slurm/memory.max", "9000000\n");
  EXPECT_EQ(group_memory_limit(own, root), 9'000'000u);
  groups.put("slurm/job_7/memory.max", "8000000\n");
  groups.put("slurm/job_7/step_0/memory.max", "max\n");
  groups.put("slurm/job_8/memory.max", "1\n");  // another one's
  EXPECT_EQ(group_memory_limit(own, root), 8'000'000u);
  groups.put("memory.max", "7000000\n");  // as a container shows its own
  EXPECT_EQ(group_memory_limit(own, root), 7'000'000u);
}

TEST(MemoryLimit, ReadsTheFirstVersionToo) {
  Groups groups;
  const fs::path own =
      groups.put("self", "11:cpu,cpuacct:/other\n9:memory:/job\n1:name=systemd:/x\nno group\n");
  groups.put("memory/job/memory.limit_in_bytes", "5000\n");
  groups.put("memory/other/memory.limit_in_bytes", "4000\n");
  EXPECT_EQ(group_memory_limit(own, groups.folder.path()), 5000u);
}

TEST(MemoryLimit, IsWhatSlurmGaveTheJob) {
  const auto clear = [] {
    for (const char* name : {"SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU", "SLURM_CPUS_ON_NODE"})
      ::unsetenv(name);
  };
  clear();
  EXPECT_EQ(slurm_memory_limit(), kNoMemoryLimit);
  ::setenv("SLURM_MEM_PER_CPU", "512", 1);
  ::setenv("SLURM_CPUS_ON_NODE", "4", 1);
  EXPECT_EQ(slurm_memory_limit(), 2048ull << 20);
  ::setenv("SLURM_MEM_PER_NODE", "1024", 1);
  EXPECT_EQ(slurm_memory_limit(), 1024ull << 20);
  ::setenv("SLURM_MEM_PER_NODE", "0", 1);  // all that the node has
  EXPECT_EQ(slurm_memory_limit(), 2048ull << 20);
  clear();
}

}  // namespace
}  // namespace reelcell::pipeline
