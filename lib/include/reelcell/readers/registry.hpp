// The table of readers, generated from the reelcell_add_reader() lines, and finding the right one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reelcell/model/recording.hpp"

namespace reelcell::readers {

std::vector<const ReaderRow*> all_readers();
/// By name; InputError with the allowed names.
const ReaderRow& reader_named(std::string_view name);
/// The surest reader by content, else by extension; nullptr when none recognises it.
const ReaderRow* sniff(const fs::path& path);

/// What one episode of a data set is made of, told from the set's metadata alone.
struct EpisodeParts {
  std::vector<fs::path> files;  ///< that hold its rows and frames; others may lie in them too
  /// What the metadata say of it: stays the same when the set gains other episodes.
  std::string description;
};
/// nullopt: the reader knows no data sets; the path is the recording. Throws InputError.
std::optional<EpisodeParts> parts_of(const ReaderRow& reader, const fs::path& path,
                                     const std::string& episode);

}  // namespace reelcell::readers
