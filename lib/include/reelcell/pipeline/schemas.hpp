// JSON Schemas (draft-07) of every document that is read or written. The recipe's follows from the
// option tables.
#pragma once

#include <string>
#include <vector>

#include "reelcell/base/json.hpp"

namespace reelcell::pipeline {

/// "session", "recipe", "corpus", "report", ..
std::vector<std::string> schema_names();
/// InputError with the allowed names.
Json schema_named(const std::string& name);

}  // namespace reelcell::pipeline
