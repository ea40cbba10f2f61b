// Which of this program's documents a JSON text is.
#pragma once

#include <string>

#include "reelcell/base/json.hpp"

namespace reelcell::pipeline {

/// By the keys that only this one has: "recipe", "corpus", ..; "" when it is none.
std::string document_kind(const Json& document);

}  // namespace reelcell::pipeline
