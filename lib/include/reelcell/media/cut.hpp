// Clips joined of copied and encoded packets: the smallest re-encode that gives exact frames.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "reelcell/media/clip.hpp"

namespace reelcell::media {

/// Rows of a clip that are made alike.
struct ClipPiece {
  std::uint32_t begin = 0, end = 0;  ///< rows
  bool copy = false;
  std::string reason;  ///< why not copied; "" when copied
};
/// Pure: the smallest re-encode that gives exact frames. Runs of whole GOPs are copied, what lies
/// before, between and after them is encoded, each piece from a key frame on. One piece that is not
/// copied when the codec cannot join packets of two encoders on one track (see below), or when no
/// run is worth it: opening an encoder costs about as much as encoding `kWorthCopying` frames.
///
/// Joining needs a way to tell two encoders' parameter sets apart without touching copied bytes.
/// H.264 has it (sets have ids, the sample entry lists both), AV1 and VP9 have it (a key frame
/// brings its own). HEVC's sets have ids too, but x265 cannot be told which to use: a HEVC clip is
/// copied whole or encoded whole.
std::vector<ClipPiece> plan_pieces(const VideoSource& source,
                                   std::span<const std::uint32_t> frames);
constexpr std::uint32_t kWorthCopying = 8;

/// A clip made of pieces as planned, encoded ones in the source's codec.
struct CutClip {
  ClipPackets packets;  ///< `copied` only when all of it is
  std::uint32_t copied_frames = 0;
  std::uint64_t copied_bytes = 0;
};
/// Quality, preset and GOP are the options'; quality and preset of another codec mean nothing here,
/// so then the codec's own defaults hold. The observer sees encoded rows only.
CutClip cut_clip(std::shared_ptr<const VideoSource> source, std::span<const std::uint32_t> frames,
                 const std::vector<ClipPiece>& pieces, Rational rate, const EncodeOptions& options,
                 Diagnostics& diagnostics, const FrameObserver& observer = {});

}  // namespace reelcell::media
