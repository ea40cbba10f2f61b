// A file under a second name, without writing its bytes again.
#pragma once

#include "reelcell/base/file.hpp"

namespace reelcell {

/// `to` becomes a hard link of `from`, or a synced copy where the file system has none of the kind
/// or the two lie on different ones; whole or not at all, as AtomicPath. `from` must be a file that
/// nobody changes in place. Throws InputError when it is not there, OutputError.
void link_file(const fs::path& from, const fs::path& to);

}  // namespace reelcell
