// A document against its JSON Schema (draft-07).
#pragma once

#include <string>

#include "reelcell/base/json.hpp"
#include "reelcell/model/finding.hpp"

namespace reelcell::audit {

/// One finding an error of the schema ("DOC-SCHEMA"), with the JSON pointer as its place; `path`
/// names the file. Returns whether the document fits. Throws InputError when the schema itself
/// cannot be used.
bool check_schema(const Json& schema, const Json& document, const std::string& path,
                  Findings& findings);

}  // namespace reelcell::audit
