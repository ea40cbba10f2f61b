#include "internal/index.hpp"

#include <algorithm>
#include <limits>

namespace reelcell::media {

namespace {

bool may_reorder(const std::string& codec) {
  const AVCodecDescriptor* descriptor = avcodec_descriptor_get_by_name(codec.c_str());
  return descriptor != nullptr && (descriptor->props & AV_CODEC_PROP_REORDER) != 0;
}

/// Gives the packets of [first, last) their decode times as shown times, dealt out in the order of
/// `key`.
template <class Key>
void deal_times(std::vector<PacketEntry>& packets, std::size_t first, std::size_t last, Key&& key) {
  std::vector<std::size_t> order;
  std::vector<std::int64_t> times;
  for (std::size_t i = first; i < last; ++i) {
    if (packets[i].dts == AV_NOPTS_VALUE || packets[i].lost) continue;
    order.push_back(i);
    times.push_back(packets[i].dts);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return key(packets[a]) < key(packets[b]); });
  std::sort(times.begin(), times.end());
  for (std::size_t i = 0; i < order.size(); ++i) packets[order[i]].pts = times[i];
}

/// H.264 and HEVC count their pictures anew after each closed entry.
void deal_by_picture_order(std::vector<PacketEntry>& packets) {
  std::size_t first = 0;
  for (std::size_t i = 1; i <= packets.size(); ++i) {
    if (i < packets.size() && packets[i].entry != Entry::kClosed) continue;
    deal_times(packets, first, i, [](const PacketEntry& p) { return p.picture_order; });
    first = i;
  }
}

/// MPEG-4 and kin: libav gives B-frames their times; any other frame is shown when the next one of
/// its kind is decoded.
void deal_by_next_reference(std::vector<PacketEntry>& packets) {
  std::int64_t next = AV_NOPTS_VALUE;
  for (std::size_t i = packets.size(); i-- > 0;) {
    PacketEntry& p = packets[i];
    if (p.pts != AV_NOPTS_VALUE || p.lost) continue;
    p.pts = next == AV_NOPTS_VALUE ? std::numeric_limits<std::int64_t>::max() : next;
    next = p.dts;
  }
  deal_times(packets, 0, packets.size(), [](const PacketEntry& p) { return p.pts; });
}

void fill_missing_pts(TrackIndex& index, const VideoFormat& format, const std::string& where,
                      Diagnostics& diagnostics) {
  std::int64_t missing = 0;
  index.packets.each(
      [&](const PacketEntry& p) { missing += p.pts == AV_NOPTS_VALUE && !p.lost ? 1 : 0; });
  if (missing == 0) return;
  std::vector<PacketEntry> packets = index.packets.unpacked();
  const bool counted = std::any_of(packets.begin(), packets.end(),
                                   [](const PacketEntry& p) { return p.picture_order != 0; });
  if (index.only_decode_times && counted)
    deal_by_picture_order(packets);
  else if (index.only_decode_times && may_reorder(format.codec))
    deal_by_next_reference(packets);
  else if (format.reorder_delay == 0)
    for (auto& p : packets)
      if (p.pts == AV_NOPTS_VALUE) p.pts = p.dts;
  std::uint64_t unknown = 0;
  std::optional<std::int64_t> last;
  std::int64_t before = 0;
  for (auto& p : packets) {
    if (p.pts != AV_NOPTS_VALUE) before = p.pts;
    if (p.pts != AV_NOPTS_VALUE || p.lost) continue;
    p.lost = true;
    ++unknown;
    last = pts_to_ns(before, format.time_base).count();
  }
  index.packets = PacketEntries(packets);
  if (unknown > 0)
    diagnostics.loss("video-missing-pts", where,
                     "frames without any time stamp cannot be placed and are left out", unknown,
                     last);
  if (unknown < static_cast<std::uint64_t>(missing))
    diagnostics.note(
        "video-pts-from-dts", where,
        "the container stores no presentation times; they were taken from its decode times");
}

/// For codecs whose bytes we do not read: a flagged frame is closed when nothing behind it is shown
/// before it.
void settle_by_order(PacketEntries& packets, bool always_key) {
  std::int64_t earliest = std::numeric_limits<std::int64_t>::max();
  packets.edit_backwards([&](PacketEntry& p) {
    if (p.flagged_key || always_key)
      p.entry = always_key || p.pts <= earliest ? Entry::kClosed : Entry::kOpen;
    if (p.pts != AV_NOPTS_VALUE) earliest = std::min(earliest, p.pts);
  });
}

void settle_entries(TrackIndex& index, const VideoFormat& format) {
  PacketEntries& packets = index.packets;
  const bool readable = can_classify(format.codec) &&
                        packets.any([](const PacketEntry& p) { return p.seen.decided; });
  if (!readable) return settle_by_order(packets, intra_only(format.codec));
  packets.edit([](PacketEntry& p) { p.entry = p.seen.entry; });
}

/// A recorder that was started anew into the same file: its times begin again. What lies before the
/// time already reached cannot be told from what was recorded then, so it is left out and counted,
/// never shifted.
void drop_what_goes_back(TrackIndex& index, const VideoFormat& format, const std::string& where,
                         Diagnostics& diagnostics) {
  const std::int64_t slack =
      std::max<std::int64_t>(1, ns_to_pts(Nanos(500'000'000), format.time_base, Rounding::kUp));
  std::int64_t reached = AV_NOPTS_VALUE;
  index.packets.edit([&](PacketEntry& p) {
    const std::int64_t time = p.dts != AV_NOPTS_VALUE ? p.dts : p.pts;
    if (time == AV_NOPTS_VALUE || p.lost) return;
    std::int64_t back = 0;
    if (reached != AV_NOPTS_VALUE && !__builtin_sub_overflow(reached, time, &back) &&
        back > slack) {
      p.lost = true;
      diagnostics.loss("video-time-backwards", where,
                       "frames whose times lie before those already reached are left out; split "
                       "the recording where "
                       "its clock starts anew",
                       1, pts_to_ns(time, format.time_base).count());
      return;
    }
    reached = std::max(reached, time);
  });
}

/// By shown time; of equal ones the one that was decoded first. Frames come a few places out of
/// order, so each is moved back by these; where a file has them far apart, all are sorted.
void put_in_shown_order(std::vector<FrameRecord>& frames) {
  const auto earlier = [](const FrameRecord& a, const FrameRecord& b) { return a.pts < b.pts; };
  std::uint64_t moves_left = 32 * static_cast<std::uint64_t>(frames.size());
  for (std::size_t i = 1; i < frames.size(); ++i) {
    if (!earlier(frames[i], frames[i - 1])) continue;
    const FrameRecord frame = frames[i];
    std::size_t to = i;
    for (; to > 0 && earlier(frame, frames[to - 1]) && moves_left > 0; --to, --moves_left)
      frames[to] = frames[to - 1];
    frames[to] = frame;
    if (moves_left == 0) return std::stable_sort(frames.begin(), frames.end(), earlier);
  }
}

/// The most places that a frame is decoded behind the one at which it is shown, among the shown
/// frames. `left_out`: ordinals of the packets that are not shown, in order.
int delay_of(const std::vector<FrameRecord>& frames, const std::vector<std::uint32_t>& left_out) {
  std::int64_t delay = 0;
  for (std::size_t rank = 0; rank < frames.size(); ++rank) {
    const std::uint32_t packet = frames[rank].packet;
    const auto before = std::lower_bound(left_out.begin(), left_out.end(), packet);
    const std::int64_t decoded = packet - (before - left_out.begin());
    delay = std::max(delay, decoded - static_cast<std::int64_t>(rank));
  }
  return static_cast<int>(std::min<std::int64_t>(delay, 64));
}

FrameRecord record_of(const PacketEntry& p, std::uint32_t ordinal, Rational time_base) {
  FrameRecord record;
  record.pts = p.pts;
  record.time = StreamTime(pts_to_ns(p.pts, time_base));
  record.packet = ordinal;
  record.bytes = p.size;
  record.key = p.entry == Entry::kClosed;
  record.entry = p.entry != Entry::kNone;
  return record;
}

}  // namespace

void finish_index(TrackIndex& index, const VideoFormat& format, const std::string& where,
                  Diagnostics& diagnostics) {
  settle_entries(index, format);
  drop_what_goes_back(index, format, where, diagnostics);
  if (index.configuration_changes)
    diagnostics.warn("video-configuration-change", where,
                     "the decoder's configuration changes within the track; frames behind the "
                     "change may not decode");
  fill_missing_pts(index, format, where, diagnostics);
  if (!can_classify(format.codec)) settle_entries(index, format);  // now that the order is known
  FrameTable& table = index.table;
  table.time_base = format.time_base;
  table.packets = static_cast<std::uint32_t>(index.packets.size());
  std::vector<std::uint32_t> left_out;
  std::uint32_t ordinal = 0;
  table.frames.reserve(index.packets.size());
  index.packets.each([&](const PacketEntry& p) {
    if (p.lost) table.complete = false;
    if (p.discard || p.lost)
      left_out.push_back(ordinal);
    else
      table.frames.push_back(record_of(p, ordinal, format.time_base));
    ++ordinal;
  });
  put_in_shown_order(table.frames);
  std::uint64_t repeated = 0;
  for (std::size_t i = 1; i < table.frames.size(); ++i)
    repeated += table.frames[i].pts == table.frames[i - 1].pts ? 1 : 0;
  if (repeated > 0)
    diagnostics.warn("video-repeated-pts", where,
                     std::to_string(repeated) +
                         " frames share the time stamp of the frame before them; "
                         "both are kept, in decode order");
  index.reorder_delay = delay_of(table.frames, left_out);
  index.average_rate = rate_from_stamps(table.frames, format.time_base, format.average_rate);
}

}  // namespace reelcell::media
