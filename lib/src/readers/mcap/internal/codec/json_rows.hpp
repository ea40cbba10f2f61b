#pragma once

#include <memory>
#include <vector>

#include "codec.hpp"

namespace reelcell::readers::mcap {

/// Name of the one field of a message that is no object.
inline constexpr const char* kBareJson = "value";

std::unique_ptr<RowDecoder> make_json_decoder(const Node& tree,
                                              const std::vector<ColumnTarget::Store>& stores);

}  // namespace reelcell::readers::mcap
