// Reasons as they are kept in a corpus.
#pragma once

#include "reelcell/pipeline/recipe.hpp"
#include "reelcell/pipeline/session.hpp"

namespace reelcell::pipeline {

/// Where the data lies, and what the recipe's file is called, is no part of a corpus: paths in the
/// text begin in the session's folder, and the recipe is "recipe".
std::string placeless(std::string text, const SessionRef& session, const Recipe& recipe);

}  // namespace reelcell::pipeline
