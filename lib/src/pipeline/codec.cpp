#include "internal/codec.hpp"

#include <algorithm>

#include "internal/archive.hpp"
#include "reelcell/media/clip.hpp"

namespace reelcell::pipeline {

template <class A>
void fields(A& a, Rational& v) {
  a(v.num, v.den);
}
template <class A>
void fields(A& a, TimeRange& v) {
  a(v.start, v.end);
}
template <class A>
void fields(A& a, Boundary& v) {
  a(v.source, v.uncertainty);
}
template <class A>
void fields(A& a, Label& v) {
  a(v.name, v.value, v.confidence, v.rule, v.inputs, v.explanation);
}
template <class A>
void fields(A& a, Segment& v) {
  a(v.range, v.kind, v.name, v.begin, v.finish, v.attributes, v.labels, v.task);
}
template <class A>
void fields(A& a, FeatureSpec& v) {
  a(v.name, v.dtype, v.is_video, v.shape, v.names, v.unit, v.modality, v.parts);
}
template <class A>
void fields(A& a, Diagnostic& v) {
  a(v.severity, v.code, v.where, v.message, v.count, v.first_ns, v.last_ns);
}
template <class A>
void fields(A& a, UsedSource& v) {
  a(v.role, v.stream, v.file, v.first, v.last, v.timed);
}
template <class A>
void fields(A& a, Candidate& v) {
  a(v.session, v.segment, v.group, v.split, v.key, v.sources, v.bytes);
}
template <class A>
void fields(A& a, CameraSource& v) {
  a(v.feature, v.codec, v.pix_fmt, v.can_copy);
}
template <class A>
void fields(A& a, SessionPlan& v) {
  a(v.error, v.features, v.cameras, v.time_streams, v.rate, v.robot_type, v.label_units, v.sound,
    v.candidates, v.losses, v.bytes_per_second, v.picture_bytes);
}
template <class A>
void fields(A& a, ColumnSpec& v) {
  a(v.name, v.dtype, v.width, v.unit, v.element_names);
}
template <class A>
void fields(A& a, Column& v) {
  a(v.spec, v.data);
}
template <class A>
void fields(A& a, SeriesSlice& v) {
  a(v.times, v.columns);
}
template <class A>
void fields(A& a, RowTimes& v) {
  a(v.stream, v.source, v.skew_ns, v.flag);
}
template <class A>
void fields(A& a, NativeSeries& v) {
  a(v.stream, v.samples, v.begin, v.end);
}
template <class A>
void fields(A& a, EpisodeStill& v) {
  a(v.feature, v.name, v.time, v.pts, v.extension, v.data);
}
template <class A>
void fields(A& a, PictureObject& v) {
  a(v.label, v.track, v.shape, v.box[0], v.box[1], v.box[2], v.box[3], v.outlines, v.runs,
    v.occluded, v.interpolated, v.attributes, v.source);
}
template <class A>
void fields(A& a, ClipObjects::Entry& v) {
  a(v.row, v.object);
}
template <class A>
void fields(A& a, ClipObjects& v) {
  a(v.feature, v.stream, v.width, v.height, v.entries);
}
template <class A>
void fields(A& a, SourceLineage& v) {
  a(v.stream, v.path, v.format, v.item, v.roles, v.xxh3_128, v.sha256, v.no_hash, v.timed,
    v.first_pts, v.last_pts, v.time_base, v.first, v.last, v.clock_map);
}
template <class A>
void fields(A& a, VideoFormat& v) {
  a(v.codec, v.width, v.height, v.pix_fmt, v.extradata, v.time_base, v.average_rate, v.pixel_aspect,
    v.rotation, v.profile, v.level, v.reorder_delay, v.codec_tag, v.color_range, v.color_space,
    v.color_primaries, v.color_transfer, v.bit_depth);
}
template <class A>
void fields(A& a, VideoPacket& v) {
  a(v.data, v.pts, v.dts, v.duration, v.ordinal, v.key, v.discard);
}
template <class A>
void fields(A& a, Decision& v) {
  a(v.key, v.session, v.segment, v.split, v.action, v.gates, v.reason, v.failed);
}

namespace {

/// Of a stored clip: the pts of the frame that each row shows, and nothing else.
class RowFrames : public VideoSource {
 public:
  RowFrames(VideoFormat format, Rational time_base, std::vector<std::int64_t> pts)
      : format_(std::move(format)) {
    table_.time_base = time_base;
    table_.packets = static_cast<std::uint32_t>(pts.size());
    for (const std::int64_t at : pts) {
      FrameRecord frame;
      frame.pts = at;
      frame.packet = static_cast<std::uint32_t>(table_.frames.size());
      table_.frames.push_back(frame);
    }
  }
  const VideoFormat& format() const override { return format_; }
  const FrameTable& frames() const override { return table_; }
  std::unique_ptr<PacketCursor> packets_from(std::uint32_t) const override {
    throw InputError(describe(), "its packets are not at hand");
  }
  std::string describe() const override { return "stored result"; }

 private:
  VideoFormat format_;
  FrameTable table_;
};

struct StoredClip {
  std::string feature, stream;
  VideoFormat source_format;
  Rational source_time_base;
  std::vector<std::uint32_t> frame;
  std::vector<std::int64_t> pts;
  bool packets_stored = false;
  ClipPackets packets;
  std::uint32_t copied_frames = 0;
  std::uint64_t copied_bytes = 0;
};

template <class A>
void fields(A& a, StoredClip& v) {
  a(v.feature, v.stream, v.source_format, v.source_time_base, v.frame, v.pts, v.packets_stored);
  a(v.packets.format, v.packets.rate, v.packets.frames, v.packets.copied, v.packets.reason,
    v.packets.bytes, v.packets.packets, v.copied_frames, v.copied_bytes);
}

/// Everything but the clips.
template <class A>
void episode_fields(A& a, Episode& v) {
  a(v.key, v.session_id, v.session_attributes, v.segment, v.split, v.rows, v.time, v.columns,
    v.row_times, v.native, v.stills, v.objects, v.lineage, v.video_stats);
}

StoredClip store_clip(const EpisodeClip& clip, PacketScope scope) {
  StoredClip stored;
  stored.feature = clip.feature;
  stored.stream = clip.stream;
  stored.source_format = clip.source->format();
  const FrameTable& table = clip.source->frames();
  stored.source_time_base = table.time_base;
  stored.frame = clip.frame;
  for (const std::uint32_t ordinal : clip.frame) stored.pts.push_back(table.frames.at(ordinal).pts);
  stored.packets = clip.packets;
  stored.copied_frames = clip.copied_frames;
  stored.copied_bytes = clip.copied_bytes;
  stored.packets_stored = scope == PacketScope::kAll || !clip.packets.copied;
  if (!stored.packets_stored) stored.packets.packets.clear();
  return stored;
}

EpisodeClip restore_clip(StoredClip&& stored, bool* missing_packets) {
  EpisodeClip clip;
  clip.feature = std::move(stored.feature);
  clip.stream = std::move(stored.stream);
  clip.packets = std::move(stored.packets);
  clip.copied_frames = stored.copied_frames;
  clip.copied_bytes = stored.copied_bytes;
  clip.frame = std::move(stored.frame);
  if (!stored.packets_stored) {
    // The source comes back with the packets; until then the frames keep their true ordinals.
    *missing_packets = true;
    return clip;
  }
  clip.source = std::make_shared<RowFrames>(std::move(stored.source_format),
                                            stored.source_time_base, std::move(stored.pts));
  for (std::size_t row = 0; row < clip.frame.size(); ++row)
    clip.frame[row] = static_cast<std::uint32_t>(row);
  return clip;
}

template <class T>
T& writable(const T& value) {
  return const_cast<T&>(value);  // an Encoder only reads
}

template <class T>
Bytes encode_one(const T& value) {
  Encoder encoder;
  encoder(writable(value));
  return encoder.take();
}

}  // namespace

Bytes encode_plan(const SessionPlan& plan) { return encode_one(plan); }
SessionPlan decode_plan(ByteView bytes) {
  SessionPlan plan;
  Decoder decoder(bytes);
  decoder(plan);
  return plan;
}
Bytes encode_segment(const Segment& segment) { return encode_one(segment); }
Bytes encode_features(const std::vector<FeatureSpec>& features) { return encode_one(features); }

Bytes encode_candidate(const BuiltCandidate& built, PacketScope scope) {
  Encoder encoder;
  std::vector<Diagnostic> pixels = built.pixels.summary(), losses = built.losses;
  bool has_episode = built.episode.has_value();
  encoder(writable(built.decision), pixels, losses, has_episode);
  if (has_episode) {
    episode_fields(encoder, writable(*built.episode));
    std::vector<StoredClip> clips;
    for (const EpisodeClip& clip : built.episode->clips) clips.push_back(store_clip(clip, scope));
    encoder(clips);
  }
  return encoder.take();
}

std::unique_ptr<BuiltCandidate> decode_candidate(ByteView bytes, bool* missing_packets) {
  *missing_packets = false;
  Decoder decoder(bytes);
  auto built = std::make_unique<BuiltCandidate>();
  std::vector<Diagnostic> pixels;
  bool has_episode = false;
  decoder(built->decision, pixels, built->losses, has_episode);
  for (Diagnostic& entry : pixels) built->pixels.add(std::move(entry));
  if (has_episode) {
    Episode& episode = built->episode.emplace();
    episode_fields(decoder, episode);
    std::vector<StoredClip> clips;
    decoder(clips);
    for (StoredClip& clip : clips)
      episode.clips.push_back(restore_clip(std::move(clip), missing_packets));
  }
  if (!decoder.at_end()) throw InputError("the stored result has bytes after its end");
  return built;
}

Decision decode_decision(ByteView head) {
  Decoder decoder(head);
  Decision decision;
  decoder(decision);
  return decision;
}

void copy_packets(const BuildPlan& plan, const OpenSession& session, Episode& episode) {
  for (EpisodeClip& clip : episode.clips) {
    if (clip.source) continue;
    clip.source = session.video(clip.stream);
    // A recipe whose outputs want no clips has none to copy either.
    if (clip.packets.copied)
      clip.packets = media::copy_clip(*clip.source, clip.frame, plan.schema.rate);
  }
}

}  // namespace reelcell::pipeline
