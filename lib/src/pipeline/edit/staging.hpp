// A folder that appears whole or not at all.
#pragma once

#include "reelcell/base/file.hpp"

namespace reelcell::pipeline::edit {

/// Work goes on in a hidden folder beside the target; publish() makes it the target in one rename.
/// A lock beside it keeps a second edit out; what a killed one left is removed first. Destroyed
/// without publish(), it removes its folder. Throws OutputError.
class Staging {
 public:
  Staging(fs::path target, bool overwrite);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  const fs::path& folder() const { return folder_; }
  void publish();

 private:
  void lock();
  void clear();  ///< what is left of an edit, and the lock that is held
  fs::path target_, folder_, lock_;
  int fd_ = -1;
  bool replace_ = false;
};

}  // namespace reelcell::pipeline::edit
