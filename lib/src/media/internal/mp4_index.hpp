// The tables of a one-track, constant-rate MP4 (ISO/IEC 14496-12).
#pragma once

#include <cstdint>
#include <vector>

#include "reelcell/model/video.hpp"

namespace reelcell::media {

/// Ticks a second of the track: the smallest power-of-two multiple of the rate's numerator from
/// 10,000 on, so that a frame lasts a whole number of ticks (15360 at 30 Hz, 30000 at 30000/1001).
std::uint32_t timescale_of(Rational rate);

/// Samples in decode order. Decode times are the sample numbers, presentation times are stated as
/// signed offsets from them (ctts version 1): the first picture is shown at 0 without any edit
/// list, whatever the clips' reordering.
class Mp4Index {
 public:
  Mp4Index(Rational rate, int width, int height);
  /// `shift` = rows shown after (before, when negative) the place in decode order.
  void add(std::uint32_t bytes, std::int32_t shift, bool key);
  std::uint32_t samples() const { return static_cast<std::uint32_t>(sizes_.size()); }
  std::uint64_t payload() const { return payload_; }
  /// ftyp, moov and the header of mdat: what stands before the payload. `stsd` is the sample
  /// description box.
  Bytes head(ByteView stsd) const;

 private:
  Bytes tables(ByteView stsd, std::uint64_t data_start) const;
  void put_sample_tables(class BoxWriter& out, ByteView stsd, std::uint64_t data_start) const;
  Rational rate_;
  int width_, height_;
  std::uint64_t payload_ = 0;
  std::vector<std::uint32_t> sizes_;
  std::vector<std::int32_t> shifts_;
  std::vector<bool> keys_;
  std::vector<std::uint32_t> chunk_samples_;  ///< samples of each chunk
  std::uint64_t chunk_bytes_ = 0;
  std::vector<std::uint64_t> chunk_starts_;  ///< from the start of the payload
};

}  // namespace reelcell::media
