// Reasons of clips, for reports that count clips by cause.
#pragma once

#include <string>
#include <string_view>

namespace reelcell::media {

/// A reason that plan_clip or plan_pieces gave, without the figures of one clip. Any other text
/// stays as it is.
std::string cause_of(std::string_view reason);

}  // namespace reelcell::media
