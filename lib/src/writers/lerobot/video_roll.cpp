#include "internal/video_roll.hpp"

#include <fmt/format.h>

#include "reelcell/base/error.hpp"
#include "reelcell/media/depth.hpp"

namespace reelcell::writers::lerobot {

namespace {
/// Readers compare times as float32 with a tolerance of 1e-4 s; from 1,024 s on, float32 steps
/// by 1.2e-4 s.
constexpr std::int64_t kLongestFileSeconds = 1000;
}  // namespace

void check_clip(const Episode& episode, const EpisodeClip& clip, std::int64_t fps) {
  const std::string where = "episode " + episode.key + ": " + clip.feature;
  if (clip.packets.frames != episode.rows)
    throw PlanError(where,
                    fmt::format("the clip has {} frames for {} rows; LeRobot needs one a row",
                                clip.packets.frames, episode.rows));
  if (clip.packets.rate != Rational{fps, 1})
    throw PlanError(where, fmt::format("the clip runs at {}/{} frames/s, the data set at {}",
                                       clip.packets.rate.num, clip.packets.rate.den, fps));
}

const EpisodeClip& clip_of(const Episode& episode, const std::string& feature) {
  for (const EpisodeClip& clip : episode.clips)
    if (clip.feature == feature) return clip;
  throw PlanError("episode " + episode.key,
                  "has no clip for '" + feature +
                      "'; LeRobot needs every camera in every episode. Drop the episode by a "
                      "gate, or the camera from /features");
}

Json video_info(const VideoFormat& format, std::int64_t fps) {
  const bool depth = media::is_depth(format.pix_fmt);
  const bool gray = format.pix_fmt.starts_with("gray");
  return {{"video.height", format.height},
          {"video.width", format.width},
          {"video.codec", format.codec},
          {"video.pix_fmt", format.pix_fmt},
          {"video.is_depth_map", depth},
          {"is_depth_map", depth},
          {"video.fps", fps},
          {"video.channels", gray ? 1 : 3},
          {"has_audio", false}};
}

VideoRoll::VideoRoll(std::string feature, std::int64_t fps, const Settings& settings,
                     OutputFolder& folder)
    : feature_(std::move(feature)), fps_(fps), settings_(settings), folder_(&folder) {}

VideoRoll::~VideoRoll() = default;

bool VideoRoll::must_roll(const ClipPackets& clip) const {
  if (!writer_) return true;
  const std::int64_t frames = static_cast<std::int64_t>(writer_->frames() + clip.frames);
  return !writer_->accepts(clip) || frames > kLongestFileSeconds * fps_ ||
         writer_->bytes() + clip.bytes > settings_.video_bytes();
}

void VideoRoll::next_place() {
  if (any_) place_ = place_.next(settings_.chunks_size);
  any_ = true;
  path_ = "videos/" + feature_ + "/" + place_.text() + ".mp4";
}

void VideoRoll::open(const ClipPackets& clip) {
  close();
  next_place();
  target_ = std::make_unique<AtomicPath>(folder_->file(path_));
  writer_ =
      std::make_unique<media::Mp4Writer>(target_->temp_path(), clip.format, Rational{fps_, 1});
}

ClipPlace VideoRoll::append(const ClipPackets& clip) {
  if (must_roll(clip)) open(clip);
  const ClipPlace place{place_, path_, static_cast<std::int64_t>(writer_->frames())};
  writer_->add(clip);
  return place;
}

void VideoRoll::skip_past(ChunkFile finished) {
  if (!any_ || place_ < finished) place_ = finished;
  any_ = true;
}

ClipPlace VideoRoll::carry(const ClipPackets& clip, const fs::path& file, std::int64_t first_frame,
                           bool stays) {
  if (file != carried_) {
    close();
    carried_ = file;
    if (stays) {
      next_place();
      folder_->carry(file, path_);
    }
  }
  return stays ? ClipPlace{place_, path_, first_frame} : append(clip);
}

void VideoRoll::close() {
  if (!writer_) return;
  writer_->close();
  writer_.reset();
  target_->commit();
  target_.reset();
}

void write_clip(const fs::path& path, const ClipPackets& clip, std::int64_t fps) {
  AtomicPath target(path);
  media::Mp4Writer writer(target.temp_path(), clip.format, Rational{fps, 1});
  writer.add(clip);
  writer.close();
  target.commit();
}

}  // namespace reelcell::writers::lerobot
