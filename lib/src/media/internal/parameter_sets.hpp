// H.264 parameter sets, so that packets of two encoders can live behind one sample entry. ISO/IEC
// 14496-15, 5.3.3; ITU-T H.264, 7.3.2.
#pragma once

#include <map>
#include <optional>

#include "reelcell/base/file.hpp"

namespace reelcell::media {

/// Sets by their ids. A picture names its PPS, a PPS its SPS: packets stay apart as long as ids do.
struct ParameterSets {
  std::map<unsigned, Bytes> sps, pps;
};

/// From an avcC record or from Annex B; nullopt when there is none or it cannot be read.
std::optional<ParameterSets> parse_h264_sets(ByteView extradata);
/// Both together; nullopt when the same id means two things.
std::optional<ParameterSets> join_sets(const ParameterSets& a, const ParameterSets& b);
/// The smallest id that neither an SPS nor a PPS has, from 1 on (0 is what encoders use).
unsigned free_set_id(const ParameterSets& sets);
/// An avcC record with 4-byte lengths, for 8-bit 4:2:0.
Bytes avcc_of(const ParameterSets& sets);

}  // namespace reelcell::media
