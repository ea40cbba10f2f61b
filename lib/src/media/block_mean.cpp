#include "internal/block_mean.hpp"

#include <algorithm>
#include <cstring>

namespace reelcell::media {

namespace {

/// Column sums of some rows. Four and two rows a pass: the sums go through memory less often.
template <class Sum>
void sum_rows(const std::uint8_t* data, std::ptrdiff_t stride, int width, int rows, Sum* sums) {
  int y = 0;
  if (rows >= 4) {
    const std::uint8_t *a = data, *b = a + stride, *c = b + stride, *d = c + stride;
    for (int x = 0; x < width; ++x) sums[x] = static_cast<Sum>(a[x] + b[x] + c[x] + d[x]);
    y = 4;
  } else {
    std::copy(data, data + width, sums);
    y = 1;
  }
  for (; y + 1 < rows; y += 2) {
    const std::uint8_t *a = data + y * stride, *b = a + stride;
    for (int x = 0; x < width; ++x) sums[x] = static_cast<Sum>(sums[x] + a[x] + b[x]);
  }
  if (y < rows) {
    const std::uint8_t* a = data + y * stride;
    for (int x = 0; x < width; ++x) sums[x] = static_cast<Sum>(sums[x] + a[x]);
  }
}

/// Means of blocks that are K columns wide, or `columns` where K is 0; a block has `count` samples.
template <int K, class Sum>
void means_of(const Sum* sums, int blocks, int columns, std::uint32_t count, std::uint8_t* to) {
  const int wide = K > 0 ? K : columns;
  // Multiplying by it is exact where 256 * count * count < 2^32; a division costs as much as the
  // sums.
  const std::uint64_t reciprocal = ((std::uint64_t{1} << 32) + count - 1) / count;
  const bool small = count < 4096;
  for (int block = 0; block < blocks; ++block, sums += wide) {
    std::uint32_t sum = count / 2;
    for (int x = 0; x < wide; ++x) sum += sums[x];
    to[block] = static_cast<std::uint8_t>(small ? (sum * reciprocal) >> 32 : sum / count);
  }
}

template <class Sum>
void reduce(const std::uint8_t* data, std::ptrdiff_t stride, int width, int height, int k,
            Picture& out) {
  std::vector<Sum> sums(static_cast<std::size_t>(width));
  const int whole = width / k, rest = width % k;
  std::uint8_t* to = out.data.data();
  for (int top = 0; top < height; top += k, to += out.width) {
    const int rows = std::min(k, height - top);
    sum_rows(data + top * stride, stride, width, rows, sums.data());
    const auto count = static_cast<std::uint32_t>(rows * k);
    // The factors from 640, 1280 and 1920 pixels to 160.
    if (k == 4)
      means_of<4>(sums.data(), whole, k, count, to);
    else if (k == 8)
      means_of<8>(sums.data(), whole, k, count, to);
    else if (k == 12)
      means_of<12>(sums.data(), whole, k, count, to);
    else
      means_of<0>(sums.data(), whole, k, count, to);
    if (rest > 0)
      means_of<0>(sums.data() + width - rest, 1, rest, static_cast<std::uint32_t>(rows * rest),
                  to + whole);
  }
}

}  // namespace

Picture block_means(const std::uint8_t* data, std::ptrdiff_t stride, int width, int height, int k) {
  Picture out{PixelFormat::kGray8, (width + k - 1) / k, (height + k - 1) / k, {}};
  out.data.resize(static_cast<std::size_t>(out.width) * out.height);
  if (k == 1)
    for (int y = 0; y < height; ++y)
      std::memcpy(out.data.data() + static_cast<std::ptrdiff_t>(y) * width, data + y * stride,
                  static_cast<std::size_t>(width));
  else if (k <= 257)  // 257 * 255 = 65535
    reduce<std::uint16_t>(data, stride, width, height, k, out);
  else
    reduce<std::uint32_t>(data, stride, width, height, k, out);
  return out;
}

}  // namespace reelcell::media
