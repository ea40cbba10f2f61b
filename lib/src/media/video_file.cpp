#include "reelcell/media/video_file.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "internal/file_source.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

std::string kind_of(const AVStream& stream) {
  if ((stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) return "attachment";
  const char* name = av_get_media_type_string(stream.codecpar->codec_type);
  return name ? name : "unknown";
}

TrackInfo track_info(const AVStream& stream) {
  TrackInfo info;
  info.index = stream.index;
  info.kind = kind_of(stream);
  info.codec = avcodec_get_name(stream.codecpar->codec_id);
  info.time_base = rational_of(stream.time_base);
  if (stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO)
    info.video = stream_format(stream, nullptr);
  if (stream.codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
    info.audio = AudioFormat{info.codec, stream.codecpar->sample_rate,
                             stream.codecpar->ch_layout.nb_channels};
  if (stream.start_time != AV_NOPTS_VALUE) info.start_pts = stream.start_time;
  if (stream.duration != AV_NOPTS_VALUE) info.duration_pts = stream.duration;
  if (stream.nb_frames > 0) info.frames_from_header = stream.nb_frames;
  return info;
}

class FileSource : public VideoSource {
 public:
  explicit FileSource(std::shared_ptr<FileTrack> track) : track_(std::move(track)) {}
  const VideoFormat& format() const override { return scanned().format; }
  const FrameTable& frames() const override { return scanned().index.table; }
  std::unique_ptr<PacketCursor> packets_from(std::uint32_t packet_ordinal) const override {
    PacketReader packets(scanned().index.packets);
    std::uint32_t start = 0;
    if (packets.size() > 0) {
      start = std::min(packet_ordinal, static_cast<std::uint32_t>(packets.size()) - 1);
      while (start > 0 && (packets[start].entry == Entry::kNone || packets[start].lost)) --start;
    }
    return open_file_cursor(track_, start);
  }
  std::string describe() const override {
    return track_->path.filename().string() + " track " + std::to_string(track_->track);
  }

 private:
  const FileTrack& scanned() const {
    std::call_once(track_->scanned, [&] {
      FileTrack& t = *track_;
      t.index = scan_track(t.path, t.file, t.mov, t.track, t.format, t.where, *t.diagnostics);
      if (t.index.average_rate.valid()) t.format.average_rate = t.index.average_rate;
      t.format.reorder_delay = t.index.reorder_delay;
    });
    return *track_;
  }
  std::shared_ptr<FileTrack> track_;
};

}  // namespace

FileInfo probe_file(const fs::path& path) {
  const FormatHandle context = open_and_probe(path);
  FileInfo info;
  info.container = context->iformat->name;
  for (unsigned i = 0; i < context->nb_streams; ++i)
    info.tracks.push_back(track_info(*context->streams[i]));
  const AVDictionaryEntry* tag = nullptr;
  while ((tag = av_dict_get(context->metadata, "", tag, AV_DICT_IGNORE_SUFFIX)) != nullptr)
    info.tags.emplace_back(tag->key, tag->value);
  return info;
}

int sniff_video(const fs::path& path, ByteView head) {
  if (head.size() < 16) return 0;
  quiet_libav();
  Bytes padded(head.begin(), head.end());
  padded.resize(head.size() + AVPROBE_PADDING_SIZE);
  const std::string name = path.filename().string();
  AVProbeData probe{};
  probe.filename = name.c_str();
  probe.buf = padded.data();
  probe.buf_size = static_cast<int>(head.size());
  int score = 0;
  const AVInputFormat* format = av_probe_input_format3(&probe, 1, &score);
  if (format == nullptr) return 0;
  static constexpr std::array<std::string_view, 10> kVideoContainers = {"mov,mp4,m4a,3gp,3g2,mj2",
                                                                        "matroska,webm",
                                                                        "avi",
                                                                        "mpegts",
                                                                        "mpeg",
                                                                        "flv",
                                                                        "asf",
                                                                        "ivf",
                                                                        "nut",
                                                                        "mxf"};
  if (std::find(kVideoContainers.begin(), kVideoContainers.end(), std::string_view(format->name)) ==
      kVideoContainers.end())
    return 0;
  // libav gives half marks for a file name alone; below that it is a guess.
  return score >= AVPROBE_SCORE_EXTENSION ? std::min(score, 95) : 0;
}

std::shared_ptr<VideoSource> open_video_file(const fs::path& path, int track,
                                             Diagnostics& diagnostics) {
  auto state = std::make_shared<FileTrack>(path);
  const FormatHandle context = open_and_probe(path);
  state->track = pick_video_track(*context, track, path);
  state->where = path.string() + " track " + std::to_string(state->track);
  state->mov = is_mov(*context);
  state->diagnostics = &diagnostics;
  bool mirrored = false;
  state->format = stream_format(*context->streams[state->track], &mirrored);
  if (mirrored)
    diagnostics.warn("video-mirrored", state->where,
                     "the track asks to be shown mirrored; pictures are given as coded, turned but "
                     "not mirrored");
  return std::make_shared<FileSource>(std::move(state));
}

}  // namespace reelcell::media
