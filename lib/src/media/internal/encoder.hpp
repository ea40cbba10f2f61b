// A codec opened for encoding, set up so that the same pictures give the same bytes anywhere.
#pragma once

#include "internal/av.hpp"
#include "reelcell/media/clip.hpp"

namespace reelcell::media {

/// Takes pictures in order and gives a clip. The first picture decides size and colour; it opens
/// the codec.
class Encoder {
 public:
  Encoder(Rational rate, EncodeOptions options);
  /// Converts when size, format or range differ. `rotation` = degrees clockwise to turn the
  /// picture.
  void add(const AVFrame& picture, int rotation);
  ClipPackets finish();

 private:
  void open(const AVFrame& first);
  void pull();
  struct Size {
    int width, height;
  };
  Size coded_size(const AVFrame& picture, bool turned) const;  ///< of the finished clip
  /// The picture in the coded format and this size, before it is turned.
  FrameHandle converted(const AVFrame& picture, Size size) const;
  FrameHandle prepare(const AVFrame& picture, int rotation) const;
  Rational rate_;
  EncodeOptions options_;
  CodecHandle codec_;
  PacketHandle packet_ = new_packet();
  ClipPackets clip_;
  std::int64_t rows_ = 0;
};

}  // namespace reelcell::media
