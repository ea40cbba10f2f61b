// Sessions below a path, for a look: also those that could make no corpus together.
#pragma once

#include <string>
#include <vector>

#include "reelcell/pipeline/session.hpp"

namespace reelcell::pipeline {

/// As find_sessions(), but sessions whose ids clash are listed too, each with the id that it
/// states, and named in `clashes`, one message a session that comes second.
struct SessionList {
  struct Clash {
    fs::path path;  ///< of the second one
    std::string message;
  };
  std::vector<SessionRef> refs;
  std::vector<Clash> clashes;
};
SessionList list_sessions(const std::vector<fs::path>& paths);

}  // namespace reelcell::pipeline
