#include <algorithm>
#include <optional>
#include <utility>

#include "internal/file_source.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::media {

std::unique_ptr<Demuxer> DemuxerPool::take(std::uint32_t ordinal) {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  auto best = idle_.begin();
  for (auto it = idle_.begin(); it != idle_.end(); ++it) {
    const bool before = (*it)->next <= ordinal, best_before = (*best)->next <= ordinal;
    if (before && (!best_before || (*it)->next > (*best)->next)) best = it;
  }
  std::unique_ptr<Demuxer> out = std::move(*best);
  idle_.erase(best);
  return out;
}

void DemuxerPool::put(std::unique_ptr<Demuxer> demuxer) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdle) idle_.push_back(std::move(demuxer));
}

namespace {

void fill_packet(const PacketEntry& entry, std::uint32_t ordinal, VideoPacket& packet) {
  packet.pts = entry.pts;
  packet.dts = entry.dts == AV_NOPTS_VALUE ? entry.pts : entry.dts;
  packet.duration = entry.duration;
  packet.ordinal = ordinal;
  packet.key = entry.entry != Entry::kNone;
  packet.discard = entry.discard;
}

/// Fetches packets by position, through a window that serves small neighbours with one read.
class DirectCursor : public PacketCursor {
 public:
  DirectCursor(std::shared_ptr<FileTrack> track, std::uint32_t start)
      : track_(std::move(track)), packets_(track_->index.packets), next_(start) {}

  bool next(VideoPacket& packet) override {
    while (next_ < packets_.size() && packets_[next_].lost) ++next_;
    if (next_ >= packets_.size()) return false;
    const PacketEntry& entry = packets_[next_];
    fill_packet(entry, next_, packet);
    packet.data = std::make_shared<const Bytes>(
        fetch(static_cast<std::uint64_t>(entry.position), entry.size));
    ++next_;
    return true;
  }

 private:
  static constexpr std::size_t kWindow = 256 * 1024;

  Bytes fetch(std::uint64_t position, std::uint32_t size) {
    const bool inside =
        position >= window_start_ && position + size <= window_start_ + window_.size();
    if (!inside && size > kWindow / 2) {
      Bytes out(size);
      check(track_->file.read_at(position, out), size);
      return out;
    }
    if (!inside) {
      window_.resize(kWindow);
      window_.resize(track_->file.read_at(position, window_));
      window_start_ = position;
      check(std::min<std::size_t>(window_.size(), size), size);
    }
    const auto begin = window_.begin() + static_cast<std::ptrdiff_t>(position - window_start_);
    return {begin, begin + size};
  }
  void check(std::size_t got, std::uint32_t wanted) const {
    if (got < wanted)
      throw InputError(
          track_->where,
          "the file became shorter while it was read; it must not be written to meanwhile");
  }

  std::shared_ptr<FileTrack> track_;
  PacketReader packets_;
  std::uint32_t next_;
  Bytes window_;
  std::uint64_t window_start_ = 0;
};

/// Fetches packets through libav. Who a packet is comes from the index, by position and size, never
/// from counting after a seek; where that fails the file is read from its start.
class DemuxCursor : public PacketCursor {
 public:
  DemuxCursor(std::shared_ptr<FileTrack> track, std::uint32_t start)
      : track_(std::move(track)),
        packets_(track_->index.packets),
        ahead_(track_->index.packets),
        wanted_(start) {
    demuxer_ = track_->pool.take(start);
    if (!demuxer_) demuxer_ = open();
    if (!go_to(start)) restart();
  }
  ~DemuxCursor() override {
    if (demuxer_ && !broken_) track_->pool.put(std::move(demuxer_));
  }

  bool next(VideoPacket& packet) override {
    for (;;) {
      while (wanted_ < ahead_.size() && ahead_[wanted_].lost) ++wanted_;
      if (wanted_ >= ahead_.size()) return false;
      const AVPacket& raw = *demuxer_->packet;
      if (!read() || static_cast<std::uint32_t>(raw.size) != packets_[demuxer_->next].size) {
        if (from_start_) fail();
        restart();
        continue;
      }
      const std::uint32_t ordinal = demuxer_->next++;
      if (ordinal < wanted_) continue;
      fill_packet(packets_[ordinal], ordinal, packet);
      packet.data = std::make_shared<const Bytes>(raw.data, raw.data + raw.size);
      wanted_ = ordinal + 1;
      return true;
    }
  }

 private:
  static constexpr std::uint32_t kReadOn =
      64;  ///< packets that are cheaper to read than to seek over

  std::unique_ptr<Demuxer> open() {
    auto demuxer = std::make_unique<Demuxer>();
    demuxer->context = open_and_probe(track_->path);
    if (track_->track >= static_cast<int>(demuxer->context->nb_streams))
      throw InputError(track_->where, "the file changed while it was read");
    for (unsigned i = 0; i < demuxer->context->nb_streams; ++i)
      if (static_cast<int>(i) != track_->track)
        demuxer->context->streams[i]->discard = AVDISCARD_ALL;
    demuxer->packet = new_packet();
    return demuxer;
  }
  void restart() {
    demuxer_ = open();
    from_start_ = true;
  }
  [[noreturn]] void fail() {
    broken_ = true;
    throw InputError(track_->where,
                     "the file gave other packets than when it was first read; it must not be "
                     "written to meanwhile");
  }
  /// A demuxer whose file could not be read is not used again: it keeps the failure.
  void check_disk() {
    try {
      throw_if_unreadable(demuxer_->context);
    } catch (...) {
      broken_ = true;
      throw;
    }
  }
  /// The next packet of the track into demuxer_->packet; steps over damage as the scan did.
  bool read() {
    if (demuxer_->next >= track_->index.packets.size()) return false;
    if (std::exchange(demuxer_->pending, false)) return true;
    for (int errors = 0; errors <= 16;) {
      av_packet_unref(demuxer_->packet.get());
      const int result = av_read_frame(demuxer_->context.get(), demuxer_->packet.get());
      if (result < 0) check_disk();
      if (result == AVERROR_EOF) return false;
      if (result < 0)
        ++errors;
      else if (demuxer_->packet->stream_index == track_->track)
        return true;
    }
    return false;
  }
  /// Puts the demuxer at or before packet `ordinal`. False: its place is not known.
  bool go_to(std::uint32_t ordinal) {
    if (demuxer_->next <= ordinal && ordinal - demuxer_->next <= kReadOn) return true;
    const PacketEntry& target = ahead_[ordinal];
    const std::int64_t time = target.dts != AV_NOPTS_VALUE ? target.dts : target.pts;
    if (av_seek_frame(demuxer_->context.get(), track_->track, time, AVSEEK_FLAG_BACKWARD) < 0)
      return false;
    demuxer_->next = 0;
    demuxer_->pending = false;
    // The first packets after a seek may share a position (laced blocks, several frames in a PES
    // packet).
    for (int i = 0; i < 64 && read(); ++i) {
      const auto found = find(*demuxer_->packet);
      if (!found) continue;
      demuxer_->next = *found;
      demuxer_->pending = true;
      return *found <= ordinal;
    }
    return false;
  }
  /// Which packet of the index this is; nothing when its place in the file does not tell.
  std::optional<std::uint32_t> find(const AVPacket& raw) const {
    std::optional<std::uint32_t> found;
    bool several = false;
    track_->index.packets.at_place(raw.pos, static_cast<std::uint32_t>(raw.size),
                                   [&](std::uint32_t ordinal) {
                                     several = found.has_value();
                                     found = ordinal;
                                     return !several;
                                   });
    if (several) found.reset();
    return found;
  }

  std::shared_ptr<FileTrack> track_;
  PacketReader packets_, ahead_;  ///< where the demuxer stands, and where it is to get to
  std::unique_ptr<Demuxer> demuxer_;
  std::uint32_t wanted_;
  bool from_start_ = false;
  bool broken_ = false;
};

}  // namespace

std::unique_ptr<PacketCursor> open_file_cursor(std::shared_ptr<FileTrack> track,
                                               std::uint32_t start) {
  if (track->index.direct) return std::make_unique<DirectCursor>(std::move(track), start);
  return std::make_unique<DemuxCursor>(std::move(track), start);
}

}  // namespace reelcell::media
