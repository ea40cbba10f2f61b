#include "reelcell/media/picture.hpp"

#include <algorithm>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

constexpr std::uint64_t kMaxPixels = 1ull << 28;  ///< 16k x 16k

std::size_t picture_bytes(const Picture& picture) {
  return static_cast<std::size_t>(picture.width) * picture.height *
         (picture.format == PixelFormat::kRgb24 ? 3 : 1);
}

/// OpenCV codes BGR.
cv::Mat to_mat(const Picture& picture) {
  if (picture.format == PixelFormat::kYuv420p || picture.width <= 0 || picture.height <= 0 ||
      picture.data.size() != picture_bytes(picture))
    throw InputError("a picture of " + std::to_string(picture.width) + " x " +
                     std::to_string(picture.height) + " with " +
                     std::to_string(picture.data.size()) +
                     " bytes cannot be coded; expected packed RGB or gray");
  const bool rgb = picture.format == PixelFormat::kRgb24;
  const cv::Mat view(picture.height, picture.width, rgb ? CV_8UC3 : CV_8UC1,
                     const_cast<std::uint8_t*>(picture.data.data()));
  if (!rgb) return view;
  cv::Mat bgr;
  cv::cvtColor(view, bgr, cv::COLOR_RGB2BGR);
  return bgr;
}

Bytes encode(const char* extension, const Picture& picture, const std::vector<int>& parameters) {
  Bytes out;
  bool done = false;
  try {
    done = cv::imencode(extension, to_mat(picture), out, parameters);
  } catch (const cv::Exception& error) {
    throw OutputError(std::string("the picture could not be coded: ") + error.what());
  }
  if (!done) throw OutputError("the picture could not be coded");
  return out;
}

std::uint32_t big_endian(ByteView bytes, std::size_t at, int count) {
  std::uint32_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[at + static_cast<std::size_t>(i)];
  return value;
}

/// Width x height from a PNG or JPEG header; 0 for other formats (OpenCV's own limit then holds).
std::uint64_t stated_pixels(ByteView bytes) {
  if (bytes.size() >= 24 && big_endian(bytes, 0, 4) == 0x89504e47u)
    return static_cast<std::uint64_t>(big_endian(bytes, 16, 4)) * big_endian(bytes, 20, 4);
  if (bytes.size() < 4 || big_endian(bytes, 0, 2) != 0xffd8u) return 0;
  for (std::size_t at = 2; at + 9 < bytes.size() && bytes[at] == 0xff;) {
    const unsigned marker = bytes[at + 1];
    const bool start_of_frame =
        marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (start_of_frame)
      return static_cast<std::uint64_t>(big_endian(bytes, at + 5, 2)) *
             big_endian(bytes, at + 7, 2);
    at += 2 + big_endian(bytes, at + 2, 2);
  }
  return 0;
}

}  // namespace

Bytes encode_jpeg(const Picture& picture, int quality) {
  return encode(".jpg", picture, {cv::IMWRITE_JPEG_QUALITY, std::clamp(quality, 1, 100)});
}

Bytes encode_png(const Picture& picture, int level) {
  return encode(".png", picture, {cv::IMWRITE_PNG_COMPRESSION, std::clamp(level, 1, 9)});
}

Picture decode_image(ByteView bytes) {
  if (bytes.empty()) throw InputError("an image of 0 bytes");
  if (const std::uint64_t pixels = stated_pixels(bytes); pixels > kMaxPixels)
    throw InputError("an image that claims " + std::to_string(pixels) + " pixels; at most " +
                     std::to_string(kMaxPixels) + " are read");
  cv::Mat bgr;
  try {
    const cv::Mat view(1, static_cast<int>(bytes.size()), CV_8UC1,
                       const_cast<std::uint8_t*>(bytes.data()));
    bgr = cv::imdecode(view, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception& error) {
    throw InputError(std::string("not an image that can be read: ") + error.what());
  }
  if (bgr.empty())
    throw InputError("not an image that can be read, or damaged (" + std::to_string(bytes.size()) +
                     " bytes); expected JPEG, PNG, TIFF, WebP or BMP");
  Picture out{PixelFormat::kRgb24, bgr.cols, bgr.rows, {}};
  out.data.resize(static_cast<std::size_t>(bgr.cols) * bgr.rows * 3);
  cv::Mat rgb(bgr.rows, bgr.cols, CV_8UC3, out.data.data());
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return out;
}

}  // namespace reelcell::media
