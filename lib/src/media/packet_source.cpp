#include <algorithm>
#include <mutex>

#include "internal/decoder.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/video_file.hpp"

namespace reelcell::media {

namespace {

/// Parameter sets (or AV1's sequence header) out of a coded frame, as extradata; empty when it
/// holds none.
Bytes extradata_in(const std::string& codec, ByteView packet_bytes) {
  const AVBitStreamFilter* filter = av_bsf_get_by_name("extract_extradata");
  AVBSFContext* raw = nullptr;
  if (filter == nullptr || av_bsf_alloc(filter, &raw) < 0) return {};
  const FilterHandle context(raw);
  context->par_in->codec_type = AVMEDIA_TYPE_VIDEO;
  context->par_in->codec_id = codec_id_of(codec);
  if (av_bsf_init(context.get()) < 0) return {};  // a codec without extradata
  const PacketHandle in = packet_of(packet_bytes), out = new_packet();
  if (av_bsf_send_packet(context.get(), in.get()) < 0 ||
      av_bsf_receive_packet(context.get(), out.get()) < 0)
    return {};
  std::size_t size = 0;
  const std::uint8_t* data = av_packet_get_side_data(out.get(), AV_PKT_DATA_NEW_EXTRADATA, &size);
  return data ? Bytes(data, data + size) : Bytes{};
}

struct PacketState {
  PacketList list;
  struct Shown {
    std::int64_t pts = 0;
    bool shown = false, entry = false;
  };
  std::vector<Shown> packets;  ///< by decode order
};

class ListCursor : public PacketCursor {
 public:
  ListCursor(std::shared_ptr<const PacketState> state, std::uint32_t start)
      : state_(std::move(state)), next_(start) {}
  bool next(VideoPacket& packet) override {
    if (next_ >= state_->packets.size()) return false;
    const auto& shown = state_->packets[next_];
    packet.data = state_->list.load(next_);
    if (!packet.data)
      throw InputError(state_->list.description,
                       "packet " + std::to_string(next_) + " cannot be read");
    packet.pts = shown.pts;
    packet.dts = next_ < state_->list.dts.size() ? state_->list.dts[next_] : shown.pts;
    packet.duration = 0;
    packet.ordinal = next_;
    packet.key = shown.entry;
    packet.discard = !shown.shown;
    ++next_;
    return true;
  }

 private:
  std::shared_ptr<const PacketState> state_;
  std::uint32_t next_;
};

class ListSource : public VideoSource {
 public:
  explicit ListSource(std::shared_ptr<const PacketState> state) : state_(std::move(state)) {}
  const VideoFormat& format() const override { return state_->list.format; }
  const FrameTable& frames() const override { return state_->list.table; }
  std::unique_ptr<PacketCursor> packets_from(std::uint32_t packet_ordinal) const override {
    std::uint32_t start = 0;
    if (!state_->packets.empty()) {
      start = std::min(packet_ordinal, static_cast<std::uint32_t>(state_->packets.size()) - 1);
      while (start > 0 && !state_->packets[start].entry) --start;
    }
    return std::make_unique<ListCursor>(state_, start);
  }
  std::string describe() const override { return state_->list.description; }

 private:
  std::shared_ptr<const PacketState> state_;
};

/// What the reader left open is taken from the first frame that a decoder may start at.
void complete_format(PacketState& state) {
  VideoFormat& format = state.list.format;
  const bool needs_size = format.width == 0 || format.height == 0 || format.pix_fmt.empty();
  const bool needs_extradata =
      format.extradata.empty() &&
      (format.codec == "h264" || format.codec == "hevc" || format.codec == "av1");
  if (!needs_size && !needs_extradata) return;
  const auto first = std::find_if(state.packets.begin(), state.packets.end(),
                                  [](const auto& p) { return p.entry; });
  if (first == state.packets.end()) return;
  const auto bytes = state.list.load(static_cast<std::uint32_t>(first - state.packets.begin()));
  if (!bytes) return;
  if (needs_size) {
    const VideoFormat seen =
        at_place(state.list.description, [&] { return format_from_packet(format.codec, *bytes); });
    const VideoFormat given = format;
    format = seen;
    format.extradata = given.extradata;
    format.time_base = given.time_base;
    format.average_rate = given.average_rate;
    format.rotation = given.rotation;
    if (given.pixel_aspect.valid()) format.pixel_aspect = given.pixel_aspect;
  }
  if (format.extradata.empty()) format.extradata = extradata_in(format.codec, *bytes);
}

}  // namespace

std::shared_ptr<VideoSource> make_packet_source(PacketList list) {
  auto state = std::make_shared<PacketState>();
  state->list = std::move(list);
  FrameTable& table = state->list.table;
  state->packets.resize(table.packets);
  std::uint32_t last = 0;
  int delay = 0;
  for (std::size_t i = 0; i < table.frames.size(); ++i) {
    FrameRecord& frame = table.frames[i];
    if (frame.packet >= table.packets)
      throw InputError(state->list.description, "frame " + std::to_string(i) + " names packet " +
                                                    std::to_string(frame.packet) + " of " +
                                                    std::to_string(table.packets));
    frame.entry = frame.entry || frame.key;
    state->packets[frame.packet] = {frame.pts, true, frame.entry};
    delay = std::max(delay, static_cast<int>(static_cast<std::int64_t>(frame.packet) -
                                             static_cast<std::int64_t>(i)));
    last = std::max(last, frame.packet);
  }
  complete_format(*state);
  VideoFormat& format = state->list.format;
  format.time_base = table.time_base;
  if (table.packets == table.frames.size()) format.reorder_delay = std::clamp(delay, 0, 64);
  return std::make_shared<ListSource>(std::move(state));
}

VideoFormat format_from_packet(const std::string& codec, ByteView first_key_packet) {
  VideoFormat asked;
  asked.codec = codec;
  Decoder decoder(asked, 1);
  const FrameHandle frame = new_frame();
  decoder.send(first_key_packet, 0);
  decoder.send_end();
  if (!decoder.receive(*frame))
    throw InputError("the first frame of " + std::to_string(first_key_packet.size()) +
                     " bytes does not decode as " + codec +
                     "; expected one that a decoder can start at");
  VideoFormat format = decoder.format_of_stream(*frame);
  format.extradata = extradata_in(codec, first_key_packet);
  return format;
}

bool is_key_packet(const std::string& codec, ByteView packet) {
  if (!can_classify(codec)) return intra_only(codec) && !packet.empty();
  // A log's frames come without a container's configuration, so the parameter sets must be in the
  // frame itself.
  if (classify_frame(codec, 0, packet).entry != Entry::kClosed) return false;
  return codec == "vp9" || codec == "vp8" || !extradata_in(codec, packet).empty();
}

}  // namespace reelcell::media
