// Features: which columns of which streams make which column of the corpus.
#pragma once

#include <string>
#include <vector>

#include "reelcell/pipeline/recipe.hpp"
#include "reelcell/pipeline/session.hpp"

namespace reelcell::pipeline {

/// One source column of a feature, resolved against a session.
struct ColumnRef {
  std::string stream;
  std::size_t column = 0;              ///< in the stream's columns
  std::optional<std::size_t> element;  ///< of a vector column; absent: all
};

struct ResolvedFeature {
  FeatureSpec spec;
  std::vector<ColumnRef> parts;  ///< not for video
  std::string video;             ///< stream
};

/// The recipe's features, or all columns and videos when it names none. InputError names the
/// feature, what was asked for and what the session has.
std::vector<ResolvedFeature> resolve_features(const Recipe& recipe, const OpenSession& session);
/// Do two sessions give the same columns? Else the text of the first difference.
std::string feature_difference(const std::vector<FeatureSpec>& expected,
                               const std::vector<FeatureSpec>& found);
/// Size of a video feature as it will be written (rotation applied).
std::vector<std::int64_t> video_shape(const VideoFormat& format, const media::EncodeOptions& encode,
                                      bool always_encode);

}  // namespace reelcell::pipeline
