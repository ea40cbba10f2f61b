// One video file, as the reader will look into it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "internal/codes.hpp"
#include "internal/video_files.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/ordered_pool.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/media/video_file.hpp"

namespace reelcell::writers::lerobot {

namespace {
/// LeRobot's tolerance_s; it compares float32 values.
constexpr float kTolerance = 1e-4F;
constexpr std::int64_t kLongestSeconds = 1000;

class FileCheck {
 public:
  FileCheck(const DataSet& set, const VideoFile& file, Grouped& found)
      : set_(set), file_(file), found_(found) {}
  void run(bool deep, std::uint64_t of_clip, VideoResult& counts);

 private:
  void error(const char* what, const std::string& where, const std::string& message) {
    found_.error(what, file_.path, where, message);
  }
  std::string episode(const ClipEntry& clip) const {
    return fmt::format("episode {}", clip.episode);
  }
  void check_format();
  void check_sound();
  void check_times();
  void check_size();
  void check_counts();
  void check_key(const ClipEntry& clip);
  void check_lookup(const ClipEntry& clip, VideoResult& counts);
  void check_index(VideoResult& counts);
  void decode_borders(VideoResult& counts);
  void look_at_pictures(std::uint64_t of_clip, VideoResult& counts);
  std::int64_t frame_at(double seconds) const {
    return std::llround(seconds * static_cast<double>(set_.fps));
  }

  const DataSet& set_;
  const VideoFile& file_;
  Grouped& found_;
  std::shared_ptr<VideoSource> source_;
  std::vector<double> pts_;  ///< s, in presentation order
  double average_fps_ = 0;
  bool exact_ = true;  ///< every frame at its place on the grid
};

std::optional<Json> stated(const Feature& camera, const char* key) {
  for (const char* section : {"info", "video_info"}) {
    const auto at = camera.raw.find(section);
    if (at != camera.raw.end() && at->is_object() && at->contains(key)) return (*at)[key];
  }
  return std::nullopt;
}

void FileCheck::check_sound() {
  const auto value = stated(*file_.camera, "has_audio");
  if (!value || !value->is_boolean()) return;
  const media::FileInfo info = media::probe_file(set_.root / file_.path);
  const bool sound = std::any_of(info.tracks.begin(), info.tracks.end(),
                                 [](const auto& track) { return track.kind == "audio"; });
  if (sound != value->get<bool>())
    error(code::kVideoFormat, file_.camera->name,
          fmt::format("{} a sound track, meta/info.json says has_audio {}",
                      sound ? "has" : "is without", value->dump()));
}

void FileCheck::check_format() {
  const VideoFormat& format = source_->format();
  const auto hold = [&](const char* key, const Json& truth) {
    const auto value = stated(*file_.camera, key);
    if (value && !value->is_null() && *value != truth)
      error(code::kVideoFormat, file_.camera->name,
            fmt::format("{} is {}, meta/info.json says {}", key, truth.dump(), value->dump()));
  };
  hold("video.codec", format.codec);
  hold("video.width", format.width);
  hold("video.height", format.height);
  if (!format.pix_fmt.empty()) hold("video.pix_fmt", format.pix_fmt);
  check_sound();
  const std::vector<std::int64_t>& shape = file_.camera->shape;
  if (shape.size() != 3) return;
  const bool channels_first = shape[0] <= 4 && shape[2] > 4;
  const std::int64_t height = channels_first ? shape[1] : shape[0],
                     width = channels_first ? shape[2] : shape[1];
  if (height != format.height || width != format.width)
    error(code::kVideoFormat, file_.camera->name,
          fmt::format("frames are {}x{}, the feature's shape says {}x{}", format.width,
                      format.height, width, height));
}

void FileCheck::check_times() {
  const VideoFormat& format = source_->format();
  const double fps = static_cast<double>(set_.fps);
  if (std::abs(pts_.front()) > static_cast<double>(kTolerance)) {
    exact_ = false;
    error(
        code::kVideoFirstPts, "frame 0",
        fmt::format("starts at {:.6f} s, expected 0: every look-up is off by that", pts_.front()));
  }
  for (std::size_t i = 0; i < pts_.size(); ++i) {
    const double ideal = pts_.front() + static_cast<double>(i) / fps;
    if (std::abs(pts_[i] - ideal) <= static_cast<double>(kTolerance)) continue;
    exact_ = false;
    error(code::kVideoRate, fmt::format("frame {}", i),
          fmt::format("is at {:.6f} s, a constant {} frames/s put it at {:.6f} s: re-encode at a "
                      "constant rate",
                      pts_[i], set_.fps, ideal));
  }
  if (std::abs(average_fps_ - fps) > 1e-9 * fps && pts_.size() > 1)
    error(code::kVideoRate, "average_fps",
          fmt::format("is {:.6f}, the data set runs at {}", average_fps_, set_.fps));
  if (format.reorder_delay > 0)
    found_.add(
        exact_ ? FindingLevel::kNote : FindingLevel::kWarning, code::kVideoBFrames, file_.path, "",
        fmt::format("frames are reordered (B-frames, delay {}); {}", format.reorder_delay,
                    exact_
                        ? "their pts are exact, so the reader finds them, at a higher cost a frame"
                        : "re-encode without B-frames"));
}

void FileCheck::check_size() {
  const Json cap = set_.info.value("video_files_size_in_mb", Json());
  std::error_code ignored;
  const std::uint64_t bytes = fs::file_size(set_.root / file_.path, ignored);
  if (cap.is_number() && file_.clips.size() > 1 &&
      static_cast<double>(bytes) > cap.get<double>() * 1024 * 1024)
    found_.warning(code::kFileSize, file_.path, "",
                   fmt::format("has {} bytes, video_files_size_in_mb is {}", bytes, cap.dump()));
  if (file_.clips.size() > 1 && pts_.back() > static_cast<double>(kLongestSeconds))
    found_.warning(code::kVideoLong, file_.path, "",
                   fmt::format("reaches to {:.1f} s; beyond 1,000 s float32 times come near the "
                               "reader's tolerance of 1e-4 s",
                               pts_.back()));
}

void FileCheck::check_counts() {
  std::int64_t expected = 0;
  for (const ClipEntry& clip : file_.clips) {
    const std::int64_t from = frame_at(clip.from), length = static_cast<std::int64_t>(clip.length);
    if (clip.to && frame_at(*clip.to) - from != length)
      error(
          code::kVideoRange, episode(clip),
          fmt::format(
              "from_timestamp {:.6f} to to_timestamp {:.6f} are {} frames, the episode has {} rows",
              clip.from, *clip.to, frame_at(*clip.to) - from, length));
    if (from < expected)
      error(code::kVideoRange, episode(clip),
            fmt::format("starts at frame {}, the one before it ends at {}", from, expected));
    expected = std::max(expected, from + length);
  }
  const std::int64_t frames = static_cast<std::int64_t>(pts_.size());
  if (expected != frames)
    error(code::kVideoFrames, "", fmt::format("has {} frames for {} rows", frames, expected));
}

void FileCheck::check_key(const ClipEntry& clip) {
  const std::int64_t first = frame_at(clip.from);
  const auto& frames = source_->frames().frames;
  if (first < 0 || first >= static_cast<std::int64_t>(frames.size())) return;
  if (!frames[static_cast<std::size_t>(first)].key)
    found_.warning(code::kVideoKey, file_.path, episode(clip),
                   fmt::format("starts at frame {}, which is no key frame: readers decode what "
                               "belongs to the episode before",
                               first));
}

void FileCheck::check_lookup(const ClipEntry& clip, VideoResult& counts) {
  if (!clip.rows) return;
  for (std::uint64_t row = 0; row < clip.rows->rows; ++row) {
    const double query = clip.from + static_cast<double>(row_time(*clip.rows, row, set_.fps));
    const auto near = [&](std::size_t i) {
      return std::abs(static_cast<float>(query) - static_cast<float>(pts_[i])) < kTolerance;
    };
    // "approximate": the frame by number (Python rounds halves to even, as nearbyint does).
    const double number = std::nearbyint(query * average_fps_);
    const bool by_number = number >= 0 && number < static_cast<double>(pts_.size()) &&
                           near(static_cast<std::size_t>(number));
    // "exact": the nearest of the decoded frames.
    const auto after = std::lower_bound(pts_.begin(), pts_.end(), query);
    const bool by_time =
        (after != pts_.end() && near(static_cast<std::size_t>(after - pts_.begin()))) ||
        (after != pts_.begin() && near(static_cast<std::size_t>(after - pts_.begin() - 1)));
    ++counts.lookups;
    if (by_number && by_time) continue;
    error(code::kLookup, fmt::format("{}, frame {}", episode(clip), row),
          fmt::format("the reader asks for {:.6f} s {}: it stops with a tolerance error", query,
                      by_time ? fmt::format("as frame {:.0f}, which is not at that time", number)
                              : "and no frame is within 1e-4 s"));
  }
}

void FileCheck::decode_borders(VideoResult& counts) {
  std::vector<std::uint32_t> ordinals;
  for (const ClipEntry& clip : file_.clips) {
    const std::int64_t first = frame_at(clip.from);
    const std::int64_t last = first + static_cast<std::int64_t>(clip.length) - 1;
    for (const std::int64_t frame : {first, last})
      if (frame >= 0 && frame < static_cast<std::int64_t>(pts_.size()))
        ordinals.push_back(static_cast<std::uint32_t>(frame));
  }
  std::sort(ordinals.begin(), ordinals.end());
  Diagnostics diagnostics;
  media::for_each_frame(
      source_, ordinals,
      [&](std::size_t position, const media::DecodedFrame* frame) {
        if (frame) {
          ++counts.decoded;
        } else {
          error(code::kVideoDecode, fmt::format("frame {}", ordinals[position]),
                "at an episode's border cannot be decoded");
        }
      },
      diagnostics);
}

/// Over a network a reader of the first frame then has to ask for the end of the file first.
void FileCheck::check_index(VideoResult& counts) {
  const InputFile input(set_.root / file_.path);
  std::array<std::uint8_t, 16> head{};
  for (std::uint64_t at = 0; input.read_at(at, head) == head.size();) {
    const auto number = [&](std::size_t from, std::size_t bytes) {
      std::uint64_t value = 0;
      for (std::size_t i = from; i < from + bytes; ++i) value = value << 8 | head[i];
      return value;
    };
    const std::string_view type(reinterpret_cast<const char*>(head.data()) + 4, 4);
    if (type == "moov") return;
    if (type == "mdat") counts.index_behind.push_back(file_.path);
    if (type == "mdat") return;
    const std::uint64_t size = number(0, 4) == 1 ? number(8, 8) : number(0, 4);
    if (size < 8 || size > std::uint64_t{1} << 62) return;  // the last box, or no MP4
    at += size;
  }
}

void FileCheck::look_at_pictures(std::uint64_t of_clip, VideoResult& counts) {
  std::vector<std::uint32_t> ordinals;
  std::vector<std::int64_t> episodes;
  for (const ClipEntry& clip : file_.clips) {
    const std::int64_t first = frame_at(clip.from);
    const std::uint64_t taken = of_clip == 0 ? clip.length : std::min(of_clip, clip.length);
    counts.truths[file_.camera->name][clip.episode].frames = clip.length;
    for (std::uint64_t i = 0; i < taken; ++i) {
      const std::int64_t frame = first + static_cast<std::int64_t>(i * clip.length / taken);
      if (frame < 0 || frame >= static_cast<std::int64_t>(pts_.size())) continue;
      if (!ordinals.empty() && frame < ordinals.back()) continue;  // clips that overlap are told
      ordinals.push_back(static_cast<std::uint32_t>(frame));
      episodes.push_back(clip.episode);
    }
  }
  Diagnostics diagnostics;
  auto& truths = counts.truths[file_.camera->name];
  media::for_each_frame(
      source_, ordinals,
      [&](std::size_t position, const media::DecodedFrame* frame) {
        if (!frame) return;
        truths[episodes[position]].add(frame->convert(media::PixelFormat::kRgb24).data,
                                       of_clip == 0);
        ++counts.pictures;
      },
      diagnostics);
}

void FileCheck::run(bool deep, std::uint64_t of_clip, VideoResult& counts) {
  Diagnostics diagnostics;
  source_ = media::open_video_file(set_.root / file_.path, -1, diagnostics);
  const FrameTable& table = source_->frames();
  for (const Diagnostic& loss : diagnostics.summary())
    if (loss.severity == Severity::kLoss) error(code::kVideoUnreadable, loss.code, loss.message);
  if (table.frames.empty()) throw InputError("has no frames");
  for (const FrameRecord& frame : table.frames)
    pts_.push_back(static_cast<double>(frame.pts) * static_cast<double>(table.time_base.num) /
                   static_cast<double>(table.time_base.den));
  const Rational rate = source_->format().average_rate;
  average_fps_ = rate.valid() ? static_cast<double>(rate.num) / static_cast<double>(rate.den)
                              : static_cast<double>(set_.fps);
  ++counts.files;
  counts.frames += table.frames.size();
  check_index(counts);
  check_format();
  check_size();
  if (set_.fps == 0) return;
  check_times();
  check_counts();
  for (const ClipEntry& clip : file_.clips) {
    check_key(clip);
    check_lookup(clip, counts);
  }
  if (!deep) return;
  decode_borders(counts);
  if (file_.camera) look_at_pictures(of_clip, counts);
}
}  // namespace

FileResult check_video_file(const DataSet& set, const VideoFile& file, bool deep,
                            std::uint64_t of_clip) {
  FileResult result;
  try {
    FileCheck(set, file, result.found).run(deep, of_clip, result.counts);
  } catch (const Error& error) {
    result.found.error(code::kVideoUnreadable, file.path, "", "cannot be read: " + error.message());
  }
  return result;
}

VideoResult check_videos(DataSet& set, const RowsResult& rows, const VerifyOptions& options,
                         Grouped& found) {
  const std::vector<VideoFile> files = collect_videos(set, rows, found);
  VideoResult total;
  std::uint64_t frames = 0;
  for (const VideoFile& file : files)
    for (const ClipEntry& clip : file.clips) frames += clip.length;
  const std::uint64_t of_clip = frames <= kAllFrames ? 0 : kFramesOfClip;
  ordered_pool<FileResult>(
      files.size(), options.threads,
      [&](std::size_t i) { return check_video_file(set, files[i], options.deep, of_clip); },
      [&](std::size_t, FileResult&& result) {
        found.merge(result.found);
        total.files += result.counts.files;
        total.frames += result.counts.frames;
        total.lookups += result.counts.lookups;
        total.decoded += result.counts.decoded;
        total.pictures += result.counts.pictures;
        const auto& behind = result.counts.index_behind;
        total.index_behind.insert(total.index_behind.end(), behind.begin(), behind.end());
        for (auto& [camera, episodes] : result.counts.truths)
          for (auto& [episode, truth] : episodes) total.truths[camera][episode].merge(truth);
      });
  if (!total.index_behind.empty())
    found.note(code::kVideoFaststart, "videos", total.index_behind.front(),
               fmt::format("{} of {} files have their index behind their frames; ffmpeg -c copy "
                           "-movflags +faststart moves it to the front, where readers over a "
                           "network find it at once",
                           total.index_behind.size(), total.files));
  return total;
}

}  // namespace reelcell::writers::lerobot
