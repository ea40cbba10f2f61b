#include <cstring>

#include "internal/encoder.hpp"
#include "internal/frame.hpp"
#include "internal/parameter_sets.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/clip.hpp"
#include "reelcell/media/decode.hpp"

namespace reelcell::media {

std::vector<OptionSpec> encode_option_specs() {
  const EncodeOptions d;
  return {
      {.name = "codec",
       .type = OptionType::kChoice,
       .unit = "",
       .fallback = d.codec,
       .help = "Codec of frames that must be encoded",
       .choices = {"h264", "hevc", "av1", "vp9", "mjpeg", "ffv1"}},
      {.name = "gop",
       .type = OptionType::kInteger,
       .unit = "frames",
       .fallback = d.gop,
       .help = "Frames from one key frame to the next (1: every frame is a key frame)"},
      {.name = "quality",
       .type = OptionType::kInteger,
       .unit = "CRF",
       .fallback = d.quality,
       .help = "Constant quality, lower is better (h264, hevc 0..51; av1, vp9 0..63; 0: nearly "
               "lossless)"},
      {.name = "preset",
       .type = OptionType::kText,
       .unit = "",
       .fallback = d.preset,
       .help = "The encoder's own speed preset (empty: h264, hevc veryfast; av1 10; vp9 5)"},
      {.name = "pix_fmt",
       .type = OptionType::kText,
       .unit = "",
       .fallback = d.pix_fmt,
       .help = "Pixel format as libav names it"},
      {.name = "width",
       .type = OptionType::kInteger,
       .unit = "px",
       .fallback = d.width,
       .help = "Width of encoded pictures (0: as the source)"},
      {.name = "height",
       .type = OptionType::kInteger,
       .unit = "px",
       .fallback = d.height,
       .help = "Height of encoded pictures (0: as the source)"},
  };
}

EncodeOptions encode_options(const OptionValues& values) {
  EncodeOptions out;
  const auto integer = [&](const char* name, std::int64_t low, std::int64_t high) {
    const std::int64_t value = values.integer(name);
    if (value < low || value > high)
      throw InputError(values.where(), std::string(name) + " is " + std::to_string(value) +
                                           "; expected " + std::to_string(low) + " to " +
                                           std::to_string(high));
    return static_cast<int>(value);
  };
  out.codec = values.text("codec");
  out.gop = integer("gop", 1, 10'000);
  out.quality = integer("quality", 0, out.codec == "av1" || out.codec == "vp9" ? 63 : 51);
  out.preset = values.text("preset");
  out.pix_fmt = values.text("pix_fmt");
  if (av_get_pix_fmt(out.pix_fmt.c_str()) == AV_PIX_FMT_NONE)
    throw InputError(values.where(), "pix_fmt '" + out.pix_fmt +
                                         "' is not known; usual are yuv420p, yuv444p, yuv420p10le");
  out.width = integer("width", 0, 16'384);
  out.height = integer("height", 0, 16'384);
  if (!can_encode(out.codec, coded_pix_fmt(out)))
    throw InputError(values.where(), "pix_fmt '" + out.pix_fmt + "' is none that " + out.codec +
                                         " is encoded in here; it takes " +
                                         encodable_formats(out.codec));
  const ClipSize coded = coded_size(out, {2, 2});
  const auto need_even = [&](const char* name, int given, int made) {
    if (given > 0 && given != made)
      throw InputError(values.where(), std::string(name) + " is " + std::to_string(given) +
                                           ", and " + out.pix_fmt +
                                           " needs an even one: " + std::to_string(given - 1) +
                                           " or " + std::to_string(given + 1));
  };
  need_even("width", out.width, coded.width);
  need_even("height", out.height, coded.height);
  return out;
}

UndecodableFrames::UndecodableFrames(const VideoSource& source, std::vector<std::uint32_t> frames)
    : InputError(
          source.describe(),
          "the frame at " +
              format_seconds(source.frames().frames.at(frames.at(0)).time.time_since_epoch()) +
              " s cannot be decoded, so no clip can hold it"),
      ordinals_(std::move(frames)) {}

std::vector<std::uint32_t> undecodable_frames(std::shared_ptr<const VideoSource> source,
                                              std::uint32_t first, std::uint32_t last) {
  const auto& frames = source->frames().frames;
  while (first > 0 && !frames[first].entry) --first;
  if (first > 0) --first;
  while (first > 0 && !frames[first].entry) --first;
  std::vector<std::uint32_t> bad;
  std::uint32_t next = first;
  Diagnostics counted_elsewhere;
  FrameCursor cursor(source, first, counted_elsewhere);
  for (DecodedFrame frame; next <= last + std::uint64_t{1};) {
    const bool more = cursor.next(frame);
    const auto end = more ? frame.ordinal : static_cast<std::uint32_t>(frames.size());
    for (; next < end; ++next) bad.push_back(next);
    if (!more) break;
    next = frame.ordinal + 1;
  }
  return bad;
}

ClipPackets encode_part(std::shared_ptr<const VideoSource> source,
                        std::span<const std::uint32_t> frames, Rational rate,
                        const EncodeOptions& options, unsigned set_id, Diagnostics& diagnostics,
                        const FrameObserver& observer) {
  Encoder encoder(rate, options, set_id);
  const int rotation = source->format().rotation;
  std::vector<std::uint32_t> bad;
  for_each_frame(
      source, frames,
      [&](std::size_t row, const DecodedFrame* frame) {
        if (frame == nullptr) {
          bad.push_back(frames[row]);
          return;
        }
        encoder.add(*frame->impl->frame, rotation);
        if (observer) observer(row, *frame);
      },
      diagnostics, DecodeOptions{options.threads});
  if (!bad.empty()) throw UndecodableFrames(*source, std::move(bad));
  return encoder.finish();
}

ClipPackets encode_clip(std::shared_ptr<const VideoSource> source,
                        std::span<const std::uint32_t> frames, Rational rate,
                        const EncodeOptions& options, Diagnostics& diagnostics,
                        const FrameObserver& observer) {
  // With an id that the source's own sets do not have, copied clips can follow on the same track.
  unsigned set_id = 0;
  if (options.codec == "h264" && source->format().codec == "h264")
    if (const auto sets = parse_h264_sets(source->format().extradata)) set_id = free_set_id(*sets);
  ClipPackets clip = encode_part(source, frames, rate, options, set_id, diagnostics, observer);
  clip.reason = plan_clip(*source, frames).reason;
  return clip;
}

struct PictureEncoder::Impl {
  Impl(int width_in, int height_in, Rational rate, const EncodeOptions& options)
      : width(width_in), height(height_in), encoder(rate, options) {}
  int width, height;
  Encoder encoder;
};

PictureEncoder::PictureEncoder(int width, int height, Rational rate, const EncodeOptions& options)
    : impl_(std::make_unique<Impl>(width, height, rate, options)) {}
PictureEncoder::~PictureEncoder() = default;

void PictureEncoder::add(const Picture& picture) {
  if (picture.width != impl_->width || picture.height != impl_->height)
    throw PlanError("a picture of " + std::to_string(picture.width) + " x " +
                    std::to_string(picture.height) + " cannot join a clip of " +
                    std::to_string(impl_->width) + " x " + std::to_string(impl_->height));
  impl_->encoder.add(*frame_of(picture), 0);
}

ClipPackets PictureEncoder::finish() { return impl_->encoder.finish(); }

}  // namespace reelcell::media
