#include "internal/sample_entry.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "internal/av.hpp"
#include "internal/bitstream.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

constexpr std::size_t kVisualEntryHeader = 86;  ///< box header 8 + VisualSampleEntry 78

std::uint32_t u32_at(ByteView bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at]) << 24 |
         static_cast<std::uint32_t>(bytes[at + 1]) << 16 |
         static_cast<std::uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
}

void put_u32(Bytes& out, std::size_t at, std::size_t value) {
  for (std::size_t i = 0; i < 4; ++i)
    out[at + i] = static_cast<std::uint8_t>(value >> (8 * (3 - i)));
}

/// First box of a type among the boxes in [begin, end), descending into plain containers.
ByteView find_box(ByteView bytes, std::string_view path) {
  const std::string_view type = path.substr(0, 4);
  for (std::size_t at = 0; at + 8 <= bytes.size();) {
    const std::size_t size = u32_at(bytes, at);
    if (size < 8 || size > bytes.size() - at) break;
    if (as_text(bytes.subspan(at + 4, 4)) == type)
      return path.size() <= 4 ? bytes.subspan(at, size)
                              : find_box(bytes.subspan(at + 8, size - 8), path.substr(5));
    at += size;
  }
  return {};
}

struct MemoryIo {
  AVIOContext* context = nullptr;
  ~MemoryIo() {
    if (context == nullptr) return;
    std::uint8_t* buffer = nullptr;
    avio_close_dyn_buf(context, &buffer);
    av_free(buffer);
  }
  Bytes take() {
    std::uint8_t* buffer = nullptr;
    const int size = avio_close_dyn_buf(context, &buffer);
    context = nullptr;
    Bytes out(buffer, buffer + size);
    av_free(buffer);
    return out;
  }
};

struct FreeMuxer {
  void operator()(AVFormatContext* p) const { avformat_free_context(p); }
};

/// Tags under which MP4s are told apart by where parameter sets live; others are libav's choice.
std::uint32_t kept_tag(const VideoFormat& format) {
  for (const char* tag : {"avc1", "avc3", "hvc1", "hev1"})
    if (format.codec_tag == static_cast<std::uint32_t>(MKTAG(tag[0], tag[1], tag[2], tag[3])))
      return format.codec_tag;
  return 0;
}

/// Lets libav write a file of one frame; its sample entry is what we want of it.
Bytes one_frame_file(const VideoFormat& format, ByteView first) {
  quiet_libav();
  const bool quicktime = format.codec == "ffv1";  // its sample entry is only defined there
  AVFormatContext* raw = nullptr;
  if (avformat_alloc_output_context2(&raw, nullptr, quicktime ? "mov" : "mp4", nullptr) < 0)
    throw std::bad_alloc();
  const std::unique_ptr<AVFormatContext, FreeMuxer> muxer(raw);
  AVStream* const stream = avformat_new_stream(raw, nullptr);
  if (stream == nullptr) throw std::bad_alloc();
  const ParametersHandle parameters = parameters_of(format);
  if (avcodec_parameters_copy(stream->codecpar, parameters.get()) < 0) throw std::bad_alloc();
  stream->codecpar->codec_tag = kept_tag(format);
  stream->sample_aspect_ratio = stream->codecpar->sample_aspect_ratio;
  stream->time_base = {1, 15360};
  raw->flags |= AVFMT_FLAG_BITEXACT;
  raw->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
  MemoryIo io;
  if (avio_open_dyn_buf(&io.context) < 0) throw std::bad_alloc();
  raw->pb = io.context;
  const PacketHandle packet = packet_of(first);
  packet->pts = packet->dts = 0;
  packet->duration = 512;
  packet->flags = AV_PKT_FLAG_KEY;
  int result = avformat_write_header(raw, nullptr);
  if (result >= 0) result = av_write_frame(raw, packet.get());
  if (result >= 0) result = av_write_trailer(raw);
  if (result < 0)
    throw PlanError("an MP4 cannot carry this " + format.codec + " track: " + av_error(result) +
                    "; choose another codec or re-encode");
  return io.take();
}

/// libav states bit rates that it took from the one frame it was given; we state none. ISO/IEC
/// 14496-1, 7.2.6.6.
void forget_bit_rates(Bytes& box, std::size_t begin, std::size_t end) {
  for (std::size_t at = begin + 12; at + 18 < end; ++at) {
    if (box[at] != 0x04) continue;  // DecoderConfigDescriptor
    std::size_t body = at + 1;
    while (body < end && (box[body] & 0x80) != 0) ++body;
    body += 1;
    if (body + 13 <= end)
      std::fill_n(box.begin() + static_cast<std::ptrdiff_t>(body) + 2, 11, std::uint8_t{0});
    return;
  }
}

Bytes without_bit_rates(ByteView stsd) {
  Bytes out(stsd.begin(), stsd.end());
  constexpr std::size_t kEntry = 16;  // stsd header and count
  for (std::size_t at = kEntry + kVisualEntryHeader; at + 8 <= out.size();) {
    const std::size_t size = u32_at(out, at);
    if (size < 8 || size > out.size() - at) break;
    const std::string type(as_text(ByteView(out).subspan(at + 4, 4)));
    if (type == "esds") forget_bit_rates(out, at, at + size);
    if (type == "btrt") {
      out.erase(out.begin() + static_cast<std::ptrdiff_t>(at),
                out.begin() + static_cast<std::ptrdiff_t>(at + size));
      continue;
    }
    at += size;
  }
  put_u32(out, 0, out.size());
  put_u32(out, kEntry, out.size() - kEntry);
  return out;
}

/// AV1 in MP4 has no temporal delimiters (AV1-ISOBMFF 2.4). Empty when there is none to drop.
Bytes without_delimiters(ByteView packet) {
  Bytes out;
  bool found = false;
  for (std::size_t at = 0; at < packet.size();) {
    const std::size_t start = at;
    const unsigned type = (packet[at] >> 3) & 15u;
    const bool sized = (packet[at] & 2) != 0;
    at += (packet[at] & 4) != 0 ? 2 : 1;
    std::uint64_t size = packet.size() > at ? packet.size() - at : 0;
    if (sized) {
      size = 0;
      for (unsigned i = 0; i < 8 && at < packet.size(); ++i) {
        const std::uint8_t byte = packet[at++];
        size |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0) break;
      }
    }
    at = size > packet.size() - std::min(at, packet.size()) ? packet.size()
                                                            : at + static_cast<std::size_t>(size);
    if (type == 2)
      found = true;
    else
      out.insert(out.end(), packet.begin() + static_cast<std::ptrdiff_t>(start),
                 packet.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return found ? out : Bytes{};
}

}  // namespace

bool mp4_carries(const std::string& codec) {
  static constexpr std::array<std::string_view, 7> kCodecs = {"h264",  "hevc",  "av1", "vp9",
                                                              "mpeg4", "mjpeg", "ffv1"};
  return std::find(kCodecs.begin(), kCodecs.end(), codec) != kCodecs.end();
}

Bytes sample_description(const VideoFormat& format, ByteView first) {
  if (!mp4_carries(format.codec))
    throw PlanError("codec '" + format.codec +
                    "' does not go into an MP4; re-encode it (h264, hevc, av1, vp9 or mjpeg)");
  const Bytes file = one_frame_file(format, first);
  const ByteView stsd = find_box(file, "moov/trak/mdia/minf/stbl/stsd");
  if (stsd.size() < 16 + kVisualEntryHeader)
    throw PlanError("libav wrote no sample entry for codec '" + format.codec + "'");
  return without_bit_rates(stsd);
}

std::shared_ptr<const Bytes> to_sample(const VideoFormat& format,
                                       const std::shared_ptr<const Bytes>& packet) {
  const bool nal_units = format.codec == "h264" || format.codec == "hevc";
  if (nal_units && nal_length_size(format.codec, format.extradata) == 0)
    return std::make_shared<const Bytes>(to_length_prefixed(*packet));
  if (format.codec == "av1") {
    Bytes stripped = without_delimiters(*packet);
    if (!stripped.empty()) return std::make_shared<const Bytes>(std::move(stripped));
  }
  return packet;
}

}  // namespace reelcell::media
