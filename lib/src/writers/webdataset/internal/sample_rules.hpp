// How WebDataset splits names into keys and extensions (webdataset/tariterators.py: base_plus_ext,
// tar_file_iterator, group_by_keys).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace reelcell::webdataset {

/// (key, lower-cased extension); nullopt for a name without one, which readers leave out.
std::optional<std::pair<std::string, std::string>> split_name(std::string_view name);
/// Names like "__meta__" are skipped by readers.
bool is_skipped_name(std::string_view name);

}  // namespace reelcell::webdataset
