// Clips joined of copied and encoded packets.
#include <algorithm>

#include "internal/bitstream.hpp"
#include "internal/encoder.hpp"
#include "internal/parameter_sets.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/clip.hpp"

namespace reelcell::media {

namespace {

/// Can another encoder's packets stand beside this source's on one track?
bool can_join(const VideoFormat& format) {
  if (format.pix_fmt != "yuv420p" || format.width % 2 != 0 || format.height % 2 != 0) return false;
  if (format.codec == "h264") return parse_h264_sets(format.extradata).has_value();
  return format.codec == "av1" || format.codec == "vp9";
}

/// The longest run of rows from `begin` that starts at its key frame, is consecutive, and whose
/// packets are a run in decode order that needs nothing outside it; its end.
std::uint32_t end_of_run(const FrameTable& table, std::span<const std::uint32_t> frames,
                         std::uint32_t begin) {
  if (!table.frames[frames[begin]].key) return begin;
  const std::uint32_t first = table.frames[frames[begin]].packet;
  std::uint32_t highest = first, end = begin;
  for (std::uint32_t row = begin; row < frames.size(); ++row) {
    if (row > begin && frames[row] != frames[row - 1] + 1) break;
    const std::uint32_t packet = table.frames[frames[row]].packet;
    if (packet < first) break;
    highest = std::max(highest, packet);
    if (highest - first == row - begin) end = row + 1;
  }
  return end;
}

std::string why_encoded(const FrameTable& table, std::span<const std::uint32_t> frames,
                        std::uint32_t row) {
  if (row > 0 && frames[row] == frames[row - 1]) return "a row repeats the frame before it";
  if (row > 0 && frames[row] != frames[row - 1] + 1) return "frames are left out before a row";
  if (row > 0) return "frames of a GOP refer to later ones that are not in the segment";
  std::uint32_t key = frames[0];
  while (key > 0 && !table.frames[key].key) --key;
  if (table.frames[frames[0]].key) return "its GOP is too short to be worth a copy of its own";
  return "the segment starts " + std::to_string(frames[0] - key) + " frames after a key frame";
}

/// Options for pieces that stand beside the source's own packets.
EncodeOptions options_for(const VideoFormat& format, const EncodeOptions& given) {
  EncodeOptions options = encode_as(format.codec, format.pix_fmt, given);
  options.width = options.height = 0;
  return options;
}

/// Where the source says that its key frames start; asked only of packets that are kept.
std::shared_ptr<const Bytes> with_sequence_header(const VideoFormat& format,
                                                  const std::shared_ptr<const Bytes>& packet) {
  constexpr std::size_t kRecordHeader = 4;  // av1C, before its configOBUs
  if (brings_sequence_header(*packet) || format.extradata.size() <= kRecordHeader) return packet;
  auto whole =
      std::make_shared<Bytes>(format.extradata.begin() + kRecordHeader, format.extradata.end());
  whole->insert(whole->end(), packet->begin(), packet->end());
  return whole;
}

/// Puts one piece's packets behind what is there.
class Joiner {
 public:
  Joiner(const VideoFormat& format, Rational rate) : format_(format) {
    clip_.format = format;
    clip_.format.time_base = inverse(rate);
    clip_.format.average_rate = rate;
    clip_.rate = rate;
    if (format.codec == "h264") sets_ = *parse_h264_sets(format.extradata);
  }
  unsigned free_id() const { return format_.codec == "h264" ? free_set_id(sets_) : 0; }
  void add(ClipPackets piece) {
    const auto first_row = static_cast<std::int64_t>(clip_.frames);
    for (VideoPacket& packet : piece.packets) {
      packet.data = stored(piece.format, packet);
      packet.pts += first_row;
      packet.ordinal = static_cast<std::uint32_t>(clip_.packets.size());
      clip_.bytes += packet.data->size();
      clip_.packets.push_back(std::move(packet));
    }
    clip_.frames += piece.frames;
    if (format_.codec == "h264" && !piece.copied) take_sets(piece.format);
  }
  ClipPackets finish() {
    if (format_.codec == "h264") clip_.format.extradata = avcc_of(sets_);
    std::int64_t delay = 0;
    for (const VideoPacket& packet : clip_.packets)
      delay = std::max(delay, static_cast<std::int64_t>(packet.ordinal) - packet.pts);
    for (VideoPacket& packet : clip_.packets)
      packet.dts = static_cast<std::int64_t>(packet.ordinal) - delay;
    return std::move(clip_);
  }

 private:
  std::shared_ptr<const Bytes> stored(const VideoFormat& piece, const VideoPacket& packet) const {
    if (format_.codec == "av1" && packet.key) return with_sequence_header(piece, packet.data);
    if (format_.codec != "h264") return packet.data;
    const int length = nal_length_size("h264", piece.extradata);
    if (length == 4) return packet.data;
    if (length == 0) return std::make_shared<const Bytes>(to_length_prefixed(*packet.data));
    Bytes annex_b;
    for_each_nal(*packet.data, length, [&](ByteView nal) {
      annex_b.insert(annex_b.end(), {0, 0, 1});
      annex_b.insert(annex_b.end(), nal.begin(), nal.end());
      return true;
    });
    return std::make_shared<const Bytes>(to_length_prefixed(annex_b));
  }
  /// All encoded pieces have the same settings, so the same sets.
  void take_sets(const VideoFormat& piece) {
    const auto own = parse_h264_sets(piece.extradata);
    const auto both = own ? join_sets(sets_, *own) : std::nullopt;
    if (!both) throw OutputError("the h264 encoder gave parameter sets that cannot be joined");
    sets_ = *both;
  }
  const VideoFormat& format_;
  ClipPackets clip_;
  ParameterSets sets_;
};

}  // namespace

std::vector<ClipPiece> plan_pieces(const VideoSource& source,
                                   std::span<const std::uint32_t> frames) {
  const auto rows = static_cast<std::uint32_t>(frames.size());
  ClipPlan whole = plan_clip(source, frames);
  if (whole.copy) return {{0, rows, true, ""}};
  std::vector<ClipPiece> pieces;
  const VideoFormat& format = source.format();
  if (format.rotation == 0 && can_join(format)) {
    const FrameTable& table = source.frames();
    std::uint32_t done = 0;
    for (std::uint32_t row = 0; row < rows; ++row) {
      const std::uint32_t end = end_of_run(table, frames, row);
      if (end - row < kWorthCopying) continue;
      if (done < row) pieces.push_back({done, row, false, why_encoded(table, frames, done)});
      pieces.push_back({row, end, true, ""});
      done = end;
      row = end - 1;
    }
    if (done > 0 && done < rows)
      pieces.push_back({done, rows, false, why_encoded(table, frames, done)});
  }
  if (pieces.empty()) pieces.push_back({0, rows, false, whole.reason});
  return pieces;
}

CutClip cut_clip(std::shared_ptr<const VideoSource> source, std::span<const std::uint32_t> frames,
                 const std::vector<ClipPiece>& pieces, Rational rate, const EncodeOptions& options,
                 Diagnostics& diagnostics, const FrameObserver& observer) {
  if (pieces.size() == 1 && pieces[0].copy) {
    CutClip whole{copy_clip(*source, frames, rate), 0, 0};
    whole.copied_frames = whole.packets.frames;
    whole.copied_bytes = whole.packets.bytes;
    return whole;
  }
  if (pieces.size() == 1)
    return {encode_clip(source, frames, rate, options, diagnostics, observer), 0, 0};
  const EncodeOptions own = options_for(source->format(), options);
  CutClip cut;
  Joiner joiner(source->format(), rate);
  const unsigned set_id = joiner.free_id();
  for (const ClipPiece& piece : pieces) {
    const auto part = frames.subspan(piece.begin, piece.end - piece.begin);
    if (piece.copy) {
      ClipPackets copied = copy_clip(*source, part, rate);
      cut.copied_frames += copied.frames;
      cut.copied_bytes += copied.bytes;
      joiner.add(std::move(copied));
    } else {
      const auto see = [&](std::size_t row, const DecodedFrame& frame) {
        if (observer) observer(piece.begin + row, frame);
      };
      joiner.add(encode_part(source, part, rate, own, set_id, diagnostics, see));
    }
  }
  cut.packets = joiner.finish();
  const auto encoded = std::find_if(pieces.begin(), pieces.end(),
                                    [](const ClipPiece& piece) { return !piece.copy; });
  cut.packets.reason = encoded->reason;
  return cut;
}

}  // namespace reelcell::media
