#include <unistd.h>

#include <algorithm>

#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {
namespace {

/// Of the control group that this process runs in, where it is the outermost visible one (as in a
/// container); absent or "max" is no limit.
std::uint64_t group_limit() {
  for (const char* path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    try {
      const std::string text = read_text_file(path, 4096);
      if (!text.empty() && text.front() >= '0' && text.front() <= '9') return std::stoull(text);
    } catch (const std::exception&) {
      continue;  // no such group
    }
  }
  return ~std::uint64_t{0};
}

}  // namespace

std::uint64_t default_memory() {
  const auto pages = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
  const auto page = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PAGESIZE)));
  return std::max<std::uint64_t>(64ull << 20, std::min(pages * page, group_limit()) / 2);
}

}  // namespace reelcell::pipeline
