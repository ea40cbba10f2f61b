// A codec opened for decoding. Frames come back with the token that went in with their packet.
#pragma once

#include "internal/av.hpp"
#include "internal/bitstream.hpp"

namespace reelcell::media {

class Decoder {
 public:
  /// Throws InputError when there is no decoder or it refuses the configuration.
  Decoder(const VideoFormat& format, int threads);
  /// `token` travels with the frame (as its pts: decoders carry that through reordering and never
  /// look at it), so frames with equal or missing time stamps stay apart. False: the decoder
  /// refused the packet (damaged).
  bool send(ByteView packet, std::int64_t token);
  void send_end();
  /// False when the decoder wants more packets or has ended. The token is frame.pts.
  bool receive(AVFrame& frame);
  /// Forgets all references and queued frames; the next packet must be one to start at.
  void flush();
  VideoFormat format_of_stream(const AVFrame& frame) const;

 private:
  VideoFormat asked_;
  CodecHandle context_;
};

}  // namespace reelcell::media
