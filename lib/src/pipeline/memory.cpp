#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include "internal/memory_limit.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {
namespace {

/// A number at the start of the text; nothing for "max", which is no limit.
std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

std::string text_or_none(const fs::path& path) {
  try {
    return read_text_file(path, 65'536);
  } catch (const std::exception&) {
    return "";  // no such group
  }
}

std::optional<std::uint64_t> number_of(const char* variable) {
  const char* const text = std::getenv(variable);
  return text ? number_in(text) : std::nullopt;
}

}  // namespace

std::uint64_t group_memory_limit(const fs::path& groups, const fs::path& root) {
  std::uint64_t least = kNoMemoryLimit;
  const auto climb = [&](const fs::path& top, std::string group, const char* file) {
    for (;;) {
      const fs::path folder = top / fs::path(group).relative_path();
      if (const auto limit = number_in(text_or_none(folder / file)))
        least = std::min(least, *limit);
      if (group.empty() || group == "/") return;
      group = fs::path(group).parent_path().string();
    }
  };
  std::istringstream lines(text_or_none(groups));
  // A container may show its own group as the root, whatever the path is.
  climb(root, "/", "memory.max");
  climb(root / "memory", "/", "memory.limit_in_bytes");
  for (std::string line; std::getline(lines, line);) {  // "0::/a/b", "9:memory:/a/b"
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string kinds = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string group = line.substr(second + 1);
    if (kinds == ",,") climb(root, group, "memory.max");
    if (kinds.find(",memory,") != std::string::npos)
      climb(root / "memory", group, "memory.limit_in_bytes");
  }
  return least;
}

std::uint64_t slurm_memory_limit() {
  constexpr std::uint64_t kMiB = 1 << 20, kMost = std::uint64_t{1} << 40;  // MiB
  const auto node = number_of("SLURM_MEM_PER_NODE");
  if (node && *node > 0 && *node < kMost) return *node * kMiB;
  const auto each = number_of("SLURM_MEM_PER_CPU"), cpus = number_of("SLURM_CPUS_ON_NODE");
  if (each && cpus && *each > 0 && *cpus > 0 && *each < kMost && *cpus < 65'536)
    return *each * *cpus * kMiB;
  return kNoMemoryLimit;
}

std::uint64_t default_memory() {
  const auto pages = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
  const auto page = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PAGESIZE)));
  const std::uint64_t most =
      std::min({pages * page, group_memory_limit("/proc/self/cgroup", "/sys/fs/cgroup"),
                slurm_memory_limit()});
  return std::max<std::uint64_t>(64ull << 20, most / 2);
}

}  // namespace reelcell::pipeline
