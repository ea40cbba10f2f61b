#include "reelcell/media/audio.hpp"

#include <algorithm>
#include <cmath>

#include "internal/container.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::media {
namespace {

template <class Sample>
double square_of(const void* data, std::size_t at, double full, double middle) {
  const double value = (static_cast<const Sample*>(data)[at] - middle) / full;
  return value * value;
}

/// Square of one sample of one channel, -1..1 as full scale; 0 for formats that no decoder gives.
double square_at(const AVFrame& frame, int channel, int sample) {
  const auto format = static_cast<AVSampleFormat>(frame.format);
  const bool planar = av_sample_fmt_is_planar(format) != 0;
  const void* data = frame.extended_data[planar ? channel : 0];
  const auto at =
      static_cast<std::size_t>(planar ? sample : sample * frame.ch_layout.nb_channels + channel);
  switch (av_get_packed_sample_fmt(format)) {
    case AV_SAMPLE_FMT_U8:
      return square_of<std::uint8_t>(data, at, 128, 128);
    case AV_SAMPLE_FMT_S16:
      return square_of<std::int16_t>(data, at, 32768, 0);
    case AV_SAMPLE_FMT_S32:
      return square_of<std::int32_t>(data, at, 2147483648.0, 0);
    case AV_SAMPLE_FMT_FLT:
      return square_of<float>(data, at, 1, 0);
    case AV_SAMPLE_FMT_DBL:
      return square_of<double>(data, at, 1, 0);
    default:
      return 0;
  }
}

/// Bins that begin where the sound begins, and anew after a hole.
class Bins {
 public:
  Bins(Nanos bin, const std::function<void(StreamTime, StreamTime, float)>& take)
      : bin_(bin), take_(take) {}

  void add(const AVFrame& frame, Rational time_base) {
    if (frame.sample_rate <= 0 || frame.pts == AV_NOPTS_VALUE) return;
    const Rational rate{frame.sample_rate, 1};
    const StreamTime start{pts_to_ns(frame.pts, time_base)};
    if (samples_ > 0 && std::abs((start - expected_).count()) > bin_.count() / 2) flush(expected_);
    if (samples_ == 0) begin_ = start;
    for (int i = 0; i < frame.nb_samples; ++i) {
      const StreamTime at = start + tick_time(i, rate);
      if (at - begin_ >= bin_) {
        flush(at);
        begin_ = at;
      }
      for (int c = 0; c < frame.ch_layout.nb_channels; ++c) sum_ += square_at(frame, c, i);
      samples_ += frame.ch_layout.nb_channels;
    }
    expected_ = start + tick_time(frame.nb_samples, rate);
  }
  void finish() {
    if (samples_ > 0) flush(expected_);
  }

 private:
  void flush(StreamTime end) {
    if (samples_ > 0)
      take_(begin_, end, static_cast<float>(std::sqrt(sum_ / static_cast<double>(samples_))));
    sum_ = 0;
    samples_ = 0;
  }
  Nanos bin_;
  const std::function<void(StreamTime, StreamTime, float)>& take_;
  StreamTime begin_{}, expected_{};
  double sum_ = 0;
  std::int64_t samples_ = 0;
};

AVStream* audio_stream(AVFormatContext& format, int track, const fs::path& path) {
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    AVStream* stream = format.streams[i];
    const bool wanted = track < 0 || static_cast<int>(i) == track;
    if (wanted && stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) return stream;
  }
  throw InputError(path.string(), track < 0 ? "holds no audio track"
                                            : "track " + std::to_string(track) + " is no audio");
}

}  // namespace

void audio_envelope(const fs::path& path, int track, Nanos bin,
                    const std::function<void(StreamTime, StreamTime, float)>& take,
                    Diagnostics& diagnostics) {
  const FormatHandle format = open_and_probe(path);
  AVStream* stream = audio_stream(*format, track, path);
  const AVCodec* codec = avcodec_find_decoder(stream->codecpar->codec_id);
  if (codec == nullptr) throw InputError(path.string(), "its audio has no decoder in libav");
  const CodecHandle decoder(avcodec_alloc_context3(codec));
  if (!decoder || avcodec_parameters_to_context(decoder.get(), stream->codecpar) < 0)
    throw std::bad_alloc();
  decoder->pkt_timebase = stream->time_base;
  if (const int code = avcodec_open2(decoder.get(), codec, nullptr); code < 0)
    throw InputError(path.string(), "the audio decoder refused the track: " + av_error(code));
  const PacketHandle packet = new_packet();
  const FrameHandle frame = new_frame();
  const Rational time_base = rational_of(stream->time_base);
  Bins bins(bin, take);
  const auto drain = [&] {
    while (avcodec_receive_frame(decoder.get(), frame.get()) >= 0) bins.add(*frame, time_base);
  };
  while (av_read_frame(format.get(), packet.get()) >= 0) {
    if (packet->stream_index == stream->index) {
      if (avcodec_send_packet(decoder.get(), packet.get()) < 0)
        diagnostics.loss(
            "audio-undecodable-packet", path.string(),
            "packets that the decoder refuses leave a hole", 1,
            packet->pts == AV_NOPTS_VALUE ? 0 : pts_to_ns(packet->pts, time_base).count());
      drain();
    }
    av_packet_unref(packet.get());
  }
  throw_if_unreadable(format);
  avcodec_send_packet(decoder.get(), nullptr);
  drain();
  bins.finish();
}

}  // namespace reelcell::media
