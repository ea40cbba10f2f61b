#include "internal/scan.hpp"

#include <algorithm>
#include <climits>

#include "internal/container.hpp"
#include "internal/index.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

std::uint32_t clamp_u32(std::int64_t value) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, UINT32_MAX));
}

}  // namespace

PacketEntry entry_of(const AVPacket& packet) {
  PacketEntry entry;
  entry.pts = packet.pts;
  entry.dts = packet.dts;
  entry.position = packet.pos;
  entry.size = static_cast<std::uint32_t>(std::max(packet.size, 0));
  entry.duration = clamp_u32(packet.duration);
  entry.flagged_key = (packet.flags & AV_PKT_FLAG_KEY) != 0;
  entry.discard = (packet.flags & AV_PKT_FLAG_DISCARD) != 0;
  entry.lost = (packet.flags & AV_PKT_FLAG_CORRUPT) != 0;
  return entry;
}

namespace {

constexpr std::size_t kHeadBytes =
    4096;                         ///< reaches the first slice behind parameter sets and usual SEI
constexpr int kReadRetries = 16;  ///< damaged places a demuxer may stumble over in a row

/// What was seen of loss during the pass; told once at the end.
struct Loss {
  std::uint64_t count = 0;
  std::int64_t first_ns = 0, last_ns = 0;
  void add(const PacketEntry& p, Rational time_base) {
    const std::int64_t pts = p.pts != AV_NOPTS_VALUE ? p.pts : p.dts;
    const std::int64_t ns = pts == AV_NOPTS_VALUE ? last_ns : pts_to_ns(pts, time_base).count();
    first_ns = count == 0 ? ns : std::min(first_ns, ns);
    last_ns = count == 0 ? ns : std::max(last_ns, ns);
    ++count;
  }
  void tell(Diagnostics& diagnostics, const char* code, const std::string& where,
            const std::string& message) const {
    if (count == 0) return;
    Diagnostic entry;
    entry.severity = Severity::kLoss;
    entry.code = code;
    entry.where = where;
    entry.message = message;
    entry.count = count;
    entry.first_ns = first_ns;
    entry.last_ns = last_ns;
    diagnostics.add(std::move(entry));
  }
};

/// libav hands on a changed configuration with the packet at which it starts; the first one is no
/// change.
bool changes_configuration(const AVPacket& packet, const VideoFormat& format) {
  std::size_t size = 0;
  const std::uint8_t* data = av_packet_get_side_data(&packet, AV_PKT_DATA_NEW_EXTRADATA, &size);
  return data != nullptr &&
         !std::equal(data, data + size, format.extradata.begin(), format.extradata.end());
}

/// Reads the first bytes of packets in an MP4, where they lie as they are.
class HeadReader {
 public:
  HeadReader(const InputFile& file, const VideoFormat& format)
      : file_(file),
        codec_(format.codec),
        nal_length_(nal_length_size(format.codec, format.extradata)) {}
  void classify(PacketEntry& entry) {
    if (entry.lost || entry.position < 0) return;
    entry.seen = look(entry, kHeadBytes);
    if (!entry.seen.decided && entry.size > kHeadBytes) entry.seen = look(entry, entry.size);
  }

 private:
  FrameClass look(const PacketEntry& entry, std::size_t limit) {
    head_.resize(std::min<std::size_t>(entry.size, limit));
    head_.resize(file_.read_at(static_cast<std::uint64_t>(entry.position), head_));
    return classify_frame(codec_, nal_length_, head_);
  }
  const InputFile& file_;
  std::string codec_;
  int nal_length_;
  Bytes head_;
};

void classify_mov(TrackIndex& index, const InputFile& file, const VideoFormat& format,
                  std::size_t most_heads) {
  if (!can_classify(format.codec)) return;
  HeadReader heads(file, format);
  const bool any_flag = index.packets.any([](const PacketEntry& p) { return p.flagged_key; });
  // Tables tell which frames cannot be entered; the flagged ones need a look (all, when none is
  // flagged).
  index.packets.edit([&](PacketEntry& p) {
    if (any_flag && !p.flagged_key) return;
    if (most_heads == 0) {
      // Not looked at: the container's word is taken.
      if (p.flagged_key) p.seen = {Entry::kClosed, true, true};
      return;
    }
    --most_heads;
    heads.classify(p);
  });
}

/// The expected way for MP4 and MOV: the tables are read, the pictures are not.
TrackIndex scan_mov(const fs::path& path, const InputFile& file, int track,
                    const VideoFormat& format, const std::string& where, Diagnostics& diagnostics,
                    std::size_t most_heads) {
  const MovLayout layout = read_mov_layout(file);
  const auto io = std::make_shared<FileIo>(InputFile(path), layout);
  const FormatHandle context = open_container(path, io, AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN);
  if (track >= static_cast<int>(context->nb_streams)) throw InputError(where, "the track is gone");
  for (unsigned i = 0; i < context->nb_streams; ++i)
    if (static_cast<int>(i) != track) context->streams[i]->discard = AVDISCARD_ALL;
  io->skip_payload(true);
  TrackIndex index;
  index.direct = true;
  const PacketHandle packet = new_packet();
  Loss cut;
  int errors = 0;
  std::uint64_t claimed = 0;
  for (;;) {
    const int result = av_read_frame(context.get(), packet.get());
    if (result < 0) throw_if_unreadable(context);
    if (result == AVERROR_EOF || (result < 0 && ++errors > kReadRetries)) break;
    if (result < 0) continue;
    if (packet->stream_index == track) {
      index.configuration_changes =
          index.configuration_changes || changes_configuration(*packet, format);
      PacketEntry entry = entry_of(*packet);
      const bool inside = entry.position >= 0 &&
                          static_cast<std::uint64_t>(entry.position) + entry.size <= file.size();
      entry.lost = entry.lost || !inside;
      if (entry.lost && !entry.discard) cut.add(entry, format.time_base);
      index.packets.push_back(entry);
      if (inside) claimed += entry.size;
      // Tables can be made to list the same bytes over and over; real ones list each once.
      if (claimed / 4 > file.size() || index.packets.size() > file.size()) {
        ++errors;
        break;
      }
    }
    av_packet_unref(packet.get());
  }
  classify_mov(index, file, format, most_heads);
  cut.tell(diagnostics, "video-truncated", where,
           "the file ends before the pictures its index lists; they are left out");
  if (cut.count == 0 && layout.cut)
    diagnostics.loss("video-truncated", where,
                     "the file is cut inside its last box: expected " +
                         std::to_string(layout.declared_size) + " bytes, found " +
                         std::to_string(file.size()) + "; what is there is kept");
  index.table.complete = cut.count == 0 && !layout.cut;
  if (errors > 0)
    diagnostics.loss("video-damaged-index", where,
                     "the demuxer met damaged tables; what they list is missing",
                     static_cast<std::uint64_t>(errors));
  index.table.complete = index.table.complete && errors == 0;
  return index;
}

struct FreeParser {
  void operator()(AVCodecParserContext* p) const { av_parser_close(p); }
};

/// Picture order counts of H.264 and HEVC, for containers without pts.
class PictureOrder {
 public:
  explicit PictureOrder(const AVCodecParameters& parameters) {
    if (parameters.codec_id != AV_CODEC_ID_H264 && parameters.codec_id != AV_CODEC_ID_HEVC) return;
    parser_.reset(av_parser_init(parameters.codec_id));
    codec_.reset(avcodec_alloc_context3(avcodec_find_decoder(parameters.codec_id)));
    if (!parser_ || !codec_ || avcodec_parameters_to_context(codec_.get(), &parameters) < 0)
      parser_.reset();
    if (parser_) parser_->flags |= PARSER_FLAG_COMPLETE_FRAMES;
  }
  std::int32_t of(const AVPacket& packet) {
    if (!parser_) return 0;
    std::uint8_t* out = nullptr;
    int size = 0;
    av_parser_parse2(parser_.get(), codec_.get(), &out, &size, packet.data, packet.size, packet.pts,
                     packet.dts, -1);
    return parser_->output_picture_number;
  }

 private:
  std::unique_ptr<AVCodecParserContext, FreeParser> parser_;
  CodecHandle codec_;
};

void tell_cut(const InputFile& file, const AVFormatContext& context, const std::string& where,
              TrackIndex& index, Diagnostics& diagnostics) {
  const std::uint64_t declared = declared_file_size(file);
  const bool transport = std::string_view(context.iformat->name) == "mpegts";
  const bool torn =
      transport && file.size() % 188 != 0 && file.size() % 192 != 0 && file.size() % 204 != 0;
  if (declared <= file.size() && !torn) return;
  index.table.complete = false;
  std::optional<std::int64_t> end;
  if (!index.packets.empty()) {
    const std::int64_t pts = PacketReader(index.packets)[index.packets.size() - 1].pts;
    if (pts != AV_NOPTS_VALUE) end = pts_to_ns(pts, index.table.time_base).count();
  }
  diagnostics.loss("video-truncated", where,
                   torn ? "the file ends inside a transport packet; what is there is kept"
                        : "the file is cut: its header says " + std::to_string(declared) +
                              " bytes, found " + std::to_string(file.size()) +
                              "; what is there is kept",
                   1, end);
}

TrackIndex scan_general(const fs::path& path, const InputFile& file, int track,
                        const VideoFormat& format, const std::string& where,
                        Diagnostics& diagnostics) {
  const FormatHandle context = open_and_probe(path);
  if (track >= static_cast<int>(context->nb_streams)) throw InputError(where, "the track is gone");
  for (unsigned i = 0; i < context->nb_streams; ++i)
    if (static_cast<int>(i) != track) context->streams[i]->discard = AVDISCARD_ALL;
  TrackIndex index;
  index.table.time_base = format.time_base;
  const int nal_length = nal_length_size(format.codec, format.extradata);
  index.only_decode_times = std::string_view(context->iformat->name) == "avi";
  std::optional<PictureOrder> order;
  if (index.only_decode_times) order.emplace(*context->streams[track]->codecpar);
  const PacketHandle packet = new_packet();
  Loss corrupt;
  int errors = 0, last_error = 0;
  while (errors <= kReadRetries) {
    const int result = av_read_frame(context.get(), packet.get());
    if (result < 0) throw_if_unreadable(context);
    if (result == AVERROR_EOF) break;
    if (result < 0) {
      ++errors, last_error = result;
      continue;
    }
    if (packet->stream_index == track) {
      index.configuration_changes =
          index.configuration_changes || changes_configuration(*packet, format);
      PacketEntry entry = entry_of(*packet);
      if (entry.lost)
        corrupt.add(entry, format.time_base);
      else
        entry.seen = classify_frame(format.codec, nal_length,
                                    {packet->data, static_cast<std::size_t>(packet->size)});
      if (order) entry.picture_order = order->of(*packet);
      index.packets.push_back(entry);
    }
    av_packet_unref(packet.get());
  }
  corrupt.tell(diagnostics, "video-corrupt-packet", where,
               "packets that the container marks as damaged are left out");
  if (errors > 0)
    diagnostics.loss("video-read-error", where, "could not read on: " + av_error(last_error),
                     static_cast<std::uint64_t>(errors));
  index.table.complete = errors == 0 && corrupt.count == 0;
  tell_cut(file, *context, where, index, diagnostics);
  return index;
}

}  // namespace

TrackIndex scan_track(const fs::path& path, const InputFile& file, bool mov, int track,
                      const VideoFormat& format, const std::string& where, Diagnostics& diagnostics,
                      std::size_t most_heads) {
  TrackIndex index = mov ? scan_mov(path, file, track, format, where, diagnostics, most_heads)
                         : scan_general(path, file, track, format, where, diagnostics);
  finish_index(index, format, where, diagnostics);
  return index;
}

}  // namespace reelcell::media
