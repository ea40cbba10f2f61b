#include "internal/decoder.hpp"

#include <algorithm>

#include "reelcell/base/error.hpp"
#include "reelcell/media/decode.hpp"

namespace reelcell::media {

namespace {
const AVCodec* find_decoder(AVCodecID id) {
  // libdav1d decodes AV1 on its own threads and far faster than libaom.
  const AVCodec* fast = id == AV_CODEC_ID_AV1 ? avcodec_find_decoder_by_name("libdav1d") : nullptr;
  return fast ? fast : avcodec_find_decoder(id);
}
}  // namespace

bool has_decoder(const std::string& codec) {
  const AVCodecID id = codec_id_of(codec);
  return id != AV_CODEC_ID_NONE && find_decoder(id) != nullptr;
}

Decoder::Decoder(const VideoFormat& format, int threads) : asked_(format) {
  quiet_libav();
  const AVCodecID id = codec_id_of(format.codec);
  const AVCodec* codec = find_decoder(id);
  if (codec == nullptr)
    throw InputError("codec '" + format.codec +
                     "' has no decoder in the installed libav; convert the video first");
  context_.reset(avcodec_alloc_context3(codec));
  if (!context_) throw std::bad_alloc();
  const ParametersHandle parameters = parameters_of(format);
  if (avcodec_parameters_to_context(context_.get(), parameters.get()) < 0) throw std::bad_alloc();
  context_->thread_count = std::clamp(threads, 1, 64);
  context_->flags |= AV_CODEC_FLAG_BITEXACT;
  // libav's H.264 decoder stops draining at the first picture that misses a reference, and loses
  // good ones behind it; asked for damaged pictures as well, it marks them and goes on.
  if (id == AV_CODEC_ID_H264) context_->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
  context_->max_pixels = kMaxPixels;
  context_->pkt_timebase = av_rational(format.time_base);
  const int result = avcodec_open2(context_.get(), codec, nullptr);
  if (result < 0)
    throw InputError("the " + format.codec + " decoder refused the track: " + av_error(result));
}

bool Decoder::send(ByteView bytes, std::int64_t token) {
  if (bytes.empty()) return false;
  const PacketHandle packet = packet_of(bytes);
  packet->pts = token;
  packet->dts = token;
  // Without the flag libav takes a PNG after the first for a difference to the one before it.
  if (context_->codec_id == AV_CODEC_ID_PNG) packet->flags |= AV_PKT_FLAG_KEY;
  return avcodec_send_packet(context_.get(), packet.get()) >= 0;
}

void Decoder::send_end() { avcodec_send_packet(context_.get(), nullptr); }

bool Decoder::receive(AVFrame& frame) {
  // A decoder that reports damage may still hold good frames behind it.
  for (int i = 0; i < 64; ++i) {
    const int result = avcodec_receive_frame(context_.get(), &frame);
    if (result >= 0) return true;
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return false;
  }
  return false;
}

void Decoder::flush() { avcodec_flush_buffers(context_.get()); }

VideoFormat Decoder::format_of_stream(const AVFrame& frame) const {
  const ParametersHandle parameters = new_parameters();
  if (avcodec_parameters_from_context(parameters.get(), context_.get()) < 0) throw std::bad_alloc();
  parameters->width = frame.width;
  parameters->height = frame.height;
  parameters->format = frame.format;
  parameters->color_range = frame.color_range;
  parameters->color_space = frame.colorspace;
  parameters->color_primaries = frame.color_primaries;
  parameters->color_trc = frame.color_trc;
  VideoFormat format = format_of(*parameters, asked_.time_base);
  format.codec = asked_.codec;
  format.extradata = asked_.extradata;
  return format;
}

}  // namespace reelcell::media
