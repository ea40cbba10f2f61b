// meta/info.json and what both writers put into it.
#pragma once

#include <map>
#include <string>

#include "features.hpp"
#include "layout.hpp"

namespace reelcell::writers::lerobot {

/// What the files' formats were, camera by camera: info.json describes the first clip, later ones
/// must have its size.
class CameraFormats {
 public:
  explicit CameraFormats(const FeatureLayout& layout, std::int64_t fps)
      : layout_(&layout), fps_(fps) {}
  /// Throws PlanError when the size differs from the first clip's or the schema's; a differing
  /// codec or pixel format is a warning (readers decode it, info.json names the first).
  void add(const Episode& episode, const EpisodeClip& clip, Diagnostics* diagnostics);
  /// Features of info.json; cameras that never came get what the schema says.
  std::map<std::string, Json> info() const;

 private:
  const FeatureLayout* layout_;
  std::int64_t fps_;
  std::map<std::string, VideoFormat> first_;
};

/// Bytes that went into clips, copied and encoded, for the report.
class ClipTally {
 public:
  void add(const ClipPackets& clip);
  Json json() const;

 private:
  std::uint64_t copied_clips_ = 0, copied_bytes_ = 0, encoded_clips_ = 0, encoded_bytes_ = 0;
};

}  // namespace reelcell::writers::lerobot
