// JSON values kept aside in a file, read back in any order.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/base/spill_file.hpp"

namespace reelcell {

/// In an unlinked temporary file (in TMPDIR); memory: 8 bytes a value. at() is safe from several
/// threads once nothing is added any more. Throws OutputError when the file cannot be made, written
/// or read back.
class JsonShelf {
 public:
  /// The number of the value: they count from 0.
  std::size_t add(const Json& json);
  Json at(std::size_t number) const;
  std::size_t size() const { return begins_.size(); }

 private:
  std::unique_ptr<SpillFile> file_;  ///< made with the first value
  std::vector<std::uint64_t> begins_;
};

}  // namespace reelcell
