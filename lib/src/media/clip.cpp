#include "reelcell/media/clip.hpp"

#include <algorithm>

#include "internal/sample_entry.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/cause.hpp"

namespace reelcell::media {

namespace {

bool is_carried(const std::string& codec) { return codec != "ffv1" && mp4_carries(codec); }

ClipPlan encode_because(std::string reason) { return {false, std::move(reason)}; }

/// Why the rows are not a run of single, consecutive frames; "" when they are.
std::string why_not_consecutive(std::span<const std::uint32_t> frames) {
  for (std::size_t i = 1; i < frames.size(); ++i) {
    if (frames[i] == frames[i - 1])
      return "row " + std::to_string(i) + " repeats the frame before it";
    if (frames[i] != frames[i - 1] + 1)
      return "frames are left out before row " + std::to_string(i);
  }
  return "";
}

std::string why_not_at_key(const FrameTable& table, std::uint32_t first) {
  std::uint32_t key = first;
  while (key > 0 && !table.frames[key].key) --key;
  if (table.frames[first].entry)
    return "the segment starts at an open GOP, whose frames refer to the one before";
  if (!table.frames[key].key) return "no key frame at or before the segment's start";
  return "the segment starts " + std::to_string(first - key) + " frames after a key frame";
}

}  // namespace

bool can_copy(const VideoFormat& format) {
  return format.rotation == 0 && is_carried(format.codec);
}

ClipPlan plan_clip(const VideoSource& source, std::span<const std::uint32_t> frames) {
  const VideoFormat& format = source.format();
  const FrameTable& table = source.frames();
  if (frames.empty()) return encode_because("the segment has no frames");
  for (const std::uint32_t frame : frames)
    if (frame >= table.frames.size())
      throw PlanError(source.describe(), "frame " + std::to_string(frame) +
                                             " was asked for; the track has " +
                                             std::to_string(table.frames.size()));
  if (!is_carried(format.codec)) return encode_because("an MP4 does not carry " + format.codec);
  if (format.rotation != 0)
    return encode_because("pictures are stored turned by " + std::to_string(format.rotation) +
                          " degrees");
  if (std::string reason = why_not_consecutive(frames); !reason.empty())
    return encode_because(std::move(reason));
  if (!table.frames[frames[0]].key) return encode_because(why_not_at_key(table, frames[0]));
  std::uint32_t lowest = table.frames[frames[0]].packet, highest = lowest;
  for (const std::uint32_t frame : frames) {
    lowest = std::min(lowest, table.frames[frame].packet);
    highest = std::max(highest, table.frames[frame].packet);
  }
  if (lowest != table.frames[frames[0]].packet)
    return encode_because("a frame of the segment comes before its key frame in decode order");
  if (highest - lowest + 1 != frames.size())
    return encode_because("the segment ends between frames that refer to later ones (B-frames)");
  return {true, ""};
}

std::string cause_of(std::string_view reason) {
  if (reason.starts_with("the segment starts ") && reason.ends_with(" after a key frame"))
    return "the segment starts between key frames";
  if (reason.starts_with("row ") && reason.ends_with(" repeats the frame before it"))
    return "a row repeats the frame before it";
  if (reason.starts_with("frames are left out before row "))
    return "frames are left out before a row";
  return std::string(reason);
}

ClipPackets copy_clip(const VideoSource& source, std::span<const std::uint32_t> frames,
                      Rational rate) {
  const ClipPlan plan = plan_clip(source, frames);
  if (!plan.copy) throw PlanError(source.describe(), "packets cannot be copied: " + plan.reason);
  const FrameTable& table = source.frames();
  const std::uint32_t first = table.frames[frames[0]].packet;
  std::vector<std::uint32_t> row_of(frames.size());
  for (std::size_t row = 0; row < frames.size(); ++row)
    row_of[table.frames[frames[row]].packet - first] = static_cast<std::uint32_t>(row);
  std::int64_t delay = 0;
  for (std::size_t i = 0; i < row_of.size(); ++i)
    delay = std::max(delay, static_cast<std::int64_t>(i) - static_cast<std::int64_t>(row_of[i]));
  ClipPackets clip;
  clip.format = source.format();
  clip.format.time_base = inverse(rate);
  clip.format.average_rate = rate;
  clip.rate = rate;
  clip.frames = static_cast<std::uint32_t>(frames.size());
  clip.copied = true;
  clip.packets.reserve(frames.size());
  const auto cursor = source.packets_from(first);
  for (std::size_t i = 0; i < row_of.size(); ++i) {
    VideoPacket packet;
    if (!cursor->next(packet) || packet.ordinal != first + i)
      throw InputError(source.describe(),
                       "packet " + std::to_string(first + i) + " cannot be read again");
    packet.pts = row_of[i];
    packet.dts = static_cast<std::int64_t>(i) - delay;
    packet.duration = 1;
    packet.key = table.frames[frames[row_of[i]]].key;
    packet.ordinal = static_cast<std::uint32_t>(i);
    clip.bytes += packet.data->size();
    clip.packets.push_back(std::move(packet));
  }
  return clip;
}

}  // namespace reelcell::media
