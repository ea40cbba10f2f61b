// Decoding by frame identity.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/media/picture.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell::media {

/// Whether the installed libav can decode it; `codec` as VideoFormat names it.
bool has_decoder(const std::string& codec);

struct DecodeOptions {
  int threads = 1;  ///< of the codec
};

/// Frames in presentation order from a given one; starts at the key frame before it and decodes
/// forward. A frame that cannot be decoded is skipped (its ordinal does not appear) and counted in
/// the Diagnostics as "video-undecodable-frame" with its time.
class FrameCursor {
 public:
  FrameCursor(std::shared_ptr<const VideoSource> source, std::uint32_t first_ordinal,
              Diagnostics& diagnostics, DecodeOptions options = {});
  ~FrameCursor();
  FrameCursor(FrameCursor&&) noexcept;
  bool next(DecodedFrame& frame);
  /// Jumps (forward or back); decodes forward when no key frame lies between.
  void seek(std::uint32_t ordinal);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Exactly the asked frames (increasing ordinals, repeats allowed), in order; nullptr for one that
/// cannot be decoded.
void for_each_frame(
    std::shared_ptr<const VideoSource> source, std::span<const std::uint32_t> ordinals,
    const std::function<void(std::size_t position, const DecodedFrame* frame)>& take,
    Diagnostics& diagnostics, DecodeOptions options = {});

}  // namespace reelcell::media
