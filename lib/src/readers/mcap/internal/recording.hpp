#pragma once

#include <memory>

#include "reelcell/model/recording.hpp"
#include "topic.hpp"

namespace reelcell::readers::mcap {

/// Throws nothing; channels that cannot be decoded are listed and warned about.
std::unique_ptr<Recording> make_recording(std::shared_ptr<const McapFile> file, ReadOptions options,
                                          Diagnostics& diagnostics);

}  // namespace reelcell::readers::mcap
