// Sessions below a path with what is wrong with some of them: for a look, and for a build of the
// rest.
#pragma once

#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/pipeline/session.hpp"

namespace reelcell::pipeline {

/// As find_sessions(), but sessions whose ids clash are listed too, each with the id that it
/// states, and named in `clashes`, one message a session that comes second.
struct SessionList {
  struct Clash {
    fs::path path;  ///< of the second one
    std::string message;
  };
  /// A session or data set that does not say what is in it. In `refs` it stands once, under the
  /// name of its folder or file, and cannot be opened: it is quarantined where it is built.
  struct Unreadable {
    std::string id;
    fs::path path;
    std::string reason;  ///< with its place
  };
  /// Beside sessions: a folder with recordings and without the session.json that joins them, or a
  /// file that is named as a recording.
  struct LeftOut {
    fs::path path;
    std::string recording;  ///< the first one in the folder; "" of a file
  };
  std::vector<SessionRef> refs;
  std::vector<Clash> clashes;
  std::vector<Unreadable> unreadable;
  std::vector<LeftOut> left_out;
  std::vector<fs::path> dangling;  ///< links beside sessions whose ends are not there
};
/// Throws InputError when a path does not exist or holds no session, readable or not.
SessionList list_sessions(const std::vector<fs::path>& paths);

/// The same for a build, which takes what it can: PlanError when ids clash, InputError when none of
/// the sessions can be read.
SessionList list_for_build(const std::vector<fs::path>& paths);
void tell_of_left_out(const SessionList& list, Diagnostics& diagnostics);

/// What an unreadable session at this path is called: what its folder or file is, in an id.
std::string id_of_path(const fs::path& path);

}  // namespace reelcell::pipeline
