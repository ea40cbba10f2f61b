// One camera's video files: clips are appended, a new file starts where a reader would otherwise
// fail.
#pragma once

#include <memory>
#include <string>

#include "layout.hpp"
#include "reelcell/media/mp4.hpp"

namespace reelcell::writers::lerobot {

/// Where a clip went: frames [first_frame, first_frame + frames) of a file.
struct ClipPlace {
  ChunkFile file;
  std::string path;  ///< relative to the data set
  std::int64_t first_frame = 0;
};

/// Throws PlanError when the clip does not have one frame a row at the set's rate.
void check_clip(const Episode& episode, const EpisodeClip& clip, std::int64_t fps);
/// The episode's clip of a video feature; PlanError when there is none.
const EpisodeClip& clip_of(const Episode& episode, const std::string& feature);
/// "info" of a video feature in info.json.
Json video_info(const VideoFormat& format, std::int64_t fps);

class VideoRoll {
 public:
  VideoRoll(std::string feature, std::int64_t fps, const Settings& settings, OutputFolder& folder);
  ~VideoRoll();
  VideoRoll(const VideoRoll&) = delete;
  VideoRoll& operator=(const VideoRoll&) = delete;
  ClipPlace append(const ClipPackets& clip);
  /// The next file comes after this one, which is finished.
  void skip_past(ChunkFile finished);
  /// The clip at `first_frame` of a file in another data set. A file of which every clip stays is
  /// taken as it is; of others, each becomes a file without those that go.
  ClipPlace carry(const ClipPackets& clip, const fs::path& file, std::int64_t first_frame,
                  bool stays);
  void close();

 private:
  bool must_roll(const ClipPackets& clip) const;
  void open(const ClipPackets& clip);
  void next_place();

  std::string feature_;
  std::int64_t fps_;
  Settings settings_;
  OutputFolder* folder_;
  ChunkFile place_;
  bool any_ = false;
  std::string path_;
  fs::path carried_;  ///< the file of the other data set that clips come from
  std::unique_ptr<AtomicPath> target_;
  std::unique_ptr<media::Mp4Writer> writer_;
};

/// One whole file of one clip.
void write_clip(const fs::path& path, const ClipPackets& clip, std::int64_t fps);

}  // namespace reelcell::writers::lerobot
