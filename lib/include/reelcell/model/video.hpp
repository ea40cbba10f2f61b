// Video as values: what a format is, what a packet is, what a frame is. No libav here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/file.hpp"
#include "reelcell/base/time.hpp"

namespace reelcell {

/// Everything a decoder or muxer needs to know of a video track.
struct VideoFormat {
  std::string codec;    ///< libav's name: "h264", "hevc", "av1", "vp9", "mpeg4", "mjpeg", "ffv1",
                        ///< "png", "rawvideo"
  int width = 0;        ///< px, as coded (before rotation)
  int height = 0;       ///< px
  std::string pix_fmt;  ///< libav's name: "yuv420p", "rgb24", ..; "" when not known before decoding
  Bytes extradata;      ///< avcC, hvcC, av1C, VPS/SPS/PPS, ..; may be empty
  Rational time_base{1, 1'000'000'000};  ///< of pts, dts and duration
  Rational average_rate{0, 1};           ///< frames/s from content, {0,1} when unknown
  Rational pixel_aspect{0, 1};           ///< {0,1} = unknown
  int rotation = 0;   ///< degrees clockwise to turn the picture for display: 0, 90, 180, 270
  int profile = -99;  ///< libav's FF_PROFILE_*, -99 unknown
  int level = -99;
  int reorder_delay = 0;  ///< frames of B-frame delay; 0 = decode order is presentation order
  std::uint32_t codec_tag = 0;
  std::string color_range, color_space, color_primaries,
      color_transfer;  ///< libav's names, "" = unspecified
  int bit_depth = 8;
  /// Can packets of both live behind one sample entry of an MP4 (same codec, size, pix_fmt,
  /// extradata)?
  bool can_share_track(const VideoFormat& other) const;
};

/// One coded frame. pts/dts/duration are in the format's time base.
struct VideoPacket {
  std::shared_ptr<const Bytes> data;
  std::int64_t pts = 0;
  std::int64_t dts = 0;
  std::int64_t duration = 0;  ///< 0 = unknown
  std::uint32_t ordinal = 0;  ///< position in decode order within the track, from 0
  bool key = false;           ///< a decoder may start here
  bool discard = false;       ///< decode, but do not show (an edit list cut it away)
};

/// A frame's identity and time. Never addressed by index/fps.
struct FrameRecord {
  std::int64_t pts = 0;  ///< in the track's time base
  StreamTime time{};     ///< the stamp the stream's own clock gave the frame (a container's pts, a
                         ///< log's stamp)
  std::uint32_t packet = 0;  ///< ordinal in decode order
  std::uint32_t bytes = 0;   ///< size of the coded frame
  bool key =
      false;  ///< a decoder may start here AND nothing shown later needs anything before it (IDR)
  bool entry =
      false;  ///< a decoder may start here for frames shown from this one on (open GOP too)
};

/// The frames of a track in presentation order, from demuxing alone.
struct FrameTable {
  Rational time_base{1, 1'000'000'000};
  std::vector<FrameRecord> frames;
  std::uint32_t packets = 0;         ///< in decode order, with those that are not shown
  bool complete = true;              ///< false: the file is damaged or cut; see the Diagnostics
  bool times_from_container = true;  ///< false: times come from a log or message stamps
};

/// Packets in decode order.
class PacketCursor {
 public:
  virtual ~PacketCursor() = default;
  /// False at the end. Throws InputError for I/O errors; damaged packets are skipped and counted.
  virtual bool next(VideoPacket& packet) = 0;
};

/// A video stream that can be read many times, by several threads (each with its own cursor).
class VideoSource {
 public:
  virtual ~VideoSource() = default;
  virtual const VideoFormat& format() const = 0;
  /// Built on first use and kept: O(frames) memory, about 32 bytes a frame. Thread-safe.
  virtual const FrameTable& frames() const = 0;
  /// Starts at the last packet with `key` whose ordinal is <= `packet_ordinal`.
  virtual std::unique_ptr<PacketCursor> packets_from(std::uint32_t packet_ordinal) const = 0;
  virtual std::string describe() const = 0;  ///< "front.mp4 track 0"
};

/// A stretch of frames ready to be muxed at a constant rate: pts are row numbers 0..n-1, one frame
/// a row. Made by media (copied or encoded packets); consumed by every writer of the run, so the
/// bytes are made once.
struct ClipPackets {
  VideoFormat format;  ///< time_base = 1/rate
  Rational rate{30, 1};
  std::uint32_t frames = 0;
  std::vector<VideoPacket>
      packets;          ///< decode order; pts = row number; dts <= pts; first is a key frame
  bool copied = false;  ///< false: re-encoded
  std::string
      reason;  ///< why encoded ("segment starts 3 frames after a key frame"), or "" when copied
  std::uint64_t bytes = 0;
};

}  // namespace reelcell
