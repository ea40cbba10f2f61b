// Sessions as they arrive: which of a folder's are whole, and which are not yet.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "reelcell/pipeline/recipe.hpp"
#include "reelcell/pipeline/session.hpp"

namespace reelcell::pipeline {

struct ArrivalOptions {
  fs::path folder;
  /// A session is whole when this file is there: in its folder, or "RECORDING.marker" beside a
  /// single file. "" = when nothing of it changed for `settle`.
  std::string marker;
  std::chrono::milliseconds settle{30'000};
};

/// What lies directly in the folder: folders with session.json and recordings (.mcap). A
/// session is whole when its session.json can be read, every file that it and the recipe name is
/// there, and the marker is there or sizes and change times stayed the same for the settling time,
/// from look to look (the machines' clocks are not compared). Not thread-safe. Borrows the recipe.
class Arrivals {
 public:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    std::string name;       ///< in the folder
    std::string reason;     ///< "front.mp4 is missing", ..
    bool settling = false;  ///< it only has to stay as it is for a while
    bool refused = false;   ///< its marker says that it is complete, and it cannot be read
  };
  struct Look {
    std::vector<SessionRef> whole;  ///< by name; of two with the same id the first
    std::vector<Waiting> waiting;
    std::string state;      ///< of all that is whole: another one when anything of it changed
    bool settling() const;  ///< does anything only have to stay as it is for a while?
  };
  Arrivals(ArrivalOptions options, const Recipe& recipe)
      : options_(std::move(options)), recipe_(&recipe) {}
  /// Reads session.json files and stats what they name. Throws InputError when the folder is gone.
  Look look(Clock::time_point now = Clock::now());

 private:
  struct Seen {
    std::string state;
    Clock::time_point since;
  };
  bool is_marked(const fs::path& child) const;
  Waiting examine(const fs::path& child, Clock::time_point now, Look& look);
  ArrivalOptions options_;
  const Recipe* recipe_;
  std::map<std::string, Seen> seen_;
};

/// Clears up after an addition that was killed when its corpus was whole or being put in place; at
/// once where there is nothing to do. Throws OutputError, also when a build is at work there.
void clear_up_after_kill(const fs::path& corpus);

}  // namespace reelcell::pipeline
