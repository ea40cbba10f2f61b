#include "internal/track.hpp"

#include <algorithm>

#include "internal/bitstream.hpp"

namespace reelcell::media {

namespace {

bool self_described(const ClipPackets& clip) {
  return std::all_of(clip.packets.begin(), clip.packets.end(), [](const VideoPacket& packet) {
    return !packet.key || brings_sequence_header(*packet.data);
  });
}

/// Annex B is stored with 4-byte lengths.
int stored_length_size(const VideoFormat& format) {
  const int size = nal_length_size(format.codec, format.extradata);
  return size == 0 ? 4 : size;
}

}  // namespace

std::optional<VideoFormat> Track::joined(const ClipPackets& clip) const {
  const VideoFormat& other = clip.format;
  if (format_.can_share_track(other)) return format_;
  VideoFormat with_ours = other;
  with_ours.extradata = format_.extradata;
  if (!format_.can_share_track(with_ours)) return std::nullopt;  // differs in more than parameters
  if (format_.codec == "av1")
    return self_described_ && self_described(clip) ? std::optional(format_) : std::nullopt;
  if (format_.codec != "h264" || format_.pix_fmt != "yuv420p" || stored_length_size(format_) != 4 ||
      stored_length_size(other) != 4)
    return std::nullopt;
  const auto ours = parse_h264_sets(format_.extradata), theirs = parse_h264_sets(other.extradata);
  const auto both = ours && theirs ? join_sets(*ours, *theirs) : std::nullopt;
  if (!both) return std::nullopt;
  with_ours.extradata = avcc_of(*both);
  return with_ours;
}

bool Track::accepts(const ClipPackets& clip) const { return joined(clip).has_value(); }

void Track::add(const ClipPackets& clip) {
  if (auto format = joined(clip)) format_.extradata = std::move(format->extradata);
  self_described_ = self_described_ && (format_.codec != "av1" || self_described(clip));
}

}  // namespace reelcell::media
