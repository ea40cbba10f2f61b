#include "reelcell/media/decode.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "internal/decoder.hpp"
#include "internal/frame.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

constexpr std::uint32_t kHidden = std::numeric_limits<std::uint32_t>::max();

bool damaged(const AVFrame& frame) {
  return frame.decode_error_flags != 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT) != 0;
}

}  // namespace

struct FrameCursor::Impl {
  Impl(std::shared_ptr<const VideoSource> source_in, Diagnostics& diagnostics_in,
       DecodeOptions options)
      : source(std::move(source_in)),
        diagnostics(diagnostics_in),
        table(source->frames()),
        ordinal_of(table.packets, kHidden),
        decoder(at_place(source->describe(),
                         [&] { return Decoder(source->format(), options.threads); })) {
    for (std::uint32_t i = 0; i < table.frames.size(); ++i) ordinal_of[table.frames[i].packet] = i;
  }

  /// The last frame at or before `ordinal` at which a decoder may start; 0 when there is none.
  std::uint32_t start_for(std::uint32_t ordinal) const {
    while (ordinal > 0 && !table.frames[ordinal].entry) --ordinal;
    return ordinal;
  }
  void start_at(std::uint32_t ordinal) {
    wanted = ordinal;
    if (ordinal >= table.frames.size()) {
      packets.reset();
      return;
    }
    const std::uint32_t start = start_for(ordinal);
    // A first frame that is no entry needs what an edit list cut away before it.
    const bool whole = start == 0 && !table.frames[start].entry;
    packets = source->packets_from(whole ? 0 : table.frames[start].packet);
    if (started) decoder.flush();
    started = true;
    drained = false;
  }
  /// Feeds one packet, or the end. False when nothing is left to feed.
  bool feed() {
    if (drained) return false;
    VideoPacket packet;
    if (packets->next(packet)) {
      decoder.send(*packet.data, packet.ordinal);
    } else {
      decoder.send_end();
      drained = true;
    }
    return true;
  }
  void count_missing(std::uint32_t first, std::uint32_t last) {
    for (std::uint32_t i = first; i < last; ++i)
      diagnostics.loss("video-undecodable-frame", source->describe(),
                       "frames that the decoder cannot give without damage are left out", 1,
                       ns_of(table.frames[i].time));
  }
  bool next(DecodedFrame& out) {
    if (!packets) return false;
    AVFrame& frame = *out.impl->frame;
    for (;;) {
      if (!decoder.receive(frame)) {
        if (feed()) continue;
        count_missing(wanted, static_cast<std::uint32_t>(table.frames.size()));
        wanted = static_cast<std::uint32_t>(table.frames.size());
        packets.reset();
        return false;
      }
      const auto token = frame.pts;
      if (token < 0 || token >= static_cast<std::int64_t>(ordinal_of.size())) continue;
      const std::uint32_t ordinal = ordinal_of[static_cast<std::size_t>(token)];
      if (ordinal == kHidden || ordinal < wanted || damaged(frame)) continue;
      count_missing(wanted, ordinal);
      wanted = ordinal + 1;
      out.ordinal = ordinal;
      out.pts = table.frames[ordinal].pts;
      return true;
    }
  }

  std::shared_ptr<const VideoSource> source;
  Diagnostics& diagnostics;
  const FrameTable& table;
  std::vector<std::uint32_t> ordinal_of;  ///< by packet
  Decoder decoder;
  std::unique_ptr<PacketCursor> packets;
  std::uint32_t wanted = 0;  ///< the next ordinal to give
  bool started = false;
  bool drained = false;
};

FrameCursor::FrameCursor(std::shared_ptr<const VideoSource> source, std::uint32_t first_ordinal,
                         Diagnostics& diagnostics, DecodeOptions options)
    : impl_(std::make_unique<Impl>(std::move(source), diagnostics, options)) {
  impl_->start_at(first_ordinal);
}
FrameCursor::~FrameCursor() = default;
FrameCursor::FrameCursor(FrameCursor&&) noexcept = default;

bool FrameCursor::next(DecodedFrame& frame) { return impl_->next(frame); }

void FrameCursor::seek(std::uint32_t ordinal) {
  const bool forward =
      impl_->packets && ordinal >= impl_->wanted && ordinal < impl_->table.frames.size();
  // Reading on is cheaper as long as no later entry point lies on the way.
  if (forward && impl_->start_for(ordinal) < impl_->wanted)
    impl_->wanted = ordinal;
  else if (!impl_->packets || ordinal != impl_->wanted)
    impl_->start_at(ordinal);
}

void for_each_frame(
    std::shared_ptr<const VideoSource> source, std::span<const std::uint32_t> ordinals,
    const std::function<void(std::size_t position, const DecodedFrame* frame)>& take,
    Diagnostics& diagnostics, DecodeOptions options) {
  if (ordinals.empty()) return;
  FrameCursor cursor(std::move(source), ordinals[0], diagnostics, options);
  DecodedFrame frame;
  std::optional<std::uint32_t> held;  // ordinal of `frame`
  for (std::size_t i = 0; i < ordinals.size(); ++i) {
    if (!held || *held < ordinals[i]) {
      if (i > 0) cursor.seek(ordinals[i]);
      if (!cursor.next(frame)) frame.ordinal = kHidden;
      held = frame.ordinal;
    }
    take(i, *held == ordinals[i] ? &frame : nullptr);
  }
}

}  // namespace reelcell::media
