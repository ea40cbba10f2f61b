// One episode as the members of one WebDataset sample.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/file.hpp"
#include "reelcell/model/episode.hpp"

namespace reelcell::webdataset {

struct Member {
  std::string extension;  ///< lower case; what follows the key and its dot: "front.mp4"
  Bytes data;
};

/// Short names for features, unique after lower-casing: "observation.images.front" -> "front",
/// "observation.state" -> "state". Where two would be alike, all of those keep their full names.
/// Names that the sample itself uses ("json", "time_ns", ..) are kept free.
std::vector<std::string> short_names(const std::vector<std::string>& features);

struct MemberOptions {
  bool native = true;      ///< native-rate series too
  bool true_times = true;  ///< source_*.npy
  int zstd_level = 0;      ///< > 0: arrays as .npy.zst
  /// What the json says that the sample is; none: the episode's own.
  std::optional<std::uint64_t> number;
};

/// Sorted by extension. Throws PlanError when two members would have one name.
std::vector<Member> make_members(const Episode& episode, const CorpusSchema& schema,
                                 const MemberOptions& options);

}  // namespace reelcell::webdataset
