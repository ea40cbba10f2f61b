// Video files through libav: what is in them, and their tracks as VideoSource.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell::media {

struct AudioFormat {
  std::string codec;
  int sample_rate = 0;
  int channels = 0;
};

struct TrackInfo {
  int index = 0;     ///< libav stream index
  std::string kind;  ///< "video", "audio", "subtitle", "data", "attachment"
  std::string codec;
  std::optional<VideoFormat> video;
  std::optional<AudioFormat> audio;
  Rational time_base{0, 1};
  std::optional<std::int64_t> start_pts;     ///< from the header
  std::optional<std::int64_t> duration_pts;  ///< from the header
  std::optional<std::int64_t> frames_from_header;
};
struct FileInfo {
  std::string container;  ///< libav's demuxer: "mov,mp4,m4a,3gp,3g2,mj2"
  std::vector<TrackInfo> tracks;
  std::vector<std::pair<std::string, std::string>> tags;
};

/// Header and stream info only; never decodes the file. Throws InputError.
FileInfo probe_file(const fs::path& path);
/// Looks like a video file to libav? For sniffing; never throws.
int sniff_video(const fs::path& path, ByteView head);

/// `track` = libav stream index, or -1 for the first video track that is not an attached picture.
/// frames() demuxes the file once (no decoding). Damage found on the way is counted in
/// `diagnostics`
/// ("video-corrupt-packet", "video-truncated", "video-missing-pts", ..), placed in time, and the
/// rest is kept.
std::shared_ptr<VideoSource> open_video_file(const fs::path& path, int track,
                                             Diagnostics& diagnostics);

/// What can be told of a track in a moment, also of one in a file of many gigabytes.
struct TrackSurvey {
  std::optional<std::uint64_t> packets;  ///< that are shown; nullopt: not all were listed
  /// Shown times; the end is that of the last packet, with its duration where that is known.
  /// nullopt: not found within the budget.
  std::optional<std::int64_t> first_pts, last_pts, end_pts;
  /// All packets, or those of the first whole GOPs. Key frames of an MP4 are those its tables name;
  /// only the first ones are looked at.
  FrameTable frames;
  Rational average_rate{0, 1};  ///< of those frames
};
/// Lists a video or audio track when its file has tables (MP4, MOV) or is no longer than `budget`
/// bytes; else reads at most that much at its start and at its end. Damage is not reported here.
/// Throws InputError when the file cannot be opened.
TrackSurvey survey_track(const fs::path& path, int track, std::uint64_t budget);

/// A VideoSource over packets that some reader holds (messages of a log). `load` gives the bytes of
/// packet i in decode order; it must be thread-safe. With B-frames `pts` order differs from packet
/// order.
struct PacketList {
  VideoFormat format;  ///< extradata may be empty: parameter sets are then taken from the packets
  FrameTable table;    ///< built by the reader
  std::vector<std::int64_t> dts;  ///< per packet; empty = presentation order is decode order
  std::function<std::shared_ptr<const Bytes>(std::uint32_t packet)> load;
  std::string description;
};
std::shared_ptr<VideoSource> make_packet_source(PacketList list);
/// Size, pix_fmt, profile and key flag from a coded frame: Annex-B H.264/HEVC, AV1 OBUs, VP9, JPEG,
/// PNG.
VideoFormat format_from_packet(const std::string& codec, ByteView first_key_packet);
/// Does the coded frame start a decodable sequence (IDR, AV1 key frame with sequence header, every
/// JPEG/PNG)?
bool is_key_packet(const std::string& codec, ByteView packet);

}  // namespace reelcell::media
