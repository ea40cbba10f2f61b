// The boxes at the top level of an MP4 or MOV file.
#pragma once

#include <cstdint>
#include <vector>

#include "reelcell/base/file.hpp"

namespace reelcell::media {

/// The top level of an MP4/MOV file.
struct MovLayout {
  struct Range {
    std::uint64_t begin = 0, end = 0;
  };
  std::vector<Range>
      payload;  ///< of the mdat boxes as declared; may run past the end of a cut file
  bool has_ftyp = false;
  bool has_moov = false;
  bool has_mdat = false;
  bool moov_cut = false;            ///< the index is there and runs past the end of the file
  bool cut = false;                 ///< a box runs past the end of the file
  std::uint64_t declared_size = 0;  ///< where the last box would end
};
MovLayout read_mov_layout(const InputFile& file);

}  // namespace reelcell::media
