// The table of writers, generated from the reelcell_add_writer() lines.
#pragma once

#include <vector>

#include "reelcell/model/corpus.hpp"

namespace reelcell::writers {

std::vector<const WriterRow*> all_writers();
const WriterRow& writer_named(std::string_view name);  ///< InputError with the allowed names
const WriterRow* recognise(const fs::path& folder);    ///< nullptr when none does

}  // namespace reelcell::writers
