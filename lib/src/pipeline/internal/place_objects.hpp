// Boxes, polygons and masks of the recipe's "objects", tied to the frames of a session's videos.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reelcell/base/hash.hpp"
#include "reelcell/model/episode.hpp"
#include "reelcell/pipeline/recipe.hpp"
#include "reelcell/pipeline/session.hpp"

namespace reelcell::pipeline {

/// One label file over one session.
struct PlacedObjects {
  std::string stream, path, format;
  Digests digests;
  std::string table;  ///< the frame table's path, "" when none was needed
  Digests table_digests;
  int width = 0, height = 0;  ///< of the stream's pictures as they are shown [px]
  std::map<std::uint32_t, std::vector<PictureObject>> of_frame;  ///< by ordinal
};

/// Reads every file that the recipe names, relative to the session folder. InputError that explains
/// it where frame numbers, rate, counts, sizes or pictures do not fit the video.
std::vector<PlacedObjects> place_objects(const Recipe& recipe, const OpenSession& session,
                                         Diagnostics& diagnostics);

/// Puts the objects of the frames that the episode's rows show beside its clips, in pixels of the
/// pictures that these have by the schema, and the label files into its lineage.
void add_objects(const std::vector<PlacedObjects>& placed, const CorpusSchema& schema,
                 const OpenSession& session, Episode& episode, Diagnostics& diagnostics);

}  // namespace reelcell::pipeline
