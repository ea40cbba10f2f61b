// One side of a comparison: does its work once, and says what it made and what that cost.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "reelcell/base/json.hpp"

namespace reelcell::bench {

using Arguments = std::vector<std::string>;

/// Wall and CPU seconds (user + system, all threads of this process) from here on.
class Clock {
 public:
  Clock();
  /// {"wall", "cpu"}
  Json lap() const;

 private:
  double wall_, cpu_;
};

/// What a side prints: `check` must be equal on all sides before any time counts.
Json result(Json cost, std::uint64_t count, const std::string& check);

struct Row {
  const char* name;
  const char* usage;
  Json (*run)(const Arguments& arguments);
};

Json run_cut(const Arguments&);
Json run_features(const Arguments&);
Json run_frames(const Arguments&);
Json run_make_mcap(const Arguments&);
Json run_read_mcap(const Arguments&);
Json run_write_shard(const Arguments&);
Json run_verify_shard(const Arguments&);
Json run_stats(const Arguments&);

}  // namespace reelcell::bench
