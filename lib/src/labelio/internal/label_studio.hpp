// What the spans and the objects of a Label Studio export share.
#pragma once

#include <string>

#include "reelcell/base/json.hpp"
#include "reelcell/labelio/objects.hpp"

namespace reelcell::labelio {

/// The only task. Borrows the document.
const Json& the_task(const Json& document, const std::string& where);
/// Of the one annotation that counts; the pre-labels where there is none.
Json the_results(const Json& task, const std::string& where);
ObjectFile read_label_studio_objects(std::string_view text, const std::string& where);

}  // namespace reelcell::labelio
