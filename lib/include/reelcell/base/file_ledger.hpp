// Who wants to know which files are made: a journal names each before it appears, so that a later
// run can tell its own leavings from files of others.
#pragma once

#include "reelcell/base/file.hpp"

namespace reelcell {

/// Told by AtomicFile and AtomicPath just before the rename that makes `path` appear. Called from
/// the thread that commits; throws OutputError to prevent it.
class FileLedger {
 public:
  virtual ~FileLedger() = default;
  virtual void about_to_appear(const fs::path& path) = 0;
};

/// At most one ledger at a time in a process; nullptr ends it. Set it while nothing is written.
void set_file_ledger(FileLedger* ledger);

/// Is this the name of a temporary file of AtomicFile or AtomicPath?
bool is_temporary_name(std::string_view file_name);
/// Deletes such files below `folder`, those that an interrupted run left; call it only while
/// nobody writes there.
void remove_temporaries(const fs::path& folder);
/// fsync of a folder, so that names made or removed in it survive a power cut. Throws OutputError.
void sync_folder(const fs::path& folder);
/// Writes `content` whole or not at all, but without waiting for the disk: for files that carry a
/// checksum and can be made again. Throws OutputError.
void write_file_unsynced(const fs::path& path, ByteView content);

}  // namespace reelcell
