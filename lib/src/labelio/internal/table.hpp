// Records of a CSV text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reelcell::labelio {

using Fields = std::vector<std::string>;
/// One record of RFC 4180; moves `at` behind it.
Fields next_record(std::string_view text, std::size_t& at);

}  // namespace reelcell::labelio
