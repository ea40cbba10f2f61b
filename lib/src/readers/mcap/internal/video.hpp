// Image topics as video streams.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "reelcell/model/video.hpp"
#include "topic.hpp"

namespace reelcell::readers::mcap {

enum class ImageKind {
  kNone,
  kRaw,         ///< sensor_msgs/Image, foxglove.RawImage
  kCompressed,  ///< sensor_msgs/CompressedImage, foxglove.CompressedImage, foxglove.CompressedVideo
};
/// By the name of the schema, in any of its spellings ("sensor_msgs/msg/Image",
/// "foxglove.RawImage").
ImageKind image_kind(const Topic& topic);

/// Codec and size from the first message alone; nullopt when it has none or cannot be read.
std::optional<VideoFormat> probe_video(const McapFile& file, const Topic& topic,
                                       const ReadOptions& options);

/// The first frames of the topic; null when there are none that can be decoded.
std::shared_ptr<const FrameTable> glance_video(const McapFile& file, const Topic& topic,
                                               const ReadOptions& options);

/// Reads every message of the topic once for its stamp and size. Memory: about 64 bytes a frame.
std::shared_ptr<VideoSource> open_topic_video(std::shared_ptr<const McapFile> file,
                                              const Topic& topic, const ReadOptions& options,
                                              Diagnostics& diagnostics);

/// How raw pixels of a ROS encoding look to libav.
struct RawLayout {
  std::string pix_fmt;
  std::size_t bytes_per_two_pixels = 0;  ///< per two, since 4:2:2 has three or four for a pair
};
/// Throws InputError for encodings that are not read (bayer, float depth), with what to do.
RawLayout raw_layout(const std::string& encoding, bool big_endian);
/// "jpeg", "rgb8; jpeg compressed bgr8", "h264" -> libav's codec name; the bytes decide where they
/// are clear.
std::string compressed_codec(const std::string& format, ByteView data);
/// Base64 as in JSON (padding and "\/" tolerated); throws InputError for other characters.
Bytes decode_base64(std::string_view text);

}  // namespace reelcell::readers::mcap
