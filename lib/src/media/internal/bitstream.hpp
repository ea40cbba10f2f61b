// What a coded frame says of itself in its first bytes: may a decoder start here, and what does it
// then lose? Containers' key flags do not tell an IDR from an open GOP, and some are missing or
// wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "reelcell/base/file.hpp"

namespace reelcell::media {

enum class Entry {
  kNone,    ///< needs frames before it
  kOpen,    ///< decodable, but frames that follow in decode order and are shown earlier are not
  kClosed,  ///< decodable, and nothing after it in decode order needs anything before it
};

struct FrameClass {
  Entry entry = Entry::kNone;
  bool decided = false;  ///< false: the bytes given did not reach the coded picture (or the codec
                         ///< is not parsed)
  bool intra = false;    ///< H.264: the first slice is intra
};

/// Bytes of a NAL unit's length prefix as the codec's configuration record says; 0 = Annex B start
/// codes.
int nal_length_size(const std::string& codec, ByteView extradata);

/// Every frame of such a codec stands alone (JPEG, PNG, raw).
bool intra_only(const std::string& codec);
/// Codecs whose frames `classify_frame` can read; for others the container's flag is all there is.
bool can_classify(const std::string& codec);
/// Looks at the first coded picture within `head` (the start of a packet; need not be all of it).
FrameClass classify_frame(const std::string& codec, int nal_length, ByteView head);

/// Calls visit(nal unit without prefix) until it returns false. Damaged lengths end the walk.
void for_each_nal(ByteView packet, int nal_length, const std::function<bool(ByteView)>& visit);
/// The first Exp-Golomb number of an escaped payload.
std::optional<unsigned> first_exp_golomb(ByteView payload);
/// Does a key frame bring its own sequence header (AV1), so that it needs none of the container's?
bool brings_sequence_header(ByteView av1_packet);
/// Annex B to 4-byte length prefixes, as MP4 wants it.
Bytes to_length_prefixed(ByteView annex_b);

}  // namespace reelcell::media
