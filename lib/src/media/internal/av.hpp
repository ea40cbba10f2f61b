// libav's C handles as owners, its error codes as text, its values as ours.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

#include <cstdint>
#include <memory>
#include <string>

#include "reelcell/base/file.hpp"
#include "reelcell/base/time.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell::media {

/// 134 million pixels, beyond any camera: what a damaged header may claim before memory runs out.
constexpr std::int64_t kMaxPixels = 16384LL * 8192;

class FileIo;
/// With what the context reads by.
struct FreeFormat {
  std::shared_ptr<FileIo> io;
  void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
};
struct FreeCodec {
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
};
struct FreeParameters {
  void operator()(AVCodecParameters* p) const { avcodec_parameters_free(&p); }
};
struct FreePacket {
  void operator()(AVPacket* p) const { av_packet_free(&p); }
};
struct FreeFrame {
  void operator()(AVFrame* p) const { av_frame_free(&p); }
};
struct FreeFilter {
  void operator()(AVBSFContext* p) const { av_bsf_free(&p); }
};
struct FreeDictionary {
  void operator()(AVDictionary* p) const { av_dict_free(&p); }
};
using FormatHandle = std::unique_ptr<AVFormatContext, FreeFormat>;
using CodecHandle = std::unique_ptr<AVCodecContext, FreeCodec>;
using ParametersHandle = std::unique_ptr<AVCodecParameters, FreeParameters>;
using PacketHandle = std::unique_ptr<AVPacket, FreePacket>;
using FrameHandle = std::unique_ptr<AVFrame, FreeFrame>;
using FilterHandle = std::unique_ptr<AVBSFContext, FreeFilter>;

/// Each throws std::bad_alloc when libav has no memory.
PacketHandle new_packet();
FrameHandle new_frame();
ParametersHandle new_parameters();
/// A packet that owns a padded copy of `bytes`.
PacketHandle packet_of(ByteView bytes);

/// libav writes its own remarks to stderr unless told not to; what matters we say ourselves. Safe
/// to call often.
void quiet_libav();
/// libav's text of an error code, with the misleading ones put right.
std::string av_error(int code);

inline Rational rational_of(AVRational r) {
  return r.den == 0 ? Rational{0, 1} : make_rational(r.num, r.den);
}
/// Clamped to int; time bases and rates of real tracks always fit.
AVRational av_rational(Rational r);

AVCodecID codec_id_of(const std::string& codec);
/// Everything of a track that VideoFormat holds. time_base is given since parameters do not have
/// it.
VideoFormat format_of(const AVCodecParameters& parameters, Rational time_base);
/// The way back, for decoders and muxers.
ParametersHandle parameters_of(const VideoFormat& format);

}  // namespace reelcell::media
