// The json member of a sample: what its other members are, labels, lineage.
#pragma once

#include "reelcell/model/episode.hpp"

namespace reelcell::webdataset {

/// Everything of the episode that is not an array or a picture. `arrays`, `videos`, `stills` and
/// `native` come from the members that were made.
Json describe_episode(const Episode& episode, const CorpusSchema& schema);
Json describe_feature(const FeatureSpec& feature, const std::string& member);
Json describe_clip(const EpisodeClip& clip, const std::string& member);
Json describe_still(const EpisodeStill& still, const std::string& member);

}  // namespace reelcell::webdataset
