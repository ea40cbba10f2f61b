// What a track of an MP4 holds so far, and what may follow on it.
#pragma once

#include <optional>

#include "internal/parameter_sets.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell::media {

class Track {
 public:
  explicit Track(VideoFormat format) : format_(std::move(format)) {}
  /// False: a clip of another encoder whose packets would be read with the wrong parameters.
  bool accepts(const ClipPackets& clip) const;
  /// Asks for an accepted clip. H.264: takes up its parameter sets.
  void add(const ClipPackets& clip);
  const VideoFormat& format() const { return format_; }

 private:
  std::optional<VideoFormat> joined(const ClipPackets& clip) const;
  VideoFormat format_;
  bool self_described_ = true;  ///< AV1: every key frame so far brings its sequence header
};

}  // namespace reelcell::media
