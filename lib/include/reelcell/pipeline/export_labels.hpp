// Segments and labels as pre-labels for an annotation tool.
#pragma once

#include <string>

#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

struct ExportRequest {
  std::string format;  ///< "label_studio", "cvat"
  std::string camera;  ///< video stream that the tool will show
  std::string label;  ///< label whose value names a span; "" = the segment's own label, or its kind
};

/// One document for the one session of the plan. Frame numbers are the video's own, in order of
/// presentation; the video's number of frames is stated, so that an import can check it. Throws
/// PlanError for several sessions, InputError for a wrong name.
std::string export_labels(const BuildPlan& plan, const ExportRequest& request);

}  // namespace reelcell::pipeline
