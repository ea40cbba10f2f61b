#include "reelcell/media/picture.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "internal/decoder.hpp"
#include "internal/frame.hpp"
#include "internal/still.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/depth.hpp"

namespace reelcell::media {

namespace {

constexpr std::uint64_t kMostPixels = 1ull << 28;  ///< 16k x 16k

std::size_t picture_bytes(const Picture& picture) {
  return static_cast<std::size_t>(picture.width) * picture.height *
         (picture.format == PixelFormat::kRgb24 ? 3 : 1);
}

void check_whole(const Picture& picture) {
  if (picture.format == PixelFormat::kYuv420p || picture.width <= 0 || picture.height <= 0 ||
      picture.data.size() != picture_bytes(picture))
    throw InputError("a picture of " + std::to_string(picture.width) + " x " +
                     std::to_string(picture.height) + " with " +
                     std::to_string(picture.data.size()) +
                     " bytes cannot be coded; expected packed RGB or gray");
}

std::uint32_t big_endian(ByteView bytes, std::size_t at, int count) {
  std::uint32_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[at + static_cast<std::size_t>(i)];
  return value;
}

bool begins_with(ByteView bytes, std::string_view magic, std::size_t at = 0) {
  return bytes.size() >= at + magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

/// libav's name of the codec of other images; "" when unknown.
std::string other_codec(ByteView bytes) {
  if (begins_with(bytes, "RIFF") && begins_with(bytes, "WEBP", 8)) return "webp";
  if (begins_with(bytes, "BM")) return "bmp";
  if (begins_with(bytes, {"II*\0", 4}) || begins_with(bytes, {"MM\0*", 4})) return "tiff";
  if (begins_with(bytes, "P6") || begins_with(bytes, "P3")) return "ppm";
  if (begins_with(bytes, "P5") || begins_with(bytes, "P2")) return "pgm";
  return "";
}

Picture decode_other(ByteView bytes, const std::string& codec) {
  VideoFormat format;
  format.codec = codec;
  Decoder decoder(format, 1);
  DecodedFrame frame;
  const bool taken = decoder.send(bytes, 0);
  decoder.send_end();
  if (!taken || !decoder.receive(*frame.impl->frame))
    throw InputError("not an image that can be read, or damaged (" + codec + ", " +
                     std::to_string(bytes.size()) + " bytes)");
  return frame.convert(PixelFormat::kRgb24);
}

}  // namespace

std::optional<PictureShape> stated_shape(ByteView bytes) {
  if (bytes.size() >= 25 && big_endian(bytes, 0, 4) == 0x89504e47u)
    return PictureShape{big_endian(bytes, 16, 4), big_endian(bytes, 20, 4), bytes[24]};
  if (bytes.size() < 4 || big_endian(bytes, 0, 2) != 0xffd8u) return std::nullopt;
  for (std::size_t at = 2; at + 9 < bytes.size() && bytes[at] == 0xff;) {
    const unsigned marker = bytes[at + 1];
    const bool start_of_frame =
        marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (start_of_frame)
      return PictureShape{big_endian(bytes, at + 7, 2), big_endian(bytes, at + 5, 2),
                          bytes[at + 4]};
    at += 2 + big_endian(bytes, at + 2, 2);
  }
  return std::nullopt;
}

Bytes encode_jpeg(const Picture& picture, int quality) {
  check_whole(picture);
  return write_jpeg(picture, std::clamp(quality, 1, 100));
}

Bytes encode_png(const Picture& picture, int level) {
  check_whole(picture);
  return write_png(picture, std::clamp(level, 1, 9));
}

Picture decode_image(ByteView bytes) {
  if (bytes.empty()) throw InputError("an image of 0 bytes");
  const auto stated = stated_shape(bytes);
  const std::uint64_t pixels =
      stated ? static_cast<std::uint64_t>(stated->width) * stated->height : 0;
  if (pixels > kMostPixels)
    throw InputError("an image that claims " + std::to_string(pixels) + " pixels; at most " +
                     std::to_string(kMostPixels) + " are read");
  if (begins_with(bytes, "\xff\xd8")) return read_jpeg(bytes);
  if (begins_with(bytes, "\x89PNG")) return read_png(bytes);
  if (const std::string codec = other_codec(bytes); !codec.empty())
    return decode_other(bytes, codec);
  throw InputError("not an image that can be read, or damaged (" + std::to_string(bytes.size()) +
                   " bytes); expected JPEG, PNG, TIFF, WebP, BMP or PPM");
}

}  // namespace reelcell::media
