#include "internal/yuv_rgb.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#if defined(__x86_64__)
#include <immintrin.h>
#define REELCELL_AVX2 __attribute__((target("avx2")))
#endif

namespace reelcell::media {

namespace {

using Taps = YuvToRgb::Taps;

constexpr int kAcrossOne = 1 << 14, kDownOne = 1 << 12;  // libswscale's unit weights
constexpr int kStep = 16;                                // pixels a turn of the inner loop

std::int64_t rounded_ratio(std::int64_t a, std::int64_t b) {
  return (a >= 0 ? a + (b >> 1) : a - (b >> 1)) / b;
}

/// Bicubic weight (B = 0, C = 0.6) at a distance given in 1 << 30, in units of 1 << 54.
std::int64_t bicubic(std::int64_t d) {
  constexpr std::int64_t kUnit = 1 << 24;
  const auto c = static_cast<std::int64_t>(0.6 * kUnit);
  if (d >= std::int64_t{1} << 31) return 0;
  const std::int64_t dd = (d * d) >> 30, ddd = (dd * d) >> 30;
  if (d < std::int64_t{1} << 30)
    return (12 * kUnit - 6 * c) * ddd + (-18 * kUnit + 6 * c) * dd + ((6 * kUnit) << 30);
  return -6 * c * ddd + 30 * c * dd - 48 * c * d + ((24 * c) << 30);
}

/// Weights for doubling `from` samples to `to`, both centred. Beyond the edge the last sample
/// counts; the weights of a place sum up to `one` exactly, rounding errors carried on from tap to
/// tap.
std::vector<Taps> doubling(int from, int to, int one) {
  std::vector<Taps> out(static_cast<std::size_t>(to));
  const std::int64_t step = ((static_cast<std::int64_t>(from) << 16) + (to >> 1)) / to;
  std::int64_t place = step - (1 << 16);  // of the first, in 1 << 17
  for (int i = 0; i < to; ++i, place += 2 * step) {
    constexpr int kReach = 5;
    const std::int64_t first = (place - (kReach - 2) * (1LL << 16)) / (1 << 17);
    const int last_window = from - 4;
    Taps& taps = out[static_cast<std::size_t>(i)];
    std::int64_t weights[kReach];
    int lead = 0;
    for (int j = 0; j < kReach; ++j) {
      weights[j] = bicubic(std::abs((first + j) * (1 << 17) - place) << 13);
      if (weights[j] == 0 && lead == j) ++lead;
    }
    taps.first = static_cast<int>(std::clamp<std::int64_t>(first + lead, 0, last_window));
    std::int64_t folded[4] = {};
    for (int j = 0; j < kReach; ++j)
      if (weights[j] != 0)
        folded[std::clamp<std::int64_t>(first + j - taps.first, 0, 3)] += weights[j];
    std::int64_t sum = 0, error = 0;
    for (const std::int64_t weight : folded) sum += weight;
    sum = (sum + one / 2) / one;
    for (int j = 0; j < 4; ++j) {
      const std::int64_t value = folded[j] + error;
      const std::int64_t rounded = rounded_ratio(value, sum);
      taps.weight[j] = static_cast<std::int16_t>(rounded);
      error = value - rounded * sum;
    }
  }
  return out;
}

int rounded_to_16_bits(std::int64_t value) {
  return static_cast<int>(std::clamp<std::int64_t>((value + (1 << 15)) >> 16, -0x7FFF, 0x7FFF));
}

YuvToRgb::Matrix matrix_of(const int* coefficients, bool full_range) {
  std::int64_t luma = 1 << 16, offset = 0, scale_above = 1, scale_below = 1;
  if (full_range) {
    scale_above = 224;
    scale_below = 255;
  } else {
    luma = luma * 255 / 219;
    offset = 16 << 16;
  }
  const auto part = [&](std::int64_t coefficient) {
    return rounded_to_16_bits((coefficient * scale_above / scale_below) * (1 << 13));
  };
  YuvToRgb::Matrix m;
  m.y_offset = rounded_to_16_bits(offset * (1 << 9));
  m.y = rounded_to_16_bits(luma * (1 << 13));
  m.v_to_r = part(coefficients[0]);
  m.u_to_b = part(coefficients[1]);
  m.u_to_g = part(-std::int64_t{coefficients[2]});
  m.v_to_g = part(-std::int64_t{coefficients[3]});
  return m;
}

std::int16_t weighted(const std::uint8_t* samples, const Taps& taps) {
  int sum = 0;
  for (int j = 0; j < 4; ++j) sum += samples[taps.first + j] * taps.weight[j];
  return static_cast<std::int16_t>(std::min(sum >> 7, 32767));
}

#if defined(__x86_64__)

constexpr int kPad = 32;  // samples around a chroma row that vectors may read

REELCELL_AVX2 inline __m256i four_taps(__m256i a, __m256i b, __m256i c, __m256i d, __m256i first,
                                       __m256i second, bool high) {
  const __m256i ab = high ? _mm256_unpackhi_epi16(a, b) : _mm256_unpacklo_epi16(a, b);
  const __m256i cd = high ? _mm256_unpackhi_epi16(c, d) : _mm256_unpacklo_epi16(c, d);
  return _mm256_add_epi32(_mm256_madd_epi16(ab, first), _mm256_madd_epi16(cd, second));
}

REELCELL_AVX2 inline __m256i pair_of(std::int16_t low, std::int16_t high) {
  return _mm256_set1_epi32(
      static_cast<int>(static_cast<std::uint16_t>(low) |
                       (static_cast<std::uint32_t>(static_cast<std::uint16_t>(high)) << 16)));
}

/// Both phases of 16 samples: 32 values. `samples` points two before the first.
REELCELL_AVX2 void double_row(const std::uint8_t* samples, int count, const Taps& even,
                              const Taps& odd, std::int16_t* out) {
  const __m256i even_a = pair_of(even.weight[0], even.weight[1]),
                even_b = pair_of(even.weight[2], even.weight[3]),
                odd_a = pair_of(odd.weight[0], odd.weight[1]),
                odd_b = pair_of(odd.weight[2], odd.weight[3]);
  for (int k = 0; k < count; k += 16) {
    __m256i s[5];
    for (int j = 0; j < 5; ++j)
      s[j] =
          _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(samples + k + j)));
    __m256i values[2];
    for (int phase = 0; phase < 2; ++phase) {
      const __m256i* t = s + phase;
      const __m256i first = phase ? odd_a : even_a, second = phase ? odd_b : even_b;
      const __m256i low = four_taps(t[0], t[1], t[2], t[3], first, second, false),
                    high = four_taps(t[0], t[1], t[2], t[3], first, second, true);
      values[phase] = _mm256_packs_epi32(_mm256_srai_epi32(low, 7), _mm256_srai_epi32(high, 7));
    }
    const __m256i low = _mm256_unpacklo_epi16(values[0], values[1]),
                  high = _mm256_unpackhi_epi16(values[0], values[1]);
    auto* to = reinterpret_cast<__m256i*>(out + 2 * static_cast<std::ptrdiff_t>(k));
    _mm256_storeu_si256(to, _mm256_permute2x128_si256(low, high, 0x20));
    _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(low, high, 0x31));
  }
}

struct ChromaRows {
  const std::int16_t* row[4];
};

/// Four rows weighed into chroma around 0, in 1/512; half of 16 pixels in the order of unpack.
REELCELL_AVX2 inline __m256i chroma_at(const __m256i rows[4], __m256i first, __m256i second,
                                       bool high) {
  const __m256i sum = four_taps(rows[0], rows[1], rows[2], rows[3], first, second, high);
  return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32((1 << 9) - (128 << 19))), 10);
}

REELCELL_AVX2 inline __m256i level_of(__m256i value) {
  const __m256i most = _mm256_set1_epi32((1 << 30) - 1);
  value = _mm256_min_epi32(_mm256_max_epi32(value, _mm256_setzero_si256()), most);
  return _mm256_srli_epi32(value, 22);
}

/// Two halves of 16 levels into 16 bytes.
REELCELL_AVX2 inline __m128i bytes_of(__m256i low, __m256i high) {
  const __m256i words = _mm256_packs_epi32(low, high);
  const __m256i bytes = _mm256_packus_epi16(words, words);
  return _mm256_castsi256_si128(_mm256_permute4x64_epi64(bytes, 0x08));
}

/// 16 of each channel into 48 bytes.
REELCELL_AVX2 inline void put_rgb(__m128i r, __m128i g, __m128i b, std::uint8_t* out) {
  constexpr char x = -1;
  const __m128i r0 = _mm_setr_epi8(0, x, x, 1, x, x, 2, x, x, 3, x, x, 4, x, x, 5),
                g0 = _mm_setr_epi8(x, 0, x, x, 1, x, x, 2, x, x, 3, x, x, 4, x, x),
                b0 = _mm_setr_epi8(x, x, 0, x, x, 1, x, x, 2, x, x, 3, x, x, 4, x),
                r1 = _mm_setr_epi8(x, x, 6, x, x, 7, x, x, 8, x, x, 9, x, x, 10, x),
                g1 = _mm_setr_epi8(5, x, x, 6, x, x, 7, x, x, 8, x, x, 9, x, x, 10),
                b1 = _mm_setr_epi8(x, 5, x, x, 6, x, x, 7, x, x, 8, x, x, 9, x, x),
                r2 = _mm_setr_epi8(x, 11, x, x, 12, x, x, 13, x, x, 14, x, x, 15, x, x),
                g2 = _mm_setr_epi8(x, x, 11, x, x, 12, x, x, 13, x, x, 14, x, x, 15, x),
                b2 = _mm_setr_epi8(10, x, x, 11, x, x, 12, x, x, 13, x, x, 14, x, x, 15);
  const auto put = [&](int at, __m128i ri, __m128i gi, __m128i bi) REELCELL_AVX2 {
    const __m128i both = _mm_or_si128(_mm_shuffle_epi8(r, ri), _mm_shuffle_epi8(g, gi));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at),
                     _mm_or_si128(both, _mm_shuffle_epi8(b, bi)));
  };
  put(0, r0, g0, b0);
  put(16, r1, g1, b1);
  put(32, r2, g2, b2);
}

/// One row of `count` pixels, a multiple of 16.
REELCELL_AVX2 void rgb_row(const std::uint8_t* luma, const ChromaRows& u, const ChromaRows& v,
                           const Taps& down, const YuvToRgb::Matrix& m, int count,
                           std::uint8_t* out) {
  const __m256i first = pair_of(down.weight[0], down.weight[1]),
                second = pair_of(down.weight[2], down.weight[3]),
                y_offset = _mm256_set1_epi32(m.y_offset), y_scale = _mm256_set1_epi32(m.y),
                half = _mm256_set1_epi32(1 << 21), v_to_r = _mm256_set1_epi32(m.v_to_r),
                v_to_g = _mm256_set1_epi32(m.v_to_g), u_to_g = _mm256_set1_epi32(m.u_to_g),
                u_to_b = _mm256_set1_epi32(m.u_to_b), zero = _mm256_setzero_si256();
  for (int i = 0; i < count; i += kStep, out += 3 * kStep) {
    const __m256i bright =
        _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(luma + i)));
    __m256i u_rows[4], v_rows[4];
    for (int j = 0; j < 4; ++j) {
      u_rows[j] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(u.row[j] + i));
      v_rows[j] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(v.row[j] + i));
    }
    __m256i r[2], g[2], b[2];
    for (int part = 0; part < 2; ++part) {
      const bool high = part == 1;
      __m256i y = high ? _mm256_unpackhi_epi16(bright, zero) : _mm256_unpacklo_epi16(bright, zero);
      y = _mm256_sub_epi32(_mm256_slli_epi32(y, 9), y_offset);
      y = _mm256_add_epi32(_mm256_mullo_epi32(y, y_scale), half);
      const __m256i cu = chroma_at(u_rows, first, second, high),
                    cv = chroma_at(v_rows, first, second, high);
      r[part] = level_of(_mm256_add_epi32(y, _mm256_mullo_epi32(cv, v_to_r)));
      g[part] = level_of(_mm256_add_epi32(
          y, _mm256_add_epi32(_mm256_mullo_epi32(cv, v_to_g), _mm256_mullo_epi32(cu, u_to_g))));
      b[part] = level_of(_mm256_add_epi32(y, _mm256_mullo_epi32(cu, u_to_b)));
    }
    put_rgb(bytes_of(r[0], r[1]), bytes_of(g[0], g[1]), bytes_of(b[0], b[1]), out);
  }
}

#endif  // __x86_64__

}  // namespace

#if defined(__x86_64__)

std::unique_ptr<YuvToRgb> YuvToRgb::make(int width, int height, const int* coefficients,
                                         bool full_range) {
  // Odd sizes have a chroma sample too many, and tiny ones no room for the taps.
  if (width < 16 || height < 16 || width % 2 != 0 || height % 2 != 0 ||
      !__builtin_cpu_supports("avx2"))
    return nullptr;
  std::unique_ptr<YuvToRgb> out(new YuvToRgb);
  out->width_ = width;
  out->height_ = height;
  out->chroma_width_ = width / 2;
  out->chroma_height_ = height / 2;
  out->across_ = doubling(width / 2, width, kAcrossOne);
  out->down_ = doubling(height / 2, height, kDownOne);
  out->matrix_ = matrix_of(coefficients, full_range);
  out->row_ = static_cast<std::size_t>(width) + 2 * kPad;
  out->rows_.resize(8 * out->row_);
  out->padded_.resize(static_cast<std::size_t>(width) / 2 + 2 * kPad);
  out->luma_tail_.resize(kStep);
  return out;
}

void YuvToRgb::widen(const std::uint8_t* chroma, std::int16_t* row) {
  std::uint8_t* const inner = padded_.data() + kPad;
  std::memcpy(inner, chroma, static_cast<std::size_t>(chroma_width_));
  double_row(inner - 2, chroma_width_, across_[4], across_[5], row);
  // Where taps reach beyond the edge the weights are others.
  for (int i = 0; i < 4; ++i) {
    const int left = i, right = width_ - 1 - i;
    row[left] = weighted(chroma, across_[static_cast<std::size_t>(left)]);
    row[right] = weighted(chroma, across_[static_cast<std::size_t>(right)]);
  }
}

void YuvToRgb::convert(const std::uint8_t* const planes[], const int strides[], std::uint8_t* rgb,
                       std::ptrdiff_t rgb_stride) {
  const int whole = width_ / kStep * kStep, rest = width_ - whole;
  int made = 0;  // chroma rows widened so far; row n lies in slot n % 4
  for (int y = 0; y < height_; ++y, rgb += rgb_stride) {
    const Taps& down = down_[static_cast<std::size_t>(y)];
    const auto slot = [&](int plane, int row) {
      return rows_.data() +
             (static_cast<std::size_t>(plane) * 4 + static_cast<std::size_t>(row % 4)) * row_;
    };
    for (; made < down.first + 4; ++made)
      for (int plane = 0; plane < 2; ++plane)
        widen(planes[1 + plane] + static_cast<std::ptrdiff_t>(made) * strides[1 + plane],
              slot(plane, made));
    ChromaRows u{}, v{};
    for (int j = 0; j < 4; ++j) {
      u.row[j] = slot(0, down.first + j);
      v.row[j] = slot(1, down.first + j);
    }
    const std::uint8_t* luma = planes[0] + static_cast<std::ptrdiff_t>(y) * strides[0];
    rgb_row(luma, u, v, down, matrix_, whole, rgb);
    if (rest == 0) continue;
    std::array<std::uint8_t, 3 * kStep> tail{};
    std::memcpy(luma_tail_.data(), luma + whole, static_cast<std::size_t>(rest));
    for (int j = 0; j < 4; ++j) {
      u.row[j] += whole;
      v.row[j] += whole;
    }
    rgb_row(luma_tail_.data(), u, v, down, matrix_, kStep, tail.data());
    std::memcpy(rgb + 3 * static_cast<std::ptrdiff_t>(whole), tail.data(),
                3 * static_cast<std::size_t>(rest));
  }
}

#else

std::unique_ptr<YuvToRgb> YuvToRgb::make(int, int, const int*, bool) { return nullptr; }
void YuvToRgb::widen(const std::uint8_t*, std::int16_t*) {}
void YuvToRgb::convert(const std::uint8_t* const[], const int[], std::uint8_t*, std::ptrdiff_t) {}

#endif

}  // namespace reelcell::media
