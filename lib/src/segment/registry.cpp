#include "reelcell/segment/registry.hpp"

#include "internal/phases.hpp"
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

const std::vector<OptionSpec>* entry_options(const SegmenterRow& row, const std::string& option) {
  return row.name == "phases" && option == "sources" ? &phase_source_options() : nullptr;
}

}  // namespace reelcell::segment
