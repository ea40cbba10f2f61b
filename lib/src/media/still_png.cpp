#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <string>
#include <vector>

#include "internal/still.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::media {

namespace {

struct Trouble {
  std::string text;
};

// libpng reports by a call that must not return; png_longjmp brings it back to setjmp below.
[[noreturn]] void fail(png_structp png, png_const_charp message) {
  static_cast<Trouble*>(png_get_error_ptr(png))->text = message;
  png_longjmp(png, 1);
}
void ignore(png_structp, png_const_charp) {}

void append(png_structp png, png_bytep data, std::size_t size) {
  auto& out = *static_cast<Bytes*>(png_get_io_ptr(png));
  out.insert(out.end(), data, data + size);
}
void flushed(png_structp) {}

void take(png_structp png, png_bytep data, std::size_t size) {
  auto& left = *static_cast<ByteView*>(png_get_io_ptr(png));
  if (size > left.size()) png_error(png, "the file ends early");
  std::memcpy(data, left.data(), size);
  left = left.subspan(size);
}

struct Writer {
  Trouble trouble;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &trouble, fail, ignore);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  Writer() = default;
  ~Writer() { png_destroy_write_struct(&png, &info); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
};
struct Reader {
  Trouble trouble;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &trouble, fail, ignore);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  Reader() = default;
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
};

// No object with a destructor may be made between setjmp and the last call of libpng.

/// What the header says.
struct Layout {
  png_uint_32 width, height;
  int bits, color;
};

bool compress(Writer& w, const Layout& layout, int level, png_bytep* rows, Bytes& out) {
  if (setjmp(png_jmpbuf(w.png)) != 0) return false;
  png_set_write_fn(w.png, &out, append, flushed);
  png_set_compression_level(w.png, level);
  png_set_compression_strategy(w.png, 0);
  png_set_IHDR(w.png, w.info, layout.width, layout.height, layout.bits, layout.color,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(w.png, w.info);
  if (layout.bits == 16) png_set_swap(w.png);  // a PNG has the higher byte first
  png_write_image(w.png, rows);
  png_write_end(w.png, w.info);
  return true;
}

bool open(Reader& r, ByteView& left) {
  if (setjmp(png_jmpbuf(r.png)) != 0) return false;
  png_set_read_fn(r.png, &left, take);
  png_read_info(r.png, r.info);
  png_set_expand(r.png);
  png_set_strip_16(r.png);
  png_set_strip_alpha(r.png);
  png_set_gray_to_rgb(r.png);
  png_set_interlace_handling(r.png);
  png_read_update_info(r.png, r.info);
  return true;
}

bool read_rows(Reader& r, png_bytep* rows) {
  if (setjmp(png_jmpbuf(r.png)) != 0) return false;
  png_read_image(r.png, rows);
  png_read_end(r.png, nullptr);
  return true;
}

std::vector<png_bytep> rows_of(std::uint8_t* data, std::size_t count, std::size_t stride) {
  std::vector<png_bytep> rows(count);
  for (std::size_t y = 0; y < count; ++y) rows[y] = data + y * stride;
  return rows;
}

}  // namespace

namespace {
Bytes written(const Layout& layout, ByteView data, int level) {
  Writer writer;
  if (!writer.info) throw std::bad_alloc();
  auto rows =
      rows_of(const_cast<std::uint8_t*>(data.data()), layout.height, data.size() / layout.height);
  Bytes out;
  if (!compress(writer, layout, level, rows.data(), out))
    throw OutputError("the picture could not be coded: " + writer.trouble.text);
  return out;
}
}  // namespace

Bytes write_png(const Picture& picture, int level) {
  return written(
      {static_cast<png_uint_32>(picture.width), static_cast<png_uint_32>(picture.height), 8,
       picture.format == PixelFormat::kRgb24 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY},
      picture.data, level);
}

Bytes write_png16(int width, int height, ByteView samples, int level) {
  return written(
      {static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), 16, PNG_COLOR_TYPE_GRAY},
      samples, level);
}

Picture read_png(ByteView bytes) {
  Reader reader;
  if (!reader.info) throw std::bad_alloc();
  const auto refuse = [&] {
    throw InputError("not a PNG that can be read, or damaged: " + reader.trouble.text);
  };
  ByteView left = bytes;
  if (!open(reader, left)) refuse();
  Picture out{PixelFormat::kRgb24,
              static_cast<int>(png_get_image_width(reader.png, reader.info)),
              static_cast<int>(png_get_image_height(reader.png, reader.info)),
              {}};
  const std::size_t stride = png_get_rowbytes(reader.png, reader.info);
  if (stride != static_cast<std::size_t>(out.width) * 3) refuse();
  out.data.resize(stride * static_cast<std::size_t>(out.height));
  auto rows = rows_of(out.data.data(), static_cast<std::size_t>(out.height), stride);
  if (!read_rows(reader, rows.data())) refuse();
  return out;
}

}  // namespace reelcell::media
