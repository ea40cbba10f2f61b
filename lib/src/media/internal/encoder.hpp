// A codec opened for encoding, set up so that the same pictures give the same bytes anywhere.
#pragma once

#include <mutex>

#include "internal/av.hpp"
#include "reelcell/media/clip.hpp"
#include "reelcell/media/coding.hpp"

namespace reelcell::media {

/// Takes pictures in order and gives a clip. The first picture decides size and colour; it opens
/// the codec. Of AV1 encoders one is open at a time in the process, from its first picture to
/// finish(): another waits, so a thread must not fill two in turn.
class Encoder {
 public:
  /// `set_id`: H.264 parameter sets carry this id, so that they can stand beside another encoder's.
  Encoder(Rational rate, EncodeOptions options, unsigned set_id = 0);
  /// Converts when size, format or range differ. `rotation` = degrees clockwise to turn the
  /// picture.
  void add(const AVFrame& picture, int rotation);
  ClipPackets finish();

 private:
  void open(const AVFrame& first);
  void pull();
  ClipSize coded_size(const AVFrame& picture, bool turned) const;  ///< of the finished clip
  /// The picture in the coded format and this size, before it is turned.
  FrameHandle converted(const AVFrame& picture, ClipSize size) const;
  FrameHandle prepare(const AVFrame& picture, int rotation) const;
  Rational rate_;
  EncodeOptions options_;
  unsigned set_id_;
  std::unique_lock<std::mutex> alone_;  ///< outlives the codec
  CodecHandle codec_;
  PacketHandle packet_ = new_packet();
  ClipPackets clip_;
  std::int64_t rows_ = 0;
};

/// Names of the pixel formats that the codec's encoder takes, for messages.
std::string encodable_formats(const std::string& codec);

/// Encodes rows of a source with parameter sets of this id.
ClipPackets encode_part(std::shared_ptr<const VideoSource> source,
                        std::span<const std::uint32_t> frames, Rational rate,
                        const EncodeOptions& options, unsigned set_id, Diagnostics& diagnostics,
                        const FrameObserver& observer);

}  // namespace reelcell::media
