// The schemas' fixed parts; schemas.cpp adds what follows from the tables.
#pragma once

#include "reelcell/base/json.hpp"

namespace reelcell::pipeline {

Json session_schema();
Json recipe_schema();  ///< without the stages
Json corpus_schema();
Json report_schema();

}  // namespace reelcell::pipeline
