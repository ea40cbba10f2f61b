// Video files as recordings: each video track a stream, audio tracks listed.
#include <algorithm>
#include <mutex>

#include "internal/frame_stamps.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/media/video_file.hpp"
#include "reelcell/model/recording.hpp"

namespace reelcell::readers {

namespace {

std::string track_name(const fs::path& path, const media::FileInfo& info,
                       const media::TrackInfo& track) {
  const auto alike =
      std::count_if(info.tracks.begin(), info.tracks.end(),
                    [&](const media::TrackInfo& other) { return other.kind == track.kind; });
  std::string name = path.stem().string();
  if (track.kind == "audio") name += "_audio";
  return alike > 1 ? name + "_" + std::to_string(track.index) : name;
}

std::optional<StreamTime> time_of(std::optional<std::int64_t> pts, Rational time_base) {
  if (!pts || !time_base.valid()) return std::nullopt;
  return StreamTime(pts_to_ns(*pts, time_base));
}

constexpr std::uint64_t kListedAtOnce =
    256 << 20;  ///< a larger file's frames are not listed to tell what it holds
constexpr std::uint64_t kGlance = 24 << 20;  ///< read at each end of one

/// What the header says for certain. Its rates, durations and frame counts are often guesses, and
/// wrong in fragmented files: those come from the packets.
StreamInfo stream_info(const fs::path& path, const media::FileInfo& info,
                       const media::TrackInfo& track) {
  StreamInfo out;
  out.item = std::to_string(track.index);
  out.suggested_name = track_name(path, info, track);
  out.kind = track.video ? StreamKind::kVideo : StreamKind::kAudio;
  out.time_field = "pts";
  out.details["container"] = info.container;
  out.details["codec"] = track.codec;
  out.details["time_base"] =
      std::to_string(track.time_base.num) + "/" + std::to_string(track.time_base.den);
  out.video = track.video;
  if (track.audio) {
    out.details["sample_rate_hz"] = track.audio->sample_rate;
    out.details["channels"] = track.audio->channels;
    if (track.audio->sample_rate > 0) out.rate_hz = track.audio->sample_rate;
  }
  return out;
}

/// Times from the packets, as far as a moment's reading finds them. A video in a file that is
/// listed in a moment tells its own.
void look_into(const fs::path& path, bool large, StreamInfo& stream) {
  if (stream.kind == StreamKind::kVideo && !large) return;
  media::TrackSurvey survey = media::survey_track(path, std::stoi(stream.item), kGlance);
  const Rational time_base = survey.frames.time_base;
  stream.first = time_of(survey.first_pts, time_base);
  if (stream.kind == StreamKind::kAudio) {
    stream.last = time_of(survey.end_pts, time_base);
    if (survey.packets) stream.details["packets"] = *survey.packets;
    return;
  }
  stream.last = time_of(survey.last_pts, time_base);
  stream.count = survey.packets;
  if (survey.average_rate.valid())
    stream.rate_hz =
        static_cast<double>(survey.average_rate.num) / static_cast<double>(survey.average_rate.den);
  stream.glance = std::make_shared<const FrameTable>(std::move(survey.frames));
}

std::vector<SourceFile> files_of(const fs::path& path, const OptionValues& options) {
  if (!options.has("times")) return {};
  fs::path times = options.text("times");
  if (times.is_relative()) times = path.parent_path() / times;
  return {{"stamps", times}};
}

bool is_read(const media::TrackInfo& track) {
  return track.kind == "video" || track.kind == "audio";
}
/// A track of which libav cannot say what it is. A TS file says of MJPEG, VP9 or FFV1 only that it
/// is private data.
bool is_unknown(const media::TrackInfo& track) {
  return track.kind == "unknown" || (track.kind == "data" && track.codec == "bin_data");
}
std::string track_place(const fs::path& path, const media::TrackInfo& track) {
  return path.filename().string() + " track " + std::to_string(track.index);
}
std::string unknown_track_text(const media::FileInfo& info) {
  std::string text = "is of no kind that can be told, and is not read";
  if (info.container == "mpegts")
    text +=
        "; video other than MPEG-2, MPEG-4, H.264 and HEVC is mere data in a TS file: record it "
        "into MKV";
  return text;
}

class VideoRecording : public Recording {
 public:
  VideoRecording(const OpenRequest& request, Diagnostics& diagnostics) : path_(request.path) {
    const media::FileInfo info = media::probe_file(path_);
    for (const media::TrackInfo& track : info.tracks) {
      if (is_read(track)) streams_.push_back(stream_info(path_, info, track));
      if (is_unknown(track))
        diagnostics.loss("video-track-unknown", track_place(path_, track),
                         unknown_track_text(info));
    }
    for (const SourceFile& times : files_of(path_, request.options))
      stamps_ = video::StampOptions{times.path, request.options.text("times_column"),
                                    parse_time_unit(request.options.text("times_unit"))};
  }
  const std::vector<StreamInfo>& streams() const override {
    std::call_once(looked_, [this] {
      const bool large = fs::file_size(path_) > kListedAtOnce;
      for (StreamInfo& stream : streams_) look_into(path_, large, stream);
    });
    return streams_;
  }

  std::unique_ptr<SeriesCursor> open_series(const std::string& item, Diagnostics&) const override {
    throw InputError(path_.string(), not_a(item, "series"));
  }
  std::unique_ptr<EventCursor> open_events(const std::string& item, Diagnostics&) const override {
    throw InputError(path_.string(), not_a(item, "events"));
  }
  std::shared_ptr<VideoSource> open_video(const std::string& item,
                                          Diagnostics& diagnostics) const override {
    auto source = media::open_video_file(path_, item.empty() ? -1 : index_of(item), diagnostics);
    if (!stamps_) return source;
    return video::with_stamps(std::move(source), video::read_stamps(*stamps_), *stamps_);
  }

 private:
  std::string not_a(const std::string& item, const std::string& kind) const {
    return "track '" + item + "' holds no " + kind + "; a video file has video and audio tracks. " +
           "Set the stream's \"kind\" to \"video\"";
  }
  int index_of(const std::string& item) const {
    std::vector<std::string> videos;
    for (const StreamInfo& stream : streams()) {
      if (stream.kind != StreamKind::kVideo) continue;
      if (stream.item == item) return std::stoi(item);
      videos.push_back(stream.item);
    }
    throw InputError(path_.string(), unknown_name("video track", item, videos));
  }
  fs::path path_;
  mutable std::once_flag looked_;
  mutable std::vector<StreamInfo> streams_;
  std::optional<video::StampOptions> stamps_;
};

std::vector<std::string> one_episode(const fs::path&) { return {""}; }

std::unique_ptr<Recording> open_recording(const OpenRequest& request, Diagnostics& diagnostics) {
  return std::make_unique<VideoRecording>(request, diagnostics);
}

void tell(const Diagnostics& diagnostics, const std::string& path, Findings& findings) {
  for (const Diagnostic& entry : diagnostics.summary()) {
    std::string code = "VIDEO";
    for (const char c : entry.code.substr(entry.code.find('-')))
      code += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    std::string message = entry.message;
    if (entry.count > 1) message += " (" + std::to_string(entry.count) + " times)";
    if (entry.first_ns) message += ", first at " + format_seconds(Nanos(*entry.first_ns)) + " s";
    const FindingLevel level = entry.severity == Severity::kLoss      ? FindingLevel::kError
                               : entry.severity == Severity::kWarning ? FindingLevel::kWarning
                                                                      : FindingLevel::kNote;
    findings.add(level, code, path, entry.where, message);
  }
}

/// Every packet of every video track; with `deep` every frame is decoded.
void verify_file(const fs::path& path, const VerifyOptions& options, Findings& findings) {
  const std::string name = path.filename().string();
  try {
    const media::FileInfo info = media::probe_file(path);
    for (const media::TrackInfo& track : info.tracks) {
      if (is_unknown(track))
        findings.error("VIDEO-TRACK-UNKNOWN", name, "track " + std::to_string(track.index),
                       unknown_track_text(info));
      if (track.kind != "video") continue;
      Diagnostics diagnostics;
      const std::shared_ptr<const VideoSource> source =
          media::open_video_file(path, track.index, diagnostics);
      findings.checked("frames", source->frames().frames.size());
      const std::string& codec = source->format().codec;
      const bool decodable = media::has_decoder(codec);
      if (!decodable)
        findings.warning("VIDEO-NO-DECODER", name, "track " + std::to_string(track.index),
                         "codec '" + codec +
                             "' has no decoder in the installed libav: its packets can "
                             "be read, its pictures cannot");
      if (decodable && source->format().pix_fmt.empty() && !source->frames().frames.empty())
        findings.error("VIDEO-NO-PICTURE", name, "track " + std::to_string(track.index),
                       "no picture could be decoded; --deep counts the frames");
      if (options.deep && decodable && !source->frames().frames.empty()) {
        media::FrameCursor cursor(source, 0, diagnostics);
        media::DecodedFrame frame;
        std::uint64_t decoded = 0;
        while (cursor.next(frame)) ++decoded;
        findings.checked("frames decoded", decoded);
      }
      tell(diagnostics, name, findings);
    }
  } catch (const InputError& error) {
    findings.error("VIDEO-UNREADABLE", name, error.where(), error.message());
  }
}

}  // namespace

const ReaderRow& video_reader() {
  static const ReaderRow row{
      .name = "video",
      .summary = "video files: MP4, MOV, MKV, WebM, AVI, MPEG-TS",
      .extensions = {".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".ts", ".m2ts", ".mts"},
      .options = {{.name = "times",
                   .type = OptionType::kText,
                   .unit = "",
                   .fallback = nullptr,
                   .help = "CSV file with one time stamp a frame, beside the video; replaces the "
                           "times in the video",
                   .choices = {},
                   .optional = true},
                  {.name = "times_column",
                   .type = OptionType::kText,
                   .unit = "",
                   .fallback = "time",
                   .help = "Column of that CSV file that holds the frame's time"},
                  {.name = "times_unit",
                   .type = OptionType::kChoice,
                   .unit = "",
                   .fallback = "s",
                   .help = "Unit of that column",
                   .choices = {"s", "ms", "us", "ns", "rfc3339"}}},
      .sniff = media::sniff_video,
      .episodes = one_episode,
      .open = open_recording,
      .verify = verify_file,
      .files_of = files_of,
  };
  return row;
}

}  // namespace reelcell::readers
