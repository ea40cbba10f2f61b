// A document that is mostly one long array, read without holding it.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "reelcell/base/hash.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell {

/// Calls `take` for each element of the top-level array `name`, in order, and gives the document
/// without that member, which may also be missing or no array (then it stays). Without `take` the
/// elements are passed over unparsed. `hasher`, where there is one, gets every byte of the file.
/// Memory: the largest element and the rest of the document. Throws InputError as read_json_file
/// does, and what `take` throws.
Json read_json_array(const std::filesystem::path& path, std::string_view name,
                     const std::function<void(Json&&)>& take, Hasher* hasher = nullptr);

}  // namespace reelcell
