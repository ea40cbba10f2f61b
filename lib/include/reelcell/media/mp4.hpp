// Muxing clips into constant-rate MP4, byte-identical on every run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "reelcell/model/video.hpp"

namespace reelcell::media {

/// Appends clips one after another on one video track: exact average_fps, first PTS 0, faststart,
/// timescale a multiple of the rate (15360 at 30). Memory: the muxer's index. Writes to the given
/// path; the caller makes it atomic.
class Mp4Writer {
 public:
  Mp4Writer(const std::filesystem::path& path, const VideoFormat& format, Rational rate);
  ~Mp4Writer();
  Mp4Writer(const Mp4Writer&) = delete;
  Mp4Writer& operator=(const Mp4Writer&) = delete;
  /// Can the clip follow on this track? Same codec, size and pixel format, and parameter sets that
  /// the track has or can take up beside its own.
  bool accepts(const ClipPackets& clip) const;
  /// The clip must be accepted, else PlanError.
  void add(const ClipPackets& clip);
  std::uint64_t frames() const;
  std::uint64_t bytes() const;  ///< payload so far
  void close();                 ///< throws OutputError

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A whole MP4 of one clip in memory (a WebDataset member).
Bytes mp4_bytes(const ClipPackets& clip);

}  // namespace reelcell::media
