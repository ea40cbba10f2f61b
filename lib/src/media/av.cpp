#include "internal/av.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <mutex>
#include <new>

#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

template <class T>
T* checked(T* pointer) {
  if (pointer == nullptr) throw std::bad_alloc();
  return pointer;
}

std::string name_or_empty(const char* name) {
  const std::string text = name ? name : "";
  return text == "unknown" || text == "reserved" ? "" : text;
}

int bit_depth_of(const AVCodecParameters& parameters) {
  const auto* description = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(parameters.format));
  if (description != nullptr) return description->comp[0].depth;
  return parameters.bits_per_raw_sample > 0 ? parameters.bits_per_raw_sample : 8;
}

}  // namespace

PacketHandle new_packet() { return PacketHandle(checked(av_packet_alloc())); }
FrameHandle new_frame() { return FrameHandle(checked(av_frame_alloc())); }
ParametersHandle new_parameters() { return ParametersHandle(checked(avcodec_parameters_alloc())); }

PacketHandle packet_of(ByteView bytes) {
  if (bytes.size() > INT_MAX - AV_INPUT_BUFFER_PADDING_SIZE)
    throw InputError("a coded frame of " + std::to_string(bytes.size()) +
                     " bytes: no codec takes more than 2 GiB");
  PacketHandle packet = new_packet();
  if (av_new_packet(packet.get(), static_cast<int>(bytes.size())) < 0) throw std::bad_alloc();
  if (!bytes.empty()) std::memcpy(packet->data, bytes.data(), bytes.size());
  return packet;
}

void quiet_libav() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_level(AV_LOG_QUIET); });
}

std::string av_error(int code) {
  if (code == AVERROR_INVALIDDATA) return "the data is damaged or not what its header says";
  if (code == AVERROR_DECODER_NOT_FOUND) return "no decoder for this codec in the installed libav";
  if (code == AVERROR_ENCODER_NOT_FOUND) return "no encoder for this codec in the installed libav";
  if (code == AVERROR_EOF) return "the file ends too early";
  if (code > -4096 && code < 0 && AVUNERROR(code) < 200) return errno_text(AVUNERROR(code));
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

AVRational av_rational(Rational r) {
  AVRational out{};
  av_reduce(&out.num, &out.den, r.num, r.den, INT_MAX);
  return out;
}

AVCodecID codec_id_of(const std::string& codec) {
  const AVCodecDescriptor* descriptor = avcodec_descriptor_get_by_name(codec.c_str());
  return descriptor ? descriptor->id : AV_CODEC_ID_NONE;
}

namespace {
/// libav's name, or the container's own letters for what libav does not know ("vvc1").
std::string codec_name(const AVCodecParameters& parameters) {
  if (parameters.codec_id != AV_CODEC_ID_NONE) return avcodec_get_name(parameters.codec_id);
  if (parameters.codec_tag == 0) return "unknown";
  std::array<char, AV_FOURCC_MAX_STRING_SIZE> letters{};
  return av_fourcc_make_string(letters.data(), parameters.codec_tag);
}
}  // namespace

VideoFormat format_of(const AVCodecParameters& parameters, Rational time_base) {
  VideoFormat format;
  format.codec = codec_name(parameters);
  format.width = parameters.width;
  format.height = parameters.height;
  format.pix_fmt =
      name_or_empty(av_get_pix_fmt_name(static_cast<AVPixelFormat>(parameters.format)));
  if (parameters.extradata_size > 0)
    format.extradata.assign(parameters.extradata, parameters.extradata + parameters.extradata_size);
  format.time_base = time_base;
  format.pixel_aspect = rational_of(parameters.sample_aspect_ratio);
  format.profile = parameters.profile;
  format.level = parameters.level;
  format.codec_tag = parameters.codec_tag;
  format.color_range = name_or_empty(av_color_range_name(parameters.color_range));
  format.color_space = name_or_empty(av_color_space_name(parameters.color_space));
  format.color_primaries = name_or_empty(av_color_primaries_name(parameters.color_primaries));
  format.color_transfer = name_or_empty(av_color_transfer_name(parameters.color_trc));
  format.bit_depth = bit_depth_of(parameters);
  return format;
}

ParametersHandle parameters_of(const VideoFormat& format) {
  ParametersHandle out = new_parameters();
  out->codec_type = AVMEDIA_TYPE_VIDEO;
  out->codec_id = codec_id_of(format.codec);
  out->codec_tag = format.codec_tag;
  out->width = format.width;
  out->height = format.height;
  out->format = av_get_pix_fmt(format.pix_fmt.c_str());
  out->sample_aspect_ratio = av_rational(format.pixel_aspect);
  out->profile = format.profile;
  out->level = format.level;
  out->video_delay = format.reorder_delay;
  const auto known = [](int value, int unknown) { return value < 0 ? unknown : value; };
  out->color_range = static_cast<AVColorRange>(
      known(av_color_range_from_name(format.color_range.c_str()), AVCOL_RANGE_UNSPECIFIED));
  out->color_space = static_cast<AVColorSpace>(
      known(av_color_space_from_name(format.color_space.c_str()), AVCOL_SPC_UNSPECIFIED));
  out->color_primaries = static_cast<AVColorPrimaries>(
      known(av_color_primaries_from_name(format.color_primaries.c_str()), AVCOL_PRI_UNSPECIFIED));
  out->color_trc = static_cast<AVColorTransferCharacteristic>(
      known(av_color_transfer_from_name(format.color_transfer.c_str()), AVCOL_TRC_UNSPECIFIED));
  if (!format.extradata.empty()) {
    const std::size_t size = format.extradata.size();
    out->extradata =
        static_cast<std::uint8_t*>(checked(av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE)));
    std::memcpy(out->extradata, format.extradata.data(), size);
    out->extradata_size = static_cast<int>(size);
  }
  return out;
}

}  // namespace reelcell::media
