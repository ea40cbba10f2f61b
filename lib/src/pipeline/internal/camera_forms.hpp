// In which codec the clips of a camera are, where an output states one for all of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "internal/features.hpp"
#include "reelcell/pipeline/build.hpp"

namespace reelcell::pipeline {

/// What a session's camera offers, from the headers alone.
struct CameraSource {
  std::string feature, codec, pix_fmt;
  bool can_copy = false;
};
std::vector<CameraSource> camera_sources(const std::vector<ResolvedFeature>& features,
                                         const OpenSession& session);

bool writes_lerobot(const Recipe& recipe);

/// The rule needs no clip, so that a build, a part of it, and an addition to it agree: the codec
/// and pixel format that the recipe names; what it does not name is the first session's, when
/// packets of that can be copied and others like them be encoded; else the recipe's default. Empty
/// where no output states a codec, or where nothing is copied.
CameraForms camera_forms(const Recipe& recipe, const std::vector<CameraSource>& first);
/// Those that info.json of a data set states, as far as clips can be encoded so.
CameraForms stated_forms(const Json& info);

/// Why packets of this source cannot stand among the camera's clips; "" when they can.
std::string why_another_form(const Recipe& recipe, const CameraForm& form,
                             const VideoFormat& source);

}  // namespace reelcell::pipeline
