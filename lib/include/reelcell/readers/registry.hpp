// The table of readers, generated from the reelcell_add_reader() lines, and finding the right one.
#pragma once

#include <vector>

#include "reelcell/model/recording.hpp"

namespace reelcell::readers {

std::vector<const ReaderRow*> all_readers();
/// By name; InputError with the allowed names.
const ReaderRow& reader_named(std::string_view name);
/// The surest reader by content, else by extension; nullptr when none recognises it.
const ReaderRow* sniff(const fs::path& path);

}  // namespace reelcell::readers
