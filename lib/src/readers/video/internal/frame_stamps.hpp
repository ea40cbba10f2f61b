// A CSV with one stamp a frame, as recorders write beside their video.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell::readers::video {

struct StampOptions {
  fs::path file;
  std::string column;
  TimeUnit unit = TimeUnit::kNanoseconds;
};

/// Stamps in the order of the rows, in time order. Throws InputError that names file and line.
std::vector<StreamTime> read_stamps(const StampOptions& options);

/// The same frames with times from `stamps` instead of the container. Throws InputError when the
/// counts differ: which frame then belongs to which stamp is not known, and stretching would invent
/// it.
std::shared_ptr<VideoSource> with_stamps(std::shared_ptr<VideoSource> source,
                                         std::vector<StreamTime> stamps,
                                         const StampOptions& options);

}  // namespace reelcell::readers::video
