#include "internal/encoder.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "internal/bitstream.hpp"
#include "internal/decoder.hpp"
#include "internal/rotate.hpp"
#include "internal/scale.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/coding.hpp"

namespace reelcell::media {

namespace {

struct CodecRow {
  const char* codec;
  const char* encoder;
  const char* preset;
  int quality;  ///< where the recipe's is of another codec
};
constexpr std::array<CodecRow, 7> kEncoders = {{{"h264", "libx264", "veryfast", 18},
                                                {"hevc", "libx265", "veryfast", 20},
                                                {"av1", "libsvtav1", "10", 24},
                                                {"vp9", "libvpx-vp9", "5", 24},
                                                {"mpeg4", "mpeg4", "", 2},
                                                {"mjpeg", "mjpeg", "", 2},
                                                {"ffv1", "ffv1", "", 0}}};

const CodecRow* find_row(const std::string& codec) {
  const auto row = std::find_if(kEncoders.begin(), kEncoders.end(),
                                [&](const CodecRow& r) { return codec == r.codec; });
  return row == kEncoders.end() ? nullptr : &*row;
}

const CodecRow& row_of(const std::string& codec) {
  if (const CodecRow* const row = find_row(codec)) return *row;
  std::vector<std::string> names;
  for (const CodecRow& row : kEncoders) names.emplace_back(row.codec);
  throw PlanError(unknown_name("video codec", codec, names));
}

/// Codecs with a quantiser for each picture where others have a rate factor.
bool has_quantiser(const std::string& codec) { return codec == "mjpeg" || codec == "mpeg4"; }

/// SVT-AV1 reports its settings on stderr, past libav's log level.
void quiet_svt() {
  static std::once_flag once;
  std::call_once(once, [] { ::setenv("SVT_LOG", "0", 0); });
}

/// SVT-AV1 1.4 sets up tables of the whole process each time it is opened, under the feet of
/// encoders at work: they crash, about one build in fifteen with two at once.
std::mutex& svt_mutex() {
  static std::mutex mutex;
  return mutex;
}

using Settings = std::vector<std::pair<std::string, std::string>>;

/// Constant quality, closed GOPs of fixed length, no B-frames, and a fixed number of threads
/// wherever the number changes the bytes (x264, x265, libvpx; SVT-AV1 gives the same bytes with
/// any).
Settings settings_of(const EncodeOptions& options, const std::string& preset, unsigned set_id) {
  const std::string gop = std::to_string(options.gop), quality = std::to_string(options.quality);
  if (options.codec == "h264")
    return {
        {"preset", preset},
        {"crf", quality},
        {"sc_threshold", "0"},
        {"forced-idr", "1"},
        {"x264-params", "keyint=" + gop + ":min-keyint=" + gop +
                            ":scenecut=0:open-gop=0:bframes=0:sps-id=" + std::to_string(set_id)}};
  if (options.codec == "hevc")
    return {{"preset", preset},
            {"crf", quality},
            {"forced-idr", "1"},
            {"x265-params",
             "log-level=none:info=0:scenecut=0:open-gop=0:bframes=0:pools=none:frame-threads=1:wpp="
             "0:keyint=" +
                 gop + ":min-keyint=" + gop}};
  if (options.codec == "av1")
    return {{"preset", preset},
            {"crf", quality},
            {"svtav1-params",
             "scd=0:enable-overlays=0:lp=" + std::to_string(std::max(1, options.threads))}};
  if (options.codec == "vp9")
    return {{"crf", quality},      {"b", "0"},
            {"deadline", "good"},  {"cpu-used", preset},
            {"auto-alt-ref", "0"}, {"lag-in-frames", "0"},
            {"row-mt", "0"}};
  if (options.codec == "ffv1") return {{"level", "3"}, {"slices", "4"}, {"slicecrc", "1"}};
  return {};
}

/// x264 writes its version and settings into the first frame; they say nothing about the pictures.
Bytes without_encoder_note(ByteView packet) {
  constexpr std::uint8_t kUserDataUnregistered = 5;
  Bytes out;
  for_each_nal(packet, 0, [&](ByteView nal) {
    if (nal.size() > 2 && (nal[0] & 0x1f) == 6 && nal[1] == kUserDataUnregistered) return true;
    out.insert(out.end(), {0, 0, 0, 1});
    out.insert(out.end(), nal.begin(), nal.end());
    return true;
  });
  return out;
}

bool subsampled(AVPixelFormat format, bool across) {
  const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(format);
  return d != nullptr && (across ? d->log2_chroma_w : d->log2_chroma_h) > 0;
}

bool is_gray(AVPixelFormat format) {
  const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(format);
  return d != nullptr && d->nb_components == 1;
}

/// Samples of gray pictures that go deeper than 8 bits measure something: their range stays.
bool keeps_range(AVPixelFormat format) {
  return is_gray(format) && av_pix_fmt_desc_get(format)->comp[0].depth > 8;
}

bool full_range_codec(const std::string& codec) { return codec == "mjpeg"; }
/// Gray of which nobody says its range is taken for full; H.264 comes back with empty chroma.
bool full_range_format(const EncodeOptions& options, AVPixelFormat format) {
  return full_range_codec(options.codec) || options.pix_fmt.starts_with("yuvj") ||
         (options.codec != "h264" && is_gray(format));
}

AVPixelFormat coded_format(const EncodeOptions& options) {
  const AVPixelFormat format = av_get_pix_fmt(coded_pix_fmt(options).c_str());
  if (format == AV_PIX_FMT_NONE)
    throw PlanError("pixel format '" + options.pix_fmt + "' is not known to libav");
  return format;
}

}  // namespace

std::string coded_pix_fmt(const EncodeOptions& options) {
  const std::string& pix_fmt = options.pix_fmt;
  const bool renamed = pix_fmt == "yuv420p" || pix_fmt == "yuv422p" || pix_fmt == "yuv444p";
  return full_range_codec(options.codec) && renamed ? "yuvj" + pix_fmt.substr(3) : pix_fmt;
}

ClipSize coded_size(const EncodeOptions& options, ClipSize source) {
  if (options.width > 0) source.width = options.width;
  if (options.height > 0) source.height = options.height;
  const AVPixelFormat format = coded_format(options);
  if (subsampled(format, true)) source.width &= ~1;
  if (subsampled(format, false)) source.height &= ~1;
  return source;
}

void try_encoder(const EncodeOptions& options, ClipSize size) {
  constexpr int kEnough = 256;  // an encoder that takes these takes larger ones
  const auto side = [](int length) { return length <= kEnough ? length : kEnough; };
  EncodeOptions own = options;
  own.width = own.height = 0;
  const int width = side(size.width), height = side(size.height);
  Picture picture{PixelFormat::kRgb24, width, height, {}};
  picture.data.assign(static_cast<std::size_t>(width) * height * 3, 128);
  try {
    PictureEncoder encoder(width, height, {30, 1}, own);
    encoder.add(picture);
    encoder.finish();
  } catch (const Error& error) {
    throw PlanError(error.what());
  }
}

namespace {
/// What a decoder makes of a clip; asked once of each kind.
std::string decoded_pix_fmt(const VideoFormat& format, ByteView first) {
  static std::mutex mutex;
  static std::map<std::string, std::string> known;
  const std::string kind = format.codec + " " + format.pix_fmt + " " + format.color_range;
  {
    const std::lock_guard lock(mutex);
    if (const auto found = known.find(kind); found != known.end()) return found->second;
  }
  Decoder decoder(format, 1);
  const FrameHandle frame = new_frame();
  decoder.send(first, 0);
  decoder.send_end();
  if (!decoder.receive(*frame)) return format.pix_fmt;
  const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame->format));
  const std::lock_guard lock(mutex);
  return known[kind] = name ? name : format.pix_fmt;
}
}  // namespace

bool can_encode(const std::string& codec, const std::string& pix_fmt) {
  const CodecRow* const row = find_row(codec);
  const AVCodec* const encoder = row ? avcodec_find_encoder_by_name(row->encoder) : nullptr;
  const AVPixelFormat format = av_get_pix_fmt(pix_fmt.c_str());
  if (!encoder || !encoder->pix_fmts || format == AV_PIX_FMT_NONE) return false;
  for (const AVPixelFormat* known = encoder->pix_fmts; *known != AV_PIX_FMT_NONE; ++known)
    if (*known == format) return true;
  return false;
}

std::string encodable_formats(const std::string& codec) {
  const AVCodec* const encoder = avcodec_find_encoder_by_name(row_of(codec).encoder);
  if (encoder == nullptr || encoder->pix_fmts == nullptr) return "none";
  constexpr int kMost = 12;
  std::string names;
  int count = 0;
  for (const AVPixelFormat* known = encoder->pix_fmts; *known != AV_PIX_FMT_NONE; ++known)
    if (++count <= kMost)
      names += (names.empty() ? "" : ", ") + std::string(av_get_pix_fmt_name(*known));
  return count > kMost ? names + " and " + std::to_string(count - kMost) + " more" : names;
}

EncodeOptions encode_as(const std::string& codec, const std::string& pix_fmt,
                        EncodeOptions options) {
  if (options.codec != codec) {
    options.codec = codec;
    options.preset.clear();
    options.quality = row_of(codec).quality;
  }
  options.pix_fmt = pix_fmt;
  return options;
}

Encoder::Encoder(Rational rate, EncodeOptions options, unsigned set_id)
    : rate_(rate), options_(std::move(options)), set_id_(set_id) {
  quiet_libav();
  row_of(options_.codec);
  if (!rate_.valid()) throw PlanError("a clip needs a frame rate above 0");
  if (options_.gop < 1)
    throw PlanError("gop " + std::to_string(options_.gop) + ": expected 1 frame or more");
}

ClipSize Encoder::coded_size(const AVFrame& picture, bool turned) const {
  if (codec_) return {codec_->width, codec_->height};
  const ClipSize size =
      media::coded_size(options_, turned ? ClipSize{picture.height, picture.width}
                                         : ClipSize{picture.width, picture.height});
  if (size.width < 2 || size.height < 2)
    throw PlanError("pictures of " + std::to_string(picture.width) + " x " +
                    std::to_string(picture.height) + " are too small to encode as " +
                    options_.pix_fmt);
  return size;
}

FrameHandle Encoder::converted(const AVFrame& picture, ClipSize size) const {
  FrameHandle view = new_frame();
  if (av_frame_ref(view.get(), &picture) < 0) throw std::bad_alloc();
  while (view->nb_side_data > 0) av_frame_remove_side_data(view.get(), view->side_data[0]->type);
  const int spare_columns = view->width - size.width, spare_rows = view->height - size.height;
  const bool as_source = options_.width <= 0 && options_.height <= 0;
  if (as_source && (spare_columns == 0 || spare_columns == 1) &&
      (spare_rows == 0 || spare_rows == 1)) {
    view->width = size.width;
    view->height = size.height;
  }
  const AVPixelFormat format = coded_format(options_);
  const AVPixFmtDescriptor* in = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(view->format));
  const bool rgb = in != nullptr && (in->flags & AV_PIX_FMT_FLAG_RGB) != 0;
  const bool full = is_full_range(*view);
  const bool full_out = keeps_range(format) ? full : full_range_format(options_, format);
  if (view->format == format && view->width == size.width && view->height == size.height &&
      full == full_out)
    return view;
  FrameHandle out = new_frame();
  out->format = format;
  out->width = size.width;
  out->height = size.height;
  out->colorspace = rgb ? AVCOL_SPC_SMPTE170M : view->colorspace;
  out->color_primaries = view->color_primaries;
  out->color_trc = view->color_trc;
  out->sample_aspect_ratio = view->sample_aspect_ratio;
  out->color_range = full_out                  ? AVCOL_RANGE_JPEG
                     : full || is_gray(format) ? AVCOL_RANGE_MPEG
                                               : view->color_range;
  if (av_frame_get_buffer(out.get(), 0) < 0) throw std::bad_alloc();
  scale_frame(*view, *out);
  return out;
}

FrameHandle Encoder::prepare(const AVFrame& picture, int rotation) const {
  const bool turned = rotation == 90 || rotation == 270;
  ClipSize size = coded_size(picture, turned);
  if (turned) std::swap(size.width, size.height);
  FrameHandle frame = converted(picture, size);
  return rotation == 0 ? std::move(frame) : rotate_frame(*frame, rotation);
}

void Encoder::open(const AVFrame& first) {
  const CodecRow& row = row_of(options_.codec);
  if (options_.codec == "av1") {
    quiet_svt();
    alone_ = std::unique_lock(svt_mutex());
  }
  const AVCodec* codec = avcodec_find_encoder_by_name(row.encoder);
  if (codec == nullptr)
    throw PlanError(std::string("the installed libav has no encoder ") + row.encoder);
  CodecHandle context(avcodec_alloc_context3(codec));
  if (!context) throw std::bad_alloc();
  context->width = first.width;
  context->height = first.height;
  context->pix_fmt = static_cast<AVPixelFormat>(first.format);
  context->sample_aspect_ratio = first.sample_aspect_ratio;
  context->color_range = first.color_range;
  context->colorspace = first.colorspace;
  context->color_primaries = first.color_primaries;
  context->color_trc = first.color_trc;
  context->time_base = av_rational(inverse(rate_));
  context->framerate = av_rational(rate_);
  context->gop_size = options_.gop;
  context->keyint_min = options_.gop;
  context->max_b_frames = 0;
  context->thread_count = 1;
  context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
  context->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
  if (options_.codec == "h264") context->flags |= AV_CODEC_FLAG_CLOSED_GOP;
  if (has_quantiser(options_.codec)) {  // CRF 0..51 onto the quantiser's 1..31
    context->flags |= AV_CODEC_FLAG_QSCALE;
    context->global_quality = FF_QP2LAMBDA * std::clamp(1 + options_.quality * 30 / 51, 1, 31);
  }
  AVDictionary* settings = nullptr;
  for (const auto& [key, value] :
       settings_of(options_, options_.preset.empty() ? row.preset : options_.preset, set_id_))
    av_dict_set(&settings, key.c_str(), value.c_str(), 0);
  const int result = avcodec_open2(context.get(), codec, &settings);
  const std::unique_ptr<AVDictionary, FreeDictionary> unused(settings);
  if (result < 0)
    throw PlanError(std::string(row.encoder) + " refuses " + std::to_string(first.width) + " x " +
                    std::to_string(first.height) + " " + options_.pix_fmt + ", quality " +
                    std::to_string(options_.quality) + ", preset '" + options_.preset +
                    "': " + av_error(result));
  codec_ = std::move(context);
}

void Encoder::add(const AVFrame& picture, int rotation) {
  const FrameHandle frame = prepare(picture, rotation);
  if (!codec_) open(*frame);
  frame->pts = rows_++;
  frame->pict_type = AV_PICTURE_TYPE_NONE;
  frame->key_frame = 0;
  frame->quality = codec_->global_quality;
  const int result = avcodec_send_frame(codec_.get(), frame.get());
  if (result < 0)
    throw OutputError("the " + options_.codec + " encoder failed: " + av_error(result));
  pull();
}

void Encoder::pull() {
  while (avcodec_receive_packet(codec_.get(), packet_.get()) >= 0) {
    VideoPacket packet;
    const ByteView bytes(packet_->data, static_cast<std::size_t>(packet_->size));
    const bool first_h264 = options_.codec == "h264" && clip_.packets.empty();
    packet.data = std::make_shared<const Bytes>(first_h264 ? without_encoder_note(bytes)
                                                           : Bytes(bytes.begin(), bytes.end()));
    packet.pts = packet.dts = packet_->pts;
    packet.duration = 1;
    packet.ordinal = static_cast<std::uint32_t>(clip_.packets.size());
    packet.key = (packet_->flags & AV_PKT_FLAG_KEY) != 0;
    if (packet.pts != static_cast<std::int64_t>(packet.ordinal))
      throw OutputError("the " + options_.codec +
                        " encoder reordered frames or dropped one at row " +
                        std::to_string(packet.ordinal));
    clip_.bytes += packet.data->size();
    clip_.packets.push_back(std::move(packet));
    av_packet_unref(packet_.get());
  }
}

ClipPackets Encoder::finish() {
  if (!codec_) throw PlanError("a clip needs at least one picture");
  avcodec_send_frame(codec_.get(), nullptr);
  pull();
  if (static_cast<std::int64_t>(clip_.packets.size()) != rows_)
    throw OutputError("the " + options_.codec + " encoder gave " +
                      std::to_string(clip_.packets.size()) + " frames for " +
                      std::to_string(rows_));
  const ParametersHandle parameters = new_parameters();
  if (avcodec_parameters_from_context(parameters.get(), codec_.get()) < 0) throw std::bad_alloc();
  clip_.format = format_of(*parameters, inverse(rate_));
  clip_.format.codec_tag = options_.codec == "hevc" ? MKTAG('h', 'v', 'c', '1') : 0;
  clip_.format.average_rate = rate_;
  clip_.rate = rate_;
  clip_.frames = static_cast<std::uint32_t>(rows_);
  codec_.reset();
  if (alone_) alone_.unlock();
  clip_.format.pix_fmt = decoded_pix_fmt(clip_.format, *clip_.packets.front().data);
  return std::move(clip_);
}

}  // namespace reelcell::media
