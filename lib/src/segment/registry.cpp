#include "reelcell/segment/registry.hpp"

#include "reelcell/base/error.hpp"

namespace reelcell::segment {

const SegmenterRow& segmenter_named(std::string_view name) {
  std::vector<std::string> names;
  for (const SegmenterRow* row : all_segmenters()) {
    if (row->name == name) return *row;
    names.push_back(row->name);
  }
  throw InputError(unknown_name("segmenter", name, names));
}

}  // namespace reelcell::segment
