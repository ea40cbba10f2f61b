#include "internal/bitstream.hpp"

#include <algorithm>
#include <cstring>

#include "internal/av.hpp"

namespace reelcell::media {

namespace {

/// MSB-first reader that drops emulation prevention bytes (00 00 03). Past the end it gives zeros
/// and sets `failed`.
class BitReader {
 public:
  explicit BitReader(ByteView bytes, bool escaped) : bytes_(bytes), escaped_(escaped) {}
  unsigned bit() {
    if (left_ == 0 && !load()) return 0;
    --left_;
    return (current_ >> left_) & 1u;
  }
  unsigned bits(int count) {
    unsigned value = 0;
    for (int i = 0; i < count; ++i) value = value << 1 | bit();
    return value;
  }
  /// Exp-Golomb.
  unsigned ue() {
    int zeros = 0;
    while (!failed_ && zeros < 32 && bit() == 0) ++zeros;
    if (failed_ || zeros >= 32) {
      failed_ = true;
      return 0;
    }
    return (1u << zeros) - 1 + bits(zeros);
  }
  bool failed() const { return failed_; }

 private:
  bool load() {
    if (escaped_ && zeros_ >= 2 && at_ < bytes_.size() && bytes_[at_] == 3) {
      ++at_;
      zeros_ = 0;
    }
    if (at_ >= bytes_.size()) {
      failed_ = true;
      return false;
    }
    current_ = bytes_[at_++];
    zeros_ = current_ == 0 ? zeros_ + 1 : 0;
    left_ = 8;
    return true;
  }
  ByteView bytes_;
  bool escaped_;
  std::size_t at_ = 0;
  unsigned current_ = 0;
  int left_ = 0, zeros_ = 0;
  bool failed_ = false;
};

/// Recovery point SEI (payload 6) with recovery_frame_cnt 0 and exact_match_flag: ITU-T H.264
/// D.2.8.
bool has_exact_recovery_point(ByteView sei) {
  std::size_t at = 1;
  while (at + 2 <= sei.size() && sei[at] != 0x80) {
    unsigned type = 0, size = 0;
    while (at < sei.size() && sei[at] == 0xff) type += 255, ++at;
    if (at < sei.size()) type += sei[at++];
    while (at < sei.size() && sei[at] == 0xff) size += 255, ++at;
    if (at < sei.size()) size += sei[at++];
    if (type == 6) {
      BitReader reader(sei.subspan(at), true);
      const unsigned frames = reader.ue();
      const bool exact = reader.bit() == 1;
      return !reader.failed() && frames == 0 && exact;
    }
    if (size > sei.size() - at) return false;
    at += size;
  }
  return false;
}

FrameClass classify_h264(int nal_length, ByteView head) {
  FrameClass out;
  bool recovery = false;
  for_each_nal(head, nal_length, [&](ByteView nal) {
    const unsigned type = nal[0] & 0x1fu;
    if (type == 6) recovery = recovery || has_exact_recovery_point(nal);
    if (type != 1 && type != 2 && type != 5) return true;
    out.decided = true;
    BitReader reader(nal.subspan(1), true);
    reader.ue();  // first_mb_in_slice
    const unsigned slice = reader.ue() % 5;
    out.intra = !reader.failed() && (slice == 2 || slice == 4);
    if (type == 5)
      out.entry = Entry::kClosed;
    else if (recovery && out.intra)
      out.entry = Entry::kOpen;
    return false;
  });
  return out;
}

FrameClass classify_hevc(int nal_length, ByteView head) {
  FrameClass out;
  for_each_nal(head, nal_length, [&](ByteView nal) {
    const unsigned type = (nal[0] >> 1) & 0x3fu;
    if (type > 31) return true;
    out.decided = true;
    // BLA without RASL (17, 18) and IDR (19, 20). A CRA (21) is open even without leading frames:
    // its picture order count goes on from what was before it, so it cannot follow another clip.
    if (type >= 17 && type <= 20) out.entry = Entry::kClosed;
    if (type == 16 || type == 21) out.entry = Entry::kOpen;
    return false;
  });
  return out;
}

/// Size field of an OBU; false when it runs past the end.
bool leb128(ByteView bytes, std::size_t& at, std::uint64_t& value) {
  value = 0;
  for (unsigned i = 0; i < 8; ++i) {
    if (at >= bytes.size()) return false;
    const std::uint8_t byte = bytes[at++];
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

/// A key frame that is shown at once resets every reference; one shown later (show_frame 0) acts
/// like an open GOP.
FrameClass classify_av1(ByteView head) {
  FrameClass out;
  std::size_t at = 0;
  while (at < head.size()) {
    const unsigned type = (head[at] >> 3) & 15u;
    const bool extension = (head[at] & 4) != 0, sized = (head[at] & 2) != 0;
    at += extension ? 2 : 1;
    std::uint64_t size = head.size() > at ? head.size() - at : 0;
    if (sized && !leb128(head, at, size)) return out;
    if (at >= head.size()) return out;
    if (type == 3 || type == 6) {
      out.decided = true;
      const unsigned bits = head[at];
      const bool show_existing = (bits & 0x80) != 0, shown = (bits & 0x10) != 0;
      out.intra = !show_existing && ((bits >> 5) & 3u) == 0;
      if (out.intra && shown) out.entry = Entry::kClosed;
      return out;
    }
    if (size > head.size() - at) return out;
    at += static_cast<std::size_t>(size);
  }
  return out;
}

FrameClass classify_vp9(ByteView head) {
  FrameClass out;
  BitReader reader(head, false);
  if (reader.bits(2) != 2) return out;
  const unsigned low = reader.bit(), high = reader.bit();
  if (low + 2 * high == 3) reader.bit();
  const bool show_existing = reader.bit() == 1;
  const bool inter = reader.bit() == 1;
  out.decided = !reader.failed();
  if (out.decided && !show_existing && !inter) out.entry = Entry::kClosed;
  return out;
}

FrameClass classify_vp8(ByteView head) {
  FrameClass out;
  out.decided = !head.empty();
  if (out.decided && (head[0] & 1) == 0) out.entry = Entry::kClosed;
  return out;
}

/// First 00 00 01 at or after `at`, or `end`. memchr for the 1 is the fast part: coded data has few
/// of them.
const std::uint8_t* find_start_code(const std::uint8_t* at, const std::uint8_t* end) {
  if (end - at < 3) return end;
  const std::uint8_t* search = at + 2;
  while (search < end) {
    const auto* one = static_cast<const std::uint8_t*>(
        std::memchr(search, 1, static_cast<std::size_t>(end - search)));
    if (one == nullptr) return end;
    if (one[-1] == 0 && one[-2] == 0) return one - 2;
    search = one + 1;
  }
  return end;
}

}  // namespace

int nal_length_size(const std::string& codec, ByteView extradata) {
  if (codec == "h264" && extradata.size() >= 7 && extradata[0] == 1) return (extradata[4] & 3) + 1;
  // As libav tells hvcC from Annex B: a start code never begins like this.
  if (codec == "hevc" && extradata.size() >= 23 &&
      (extradata[0] != 0 || extradata[1] != 0 || extradata[2] > 1))
    return (extradata[21] & 3) + 1;
  return 0;
}

bool intra_only(const std::string& codec) {
  // Pictures that libav's table of codecs does not call intra-only.
  for (const char* picture : {"rawvideo", "png", "bmp", "tiff", "webp"})
    if (codec == picture) return true;
  const AVCodecDescriptor* descriptor = avcodec_descriptor_get_by_name(codec.c_str());
  return descriptor != nullptr && (descriptor->props & AV_CODEC_PROP_INTRA_ONLY) != 0;
}

bool can_classify(const std::string& codec) {
  return codec == "h264" || codec == "hevc" || codec == "av1" || codec == "vp9" || codec == "vp8";
}

FrameClass classify_frame(const std::string& codec, int nal_length, ByteView head) {
  if (codec == "h264") return classify_h264(nal_length, head);
  if (codec == "hevc") return classify_hevc(nal_length, head);
  if (codec == "av1") return classify_av1(head);
  if (codec == "vp9") return classify_vp9(head);
  if (codec == "vp8") return classify_vp8(head);
  return {};
}

void for_each_nal(ByteView packet, int nal_length, const std::function<bool(ByteView)>& visit) {
  if (nal_length > 0) {
    const auto prefix = static_cast<std::size_t>(nal_length);
    std::size_t at = 0;
    while (packet.size() - at > prefix) {
      std::size_t size = 0;
      for (std::size_t i = 0; i < prefix; ++i) size = size << 8 | packet[at + i];
      at += prefix;
      size = std::min(size, packet.size() - at);
      if (size > 0 && !visit(packet.subspan(at, size))) return;
      at += size;
    }
    return;
  }
  const std::uint8_t* const end = packet.data() + packet.size();
  const std::uint8_t* start = find_start_code(packet.data(), end);
  while (end - start > 3) {
    const std::uint8_t* const body = start + 3;
    const std::uint8_t* const next = find_start_code(body, end);
    const std::uint8_t* last = next;
    while (last > body && last[-1] == 0) --last;  // trailing_zero_8bits and the 4-byte start code
    if (last > body && !visit({body, last})) return;
    start = next;
  }
}

std::optional<unsigned> first_exp_golomb(ByteView payload) {
  BitReader reader(payload, true);
  const unsigned value = reader.ue();
  if (reader.failed()) return std::nullopt;
  return value;
}

bool brings_sequence_header(ByteView av1_packet) {
  for (std::size_t at = 0; at < av1_packet.size();) {
    const unsigned type = (av1_packet[at] >> 3) & 15u;
    if (type == 1) return true;
    const bool extension = (av1_packet[at] & 4) != 0, sized = (av1_packet[at] & 2) != 0;
    at += extension ? 2 : 1;
    std::uint64_t size = 0;
    if (!sized || !leb128(av1_packet, at, size) || size > av1_packet.size() - at) return false;
    at += static_cast<std::size_t>(size);
  }
  return false;
}

Bytes to_length_prefixed(ByteView annex_b) {
  Bytes out;
  out.reserve(annex_b.size() + 16);
  for_each_nal(annex_b, 0, [&](ByteView nal) {
    const auto size = static_cast<std::uint32_t>(nal.size());
    for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<std::uint8_t>(size >> shift));
    out.insert(out.end(), nal.begin(), nal.end());
    return true;
  });
  return out;
}

}  // namespace reelcell::media
