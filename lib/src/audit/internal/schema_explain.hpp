// What is wrong with a document that does not fit its schema, said once a mistake.
#pragma once

#include <string>
#include <vector>

#include "reelcell/base/json.hpp"

namespace reelcell::audit {

struct Misfit {
  std::string pointer;  ///< JSON pointer; "/" = the whole document
  std::string message;  ///< what was found, what was expected
};

/// For the keywords that our schemas use (draft-07). Where one of several forms is allowed and a
/// member tells them apart (kind, format), only the form that the document names is spoken of; else
/// the one that fits best. Empty: nothing was found by these keywords.
std::vector<Misfit> explain_misfits(const Json& schema, const Json& document);

}  // namespace reelcell::audit
