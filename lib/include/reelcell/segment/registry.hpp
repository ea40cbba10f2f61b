// The table of segmenters, generated from the reelcell_add_segmenter() lines.
#pragma once

#include <vector>

#include "reelcell/model/stages.hpp"

namespace reelcell::segment {

std::vector<const SegmenterRow*> all_segmenters();
const SegmenterRow& segmenter_named(std::string_view name);  ///< InputError with the allowed names
/// What each object may say in an option that is a list of objects; nullptr: the option is none.
const std::vector<OptionSpec>* entry_options(const SegmenterRow& row, const std::string& option);

}  // namespace reelcell::segment
