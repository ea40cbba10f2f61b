#include "internal/info.hpp"

#include <fmt/format.h>

#include "internal/video_roll.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::writers::lerobot {

namespace {
const FeatureSpec* spec_of(const FeatureLayout& layout, const std::string& name) {
  for (const FeatureSpec& spec : layout.videos())
    if (spec.name == name) return &spec;
  return nullptr;
}
}  // namespace

void CameraFormats::add(const Episode& episode, const EpisodeClip& clip, Diagnostics* diagnostics) {
  const VideoFormat& format = clip.packets.format;
  const auto [found, fresh] = first_.try_emplace(clip.feature, format);
  std::int64_t height = found->second.height;
  std::int64_t width = found->second.width;
  const FeatureSpec* spec = spec_of(*layout_, clip.feature);
  if (spec && spec->shape.size() == 3 && spec->shape[0] > 0) {
    height = spec->shape[0];
    width = spec->shape[1];
  }
  if (format.height != height || format.width != width)
    throw PlanError("episode " + episode.key + ": " + clip.feature,
                    fmt::format("the clip is {}x{}, the data set's camera is {}x{}; scale it in "
                                "the recipe or make it a "
                                "camera of its own",
                                format.width, format.height, width, height));
  if (!fresh && diagnostics &&
      (format.codec != found->second.codec || format.pix_fmt != found->second.pix_fmt))
    diagnostics->warn(
        "lerobot-mixed-codecs", clip.feature,
        fmt::format(
            "episode {} is {} {}, the first one {} {}: info.json can name only the first. Readers "
            "decode both; set the output's video codec to re-encode all alike",
            episode.key, format.codec, format.pix_fmt, found->second.codec, found->second.pix_fmt));
}

std::map<std::string, Json> CameraFormats::info() const {
  std::map<std::string, Json> info;
  for (const FeatureSpec& spec : layout_->videos()) {
    const auto found = first_.find(spec.name);
    if (found != first_.end()) info[spec.name] = video_info(found->second, fps_);
  }
  return info;
}

void ClipTally::add(const ClipPackets& clip) {
  (clip.copied ? copied_clips_ : encoded_clips_) += 1;
  (clip.copied ? copied_bytes_ : encoded_bytes_) += clip.bytes;
}

Json ClipTally::json() const {
  return {{"copied", {{"clips", copied_clips_}, {"bytes", copied_bytes_}}},
          {"encoded", {{"clips", encoded_clips_}, {"bytes", encoded_bytes_}}}};
}

}  // namespace reelcell::writers::lerobot
