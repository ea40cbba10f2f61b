// What the fields of image messages mean.
//   https://docs.ros.org/en/api/sensor_msgs/html/image__encodings_8h_source.html
//   https://docs.foxglove.dev/docs/visualization/message-schemas/compressed-video
#include <algorithm>
#include <array>
#include <cctype>

#include "internal/video.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {

ImageKind image_kind(const Topic& topic) {
  if (!topic.schema || !topic.codec) return ImageKind::kNone;
  std::string name = topic.schema->name;
  for (const std::string& separator : {std::string("::"), std::string(".")})
    for (auto at = name.find(separator); at != std::string::npos; at = name.find(separator))
      name.replace(at, separator.size(), "/");
  if (const auto msg = name.find("/msg/"); msg != std::string::npos) name.erase(msg, 4);
  if (name == "sensor_msgs/Image" || name == "foxglove/RawImage" ||
      name == "foxglove_msgs/RawImage")
    return ImageKind::kRaw;
  for (const char* compressed :
       {"sensor_msgs/CompressedImage", "foxglove/CompressedImage", "foxglove/CompressedVideo",
        "foxglove_msgs/CompressedImage", "foxglove_msgs/CompressedVideo"})
    if (name == compressed) return ImageKind::kCompressed;
  return ImageKind::kNone;
}

RawLayout raw_layout(const std::string& encoding, bool big_endian) {
  struct Known {
    const char* encoding;
    const char* pix_fmt;
    std::size_t bytes;
  };
  static constexpr std::array<Known, 20> kKnown = {
      {{"rgb8", "rgb24", 6},          {"bgr8", "bgr24", 6},   {"8UC3", "bgr24", 6},
       {"rgba8", "rgba", 8},          {"bgra8", "bgra", 8},   {"8UC4", "bgra", 8},
       {"mono8", "gray", 2},          {"8UC1", "gray", 2},    {"mono16", "gray16", 4},
       {"16UC1", "gray16", 4},        {"rgb16", "rgb48", 12}, {"bgr16", "bgr48", 12},
       {"yuv422", "uyvy422", 4},      {"uyvy", "uyvy422", 4}, {"UYVY", "uyvy422", 4},
       {"yuv422_yuy2", "yuyv422", 4}, {"yuyv", "yuyv422", 4}, {"YUYV", "yuyv422", 4},
       {"yuy2", "yuyv422", 4},        {"YUY2", "yuyv422", 4}}};
  for (const Known& known : kKnown) {
    if (encoding != known.encoding) continue;
    std::string pix_fmt = known.pix_fmt;
    if (pix_fmt.ends_with("16") || pix_fmt.ends_with("48")) pix_fmt += big_endian ? "be" : "le";
    return {pix_fmt, known.bytes};
  }
  std::string advice =
      "known are rgb8, bgr8, rgba8, bgra8, mono8, mono16, rgb16, bgr16, yuv422 and yuv422_yuy2";
  if (encoding.starts_with("bayer")) advice = "record the debayered topic instead; " + advice;
  throw InputError("image encoding '" + encoding + "' is not read; " + advice);
}

std::string compressed_codec(const std::string& format, ByteView data) {
  const auto starts = [&](std::initializer_list<int> magic) {
    return data.size() >= magic.size() && std::equal(magic.begin(), magic.end(), data.begin());
  };
  if (starts({0xFF, 0xD8, 0xFF})) return "mjpeg";
  if (starts({0x89, 'P', 'N', 'G'})) return "png";
  if (starts({'R', 'I', 'F', 'F'}) && data.size() > 12 && data[8] == 'W') return "webp";
  std::string lower = format;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (lower.find("compresseddepth") != std::string::npos)
    throw InputError("image format '" + format +
                     "' is not read; record the raw depth topic instead");
  static constexpr std::array<std::pair<const char*, const char*>, 10> kCodecs = {
      {{"h264", "h264"},
       {"h265", "hevc"},
       {"hevc", "hevc"},
       {"av1", "av1"},
       {"vp9", "vp9"},
       {"vp8", "vp8"},
       {"jpeg", "mjpeg"},
       {"jpg", "mjpeg"},
       {"png", "png"},
       {"webp", "webp"}}};
  for (const auto& [word, codec] : kCodecs)
    if (lower.find(word) != std::string::npos) return codec;
  throw InputError("image format '" + format +
                   "' is not read; known are jpeg, png, webp, h264, h265, av1, vp8 and vp9");
}

Bytes decode_base64(std::string_view text) {
  Bytes out;
  out.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    int value = 0;
    if (c >= 'A' && c <= 'Z')
      value = c - 'A';
    else if (c >= 'a' && c <= 'z')
      value = c - 'a' + 26;
    else if (c >= '0' && c <= '9')
      value = c - '0' + 52;
    else if (c == '+' || c == '-')
      value = 62;
    else if (c == '/' || c == '_')
      value = 63;
    else if (c == '=')
      break;
    else if (c == '\\' || c == '\n' || c == '\r')
      continue;
    else
      throw InputError("image data is not base64");
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<std::uint8_t>(bits >> count & 0xFF));
  }
  return out;
}

}  // namespace reelcell::readers::mcap
