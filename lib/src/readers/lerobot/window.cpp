#include "internal/window.hpp"

#include <algorithm>
#include <cmath>

namespace reelcell::readers::lerobot {

namespace {
/// Ends behind the last packet that the window needs, else a decoder would go on to the end of the
/// file.
class WindowCursor : public PacketCursor {
 public:
  WindowCursor(std::unique_ptr<PacketCursor> inner, std::uint32_t last)
      : inner_(std::move(inner)), last_(last) {}
  bool next(VideoPacket& packet) override {
    return !done_ && inner_->next(packet) && !(done_ = packet.ordinal > last_);
  }

 private:
  std::unique_ptr<PacketCursor> inner_;
  std::uint32_t last_;
  bool done_ = false;
};

class EmptyCursor : public PacketCursor {
 public:
  bool next(VideoPacket&) override { return false; }
};

class Window : public VideoSource {
 public:
  Window(std::shared_ptr<SharedVideo> video, VideoSpan span, Rational rate, std::int64_t expected,
         std::string where, Diagnostics& diagnostics)
      : video_(std::move(video)),
        span_(span),
        rate_(rate),
        expected_(expected),
        where_(std::move(where)),
        diagnostics_(diagnostics) {}

  const VideoFormat& format() const override { return video_->source->format(); }
  const FrameTable& frames() const override {
    std::call_once(built_, [this] { build(); });
    return table_;
  }
  std::unique_ptr<PacketCursor> packets_from(std::uint32_t packet_ordinal) const override {
    if (frames().frames.empty()) return std::make_unique<EmptyCursor>();
    return std::make_unique<WindowCursor>(
        video_->source->packets_from(std::clamp(packet_ordinal, first_packet_, last_packet_)),
        last_packet_);
  }
  std::string describe() const override {
    return video_->source->describe() + " from " + format_seconds(nanos(span_.from_s)) + " s to " +
           format_seconds(nanos(span_.to_s)) + " s";
  }

 private:
  static Nanos nanos(double seconds) {
    return Nanos(static_cast<std::int64_t>(std::llround(std::clamp(seconds, -9e9, 9e9) * 1e9)));
  }
  void build() const;
  void report(Nanos from, Nanos to) const;

  std::shared_ptr<SharedVideo> video_;
  VideoSpan span_;
  Rational rate_;
  std::int64_t expected_;
  std::string where_;
  Diagnostics& diagnostics_;
  mutable std::once_flag built_;
  mutable FrameTable table_;
  mutable std::uint32_t first_packet_ = 0, last_packet_ = 0;
};

void Window::build() const {
  const FrameTable& whole = video_->source->frames();
  // The bounds are rounded decimals of frame times: half a frame of room on both sides.
  const Nanos half = tick_time(1, rate_) / 2;
  const Nanos from = nanos(span_.from_s) - half, to = nanos(span_.to_s) - half;
  const auto before = [](const FrameRecord& frame, Nanos t) {
    return ns_of(frame.time) < t.count();
  };
  const auto begin = std::lower_bound(whole.frames.begin(), whole.frames.end(), from, before);
  const auto end = std::lower_bound(begin, whole.frames.end(), std::max(from, to), before);
  table_.time_base = whole.time_base;
  table_.packets = whole.packets;
  table_.complete = whole.complete;
  table_.times_from_container = whole.times_from_container;
  table_.frames.assign(begin, end);
  report(from, to);
  if (table_.frames.empty()) return;
  // Relative to the first frame's pts, which is exact; unless it is not where the episode starts.
  constexpr Nanos kReadersTolerance{100'000};
  const Nanos offset = Nanos(ns_of(table_.frames[0].time)) - nanos(span_.from_s);
  const Nanos lead = std::chrono::abs(offset) <= kReadersTolerance ? Nanos(0) : offset;
  const std::int64_t origin = table_.frames[0].pts;
  last_packet_ = 0;
  for (FrameRecord& frame : table_.frames) {
    frame.time = stream_time((pts_to_ns(frame.pts - origin, table_.time_base) + lead).count());
    last_packet_ = std::max(last_packet_, frame.packet);
  }
  auto entry = begin;
  while (entry != whole.frames.begin() && !entry->entry) --entry;
  first_packet_ = entry->packet;
  for (auto frame = begin; frame != end; ++frame)
    first_packet_ = std::min(first_packet_, frame->packet);
}

void Window::report(Nanos from, Nanos to) const {
  for (Diagnostic entry : video_->diagnostics.summary()) {
    const bool outside =
        entry.first_ns &&
        (entry.last_ns.value_or(*entry.first_ns) < from.count() || *entry.first_ns >= to.count());
    if (!outside) diagnostics_.add(std::move(entry));
  }
  const auto found = static_cast<std::int64_t>(table_.frames.size());
  if (expected_ >= 0 && found != expected_)
    diagnostics_.loss("lerobot-frame-count", where_,
                      "the video has " + std::to_string(found) + " frames where the episode has " +
                          std::to_string(expected_) + " rows",
                      static_cast<std::uint64_t>(std::abs(found - expected_)));
}
}  // namespace

std::shared_ptr<VideoSource> make_window(std::shared_ptr<SharedVideo> video, VideoSpan span,
                                         Rational rate, std::int64_t expected, std::string where,
                                         Diagnostics& diagnostics) {
  return std::make_shared<Window>(std::move(video), span, rate, expected, std::move(where),
                                  diagnostics);
}

}  // namespace reelcell::readers::lerobot
