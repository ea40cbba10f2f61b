// One pass over a track's packets without decoding: who they are, when they are shown, where a
// decoder may start.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "internal/av.hpp"
#include "internal/bitstream.hpp"
#include "internal/packet_entries.hpp"
#include "reelcell/base/diagnostics.hpp"

namespace reelcell::media {

PacketEntry entry_of(const AVPacket& packet);

struct TrackIndex {
  PacketEntries packets;
  FrameTable table;
  Rational average_rate{0, 1};
  int reorder_delay = 0;
  /// Bytes of packet i are at [position, position + size) of the file: no demuxer is needed to
  /// fetch them.
  bool direct = false;
  bool only_decode_times = false;  ///< the container stores no presentation times (AVI)
  bool configuration_changes =
      false;  ///< within the track; only what is stated at its start is used
};

inline constexpr std::size_t kEveryHead = static_cast<std::size_t>(-1);

/// Demuxes one track of a file; `mov` = an MP4 or MOV, whose tables suffice. Loss goes to
/// `diagnostics` under `where`. Of an MP4 at most `most_heads` key frames are looked at; for the
/// others the container's flag is believed. Throws InputError.
TrackIndex scan_track(const fs::path& path, const InputFile& file, bool mov, int track,
                      const VideoFormat& format, const std::string& where, Diagnostics& diagnostics,
                      std::size_t most_heads = kEveryHead);

/// Exact frames per second of increasing time stamps: the constant rate behind them when every
/// stamp lies within one tick of it (a 1 ms time base rounds 30 Hz to 33, 33, 34), else frames by
/// time. {0, 1} for fewer than two frames.
Rational rate_from_stamps(const std::vector<FrameRecord>& frames, Rational time_base,
                          Rational hint);

}  // namespace reelcell::media
