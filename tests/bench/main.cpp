// reelcell_bench NAME [ARGUMENT ..]: runs one side and prints one JSON object. tests/bench/run.py
// pairs the sides, compares their checks and repeats them in turn.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <exception>

#include "bench.hpp"

namespace reelcell::bench {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  double sum = 0;
  for (const timeval& time : {usage.ru_utime, usage.ru_stime})
    sum += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  return sum;
}
double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

constexpr Row kRows[] = {
    {"cut", "VIDEO FOLDER FRAMES COUNT [threads]", run_cut},
    {"features", "VIDEO decode|figures|pixels THREADS", run_features},
    {"frames", "VIDEO QUERIES.json check|rgb [open]", run_frames},
    {"make-mcap", "FILE none|lz4|zstd MESSAGES", run_make_mcap},
    {"read-mcap", "FILE THREADS", run_read_mcap},
    {"write-shard", "FOLDER SAMPLES", run_write_shard},
    {"verify-shard", "FOLDER", run_verify_shard},
    {"stats", "FILE.f32 ROWS WIDTH GROUPS", run_stats},
};

}  // namespace

Clock::Clock() : wall_(wall_seconds()), cpu_(cpu_seconds()) {}
Json Clock::lap() const {
  return {{"wall", wall_seconds() - wall_}, {"cpu", cpu_seconds() - cpu_}};
}

Json result(Json cost, std::uint64_t count, const std::string& check) {
  cost["count"] = count;
  cost["check"] = check;
  return cost;
}

}  // namespace reelcell::bench

int main(int argc, char** argv) {
  using namespace reelcell::bench;
  try {
    for (const Row& row : kRows)
      if (argc > 1 && std::string(argv[1]) == row.name) {
        std::printf("%s\n", row.run(Arguments(argv + 2, argv + argc)).dump().c_str());
        return 0;
      }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "reelcell_bench: %s\n", error.what());
    return 1;
  }
  for (const Row& row : kRows) std::fprintf(stderr, "reelcell_bench %s %s\n", row.name, row.usage);
  return 2;
}
