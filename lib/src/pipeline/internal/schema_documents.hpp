// The schemas' fixed parts; schemas.cpp adds what follows from the tables and the shared parts.
#pragma once

#include "reelcell/base/json.hpp"

namespace reelcell::pipeline {

Json session_schema();
Json recipe_schema();  ///< without the stages
Json corpus_schema();
Json report_schema();
Json alignment_schema();
Json info_schema();
Json findings_schema();
Json labels_schema();
Json build_plan_schema();
Json formats_schema();
Json replay_schema();
Json parts_schema();
Json why_schema();
Json diff_schema();
Json edit_schema();
Json watch_schema();
Json webdataset_index_schema();
Json webdataset_sample_schema();
/// By name, for "#/definitions/NAME".
Json schema_parts();

}  // namespace reelcell::pipeline
