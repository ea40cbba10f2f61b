#include <csetjmp>
#include <cstdio>
// <cstdio> first: jpeglib.h needs it.
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include "internal/still.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

/// libjpeg reports by a call that must not return: we jump back to where the work began.
struct Errors {
  jpeg_error_mgr manager;  // first: libjpeg hands out its address
  std::jmp_buf back;
  std::array<char, JMSG_LENGTH_MAX> text;
  bool cut;
};

Errors& errors_of(j_common_ptr info) { return *reinterpret_cast<Errors*>(info->err); }

[[noreturn]] void fail(j_common_ptr info) {
  Errors& errors = errors_of(info);
  errors.manager.format_message(info, errors.text.data());
  std::longjmp(errors.back, 1);
}

/// Warnings go by, but for those that say that part of the picture was made up.
void warn(j_common_ptr info, int level) {
  const int code = info->err->msg_code;
  if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE))
    errors_of(info).cut = true;
}

void set_up(Errors& errors) {
  jpeg_std_error(&errors.manager);
  errors.manager.error_exit = fail;
  errors.manager.emit_message = warn;
  errors.text[0] = '\0';
  errors.cut = false;
}

// No object with a destructor may be made between setjmp and the last call of libjpeg.

bool compress(const Picture& picture, int quality, jpeg_compress_struct& info, Errors& errors,
              unsigned char** data, unsigned long* size) {
  if (setjmp(errors.back) != 0) return false;
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, data, size);
  const bool rgb = picture.format == PixelFormat::kRgb24;
  info.image_width = static_cast<JDIMENSION>(picture.width);
  info.image_height = static_cast<JDIMENSION>(picture.height);
  info.input_components = rgb ? 3 : 1;
  info.in_color_space = rgb ? JCS_RGB : JCS_GRAYSCALE;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  const std::size_t stride = static_cast<std::size_t>(picture.width) * (rgb ? 3 : 1);
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<JSAMPLE*>(picture.data.data() + info.next_scanline * stride);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  return true;
}

bool open(ByteView bytes, jpeg_decompress_struct& info, Errors& errors) {
  if (setjmp(errors.back) != 0) return false;
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, bytes.data(), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&info, TRUE);
  const bool ink = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  info.out_color_space = ink ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&info);
  return true;
}

bool read_rows(jpeg_decompress_struct& info, Errors& errors, std::uint8_t* to, std::size_t stride) {
  if (setjmp(errors.back) != 0) return false;
  while (info.output_scanline < info.output_height) {
    JSAMPLE* row = to + info.output_scanline * stride;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  return true;
}

/// Adobe's inks are stored turned round: 255 is no ink.
Bytes rgb_of_inks(const Bytes& inks) {
  Bytes rgb;
  rgb.reserve(inks.size() / 4 * 3);
  for (std::size_t i = 0; i + 3 < inks.size(); i += 4)
    for (std::size_t c = 0; c < 3; ++c)
      rgb.push_back(static_cast<std::uint8_t>(inks[i + c] * inks[i + 3] / 255));
  return rgb;
}

struct Decompressor {
  jpeg_decompress_struct info{};
  Errors errors;
  Decompressor() {
    set_up(errors);
    info.err = &errors.manager;
  }
  ~Decompressor() { jpeg_destroy_decompress(&info); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
  [[noreturn]] void refuse() const {
    throw InputError(std::string("not a JPEG that can be read, or damaged: ") + errors.text.data());
  }
};

}  // namespace

Bytes write_jpeg(const Picture& picture, int quality) {
  jpeg_compress_struct info{};
  Errors errors;
  set_up(errors);
  info.err = &errors.manager;
  unsigned char* data = nullptr;
  unsigned long size = 0;
  const bool done = compress(picture, quality, info, errors, &data, &size);
  jpeg_destroy_compress(&info);
  Bytes out(data, data + (done ? size : 0));
  std::free(data);  // NOLINT(cppcoreguidelines-no-malloc): libjpeg's
  if (!done)
    throw OutputError(std::string("the picture could not be coded: ") + errors.text.data());
  return out;
}

Picture read_jpeg(ByteView bytes) {
  Decompressor jpeg;
  if (!open(bytes, jpeg.info, jpeg.errors)) jpeg.refuse();
  const auto parts = static_cast<std::size_t>(jpeg.info.output_components);
  Picture out{PixelFormat::kRgb24,
              static_cast<int>(jpeg.info.output_width),
              static_cast<int>(jpeg.info.output_height),
              {}};
  const std::size_t stride = jpeg.info.output_width * parts;
  out.data.resize(stride * jpeg.info.output_height);
  if (!read_rows(jpeg.info, jpeg.errors, out.data.data(), stride)) jpeg.refuse();
  if (jpeg.errors.cut)
    throw InputError("a JPEG whose picture data is damaged or ends early (" +
                     std::to_string(bytes.size()) + " bytes)");
  if (parts == 4) out.data = rgb_of_inks(out.data);
  return out;
}

}  // namespace reelcell::media
