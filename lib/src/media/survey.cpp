// A track at a glance: its tables, or the two ends of a file that has none.
#include <algorithm>

#include "internal/container.hpp"
#include "internal/index.hpp"
#include "internal/scan.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/video_file.hpp"

namespace reelcell::media {

namespace {

constexpr std::size_t kHeadsLookedAt = 256;

VideoFormat format_of_track(const AVStream& stream) {
  if (stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO) return stream_format(stream, nullptr);
  VideoFormat format;
  format.codec = avcodec_get_name(stream.codecpar->codec_id);
  format.time_base = rational_of(stream.time_base);
  return format;
}

/// Shown time and end of the packet shown last.
void take_end(TrackSurvey& survey, const PacketEntry& p) {
  if (p.pts == AV_NOPTS_VALUE || p.lost || p.discard) return;
  survey.last_pts = std::max(survey.last_pts.value_or(p.pts), p.pts);
  const std::int64_t end = p.pts + p.duration;
  survey.end_pts = std::max(survey.end_pts.value_or(end), end);
}

TrackSurvey survey_of(TrackIndex index) {
  TrackSurvey survey;
  if (!index.table.frames.empty()) survey.first_pts = index.table.frames.front().pts;
  index.packets.each([&](const PacketEntry& p) { take_end(survey, p); });
  survey.average_rate = index.average_rate;
  survey.frames = std::move(index.table);
  return survey;
}

/// Reads packets of `track` until the demuxer stands past `limit`; false: the end of the file came.
bool read_until(const FormatHandle& context, int track, std::int64_t limit,
                const VideoFormat& format, std::vector<PacketEntry>& packets) {
  const PacketHandle packet = new_packet();
  const int nal_length = nal_length_size(format.codec, format.extradata);
  for (int errors = 0; errors < 16;) {
    if (avio_tell(context->pb) > limit) return true;
    const int result = av_read_frame(context.get(), packet.get());
    if (result < 0) throw_if_unreadable(context);
    if (result == AVERROR_EOF) return false;
    if (result < 0) {
      ++errors;
      continue;
    }
    if (packet->stream_index == track) {
      PacketEntry entry = entry_of(*packet);
      if (!entry.lost)
        entry.seen = classify_frame(format.codec, nal_length,
                                    {packet->data, static_cast<std::size_t>(packet->size)});
      packets.push_back(entry);
    }
    av_packet_unref(packet.get());
  }
  return false;
}

/// Leaves the first whole GOPs: what follows the last key frame may lack frames shown before it.
void keep_whole_gops(std::vector<PacketEntry>& packets) {
  for (std::size_t i = packets.size(); i-- > 1;)
    if (packets[i].flagged_key) {
      packets.resize(i);
      return;
    }
}

/// Goes to the last part of the file: by its index, or by bytes where packets can be found from
/// anywhere.
bool seek_near_end(AVFormatContext& context, int track, std::int64_t size, std::int64_t budget) {
  const std::string_view name = context.iformat->name;
  if (name == "mpegts" || name == "mpeg")
    return av_seek_frame(&context, track, std::max<std::int64_t>(0, size - budget),
                         AVSEEK_FLAG_BYTE) >= 0;
  AVStream* const stream = context.streams[track];
  // Matroska reads its Cues when it is first asked to seek.
  const std::int64_t start = stream->start_time == AV_NOPTS_VALUE ? 0 : stream->start_time;
  if (av_seek_frame(&context, track, start, AVSEEK_FLAG_BACKWARD) < 0) return false;
  const int entries = avformat_index_get_entries_count(stream);
  if (entries < 1) return false;
  const AVIndexEntry* const last = avformat_index_get_entry(stream, entries - 1);
  // An index that ends early (a recorder that was killed) would make this a read of the rest.
  if (last->pos >= 0 && last->pos < size - budget) return false;
  return av_seek_frame(&context, track, last->timestamp, AVSEEK_FLAG_BACKWARD) >= 0;
}

}  // namespace

TrackSurvey survey_track(const fs::path& path, int track, std::uint64_t budget) {
  FormatHandle context = open_and_probe(path);
  const std::string where = path.string() + " track " + std::to_string(track);
  if (track < 0 || track >= static_cast<int>(context->nb_streams))
    throw InputError(where, "the file has no such track");
  const VideoFormat format = format_of_track(*context->streams[track]);
  const InputFile file(path);
  Diagnostics ignored;  // the same is reported when the track is read
  const bool mov = is_mov(*context);
  if (mov || file.size() <= budget) {
    context.reset();  // libav's own tables: up to 60 bytes a frame
    TrackSurvey survey =
        survey_of(scan_track(path, file, mov, track, format, where, ignored, kHeadsLookedAt));
    survey.packets = survey.frames.frames.size();
    return survey;
  }
  for (unsigned i = 0; i < context->nb_streams; ++i)
    if (static_cast<int>(i) != track) context->streams[i]->discard = AVDISCARD_ALL;
  const auto size = static_cast<std::int64_t>(file.size());
  const auto bytes = static_cast<std::int64_t>(budget);
  TrackIndex head;
  head.only_decode_times = std::string_view(context->iformat->name) == "avi";
  std::vector<PacketEntry> begin;
  read_until(context, track, bytes, format, begin);
  keep_whole_gops(begin);
  head.packets = PacketEntries(begin);
  finish_index(head, format, where, ignored);
  TrackSurvey survey = survey_of(std::move(head));
  survey.last_pts = survey.end_pts = std::nullopt;
  std::vector<PacketEntry> tail;
  if (seek_near_end(*context, track, size, bytes) &&
      !read_until(context, track, INT64_MAX, format, tail)) {
    for (PacketEntry& p : tail) {
      if (p.pts == AV_NOPTS_VALUE) p.pts = p.dts;
      take_end(survey, p);
    }
  }
  return survey;
}

}  // namespace reelcell::media
