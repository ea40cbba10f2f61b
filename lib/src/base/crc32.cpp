// CRC-32 (IEEE 802.3, as in zlib, gzip and MCAP). Recordings are checked while they are read, so
// this must keep up with memory: carry-less multiplication where the CPU has it (14 to 40 GB/s),
// tables else (3 GB/s).
//
// Folding: a block of bits A that lies D bits before another counts as A * x^D there (mod P), so
// the front of the data is multiplied onto what follows until 128 bits are left. Bits are reflected
// throughout. Method: V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using
// PCLMULQDQ", Intel, 2009.
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#include "reelcell/base/compress.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace reelcell {
namespace {

constexpr std::uint32_t kPolynomial = 0x04C11DB7;  // x^32 left out
constexpr std::uint32_t kReflected = 0xEDB88320;

constexpr auto make_tables() {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? kReflected : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t t = 1; t < 8; ++t)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[t - 1][byte];
      tables[t][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  return tables;
}
constexpr auto kTables = make_tables();

/// Works on the inverted CRC, as all functions here do. Eight bytes a step.
std::uint32_t by_table(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  while (size >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    word ^= crc;
    crc = 0;
    for (std::size_t i = 0; i < 8; ++i) crc ^= kTables[7 - i][(word >> (8 * i)) & 0xFF];
    data += 8;
    size -= 8;
  }
  for (; size > 0; --size) crc = (crc >> 8) ^ kTables[0][(crc ^ *data++) & 0xFF];
  return crc;
}

#if defined(__x86_64__)

/// x^n mod P, reflected, and shifted by the bit that reflection costs a product.
constexpr std::uint64_t power(unsigned n) {
  std::uint32_t value = 1;
  for (unsigned i = 0; i < n; ++i) value = (value << 1) ^ ((value >> 31) ? kPolynomial : 0);
  std::uint64_t reflected = 0;
  for (unsigned bit = 0; bit < 32; ++bit)
    reflected |= static_cast<std::uint64_t>((value >> bit) & 1) << (31 - bit);
  return reflected << 1;
}
// From the paper.
static_assert(power(4 * 128 + 32) == 0x154442BD4 && power(4 * 128 - 32) == 0x1C6E41596);

/// Multipliers that move 128 bits forward by `Bits`: for the low and for the high 64 of them.
template <unsigned Bits>
struct Fold {
  static constexpr auto kLow = static_cast<long long>(power(Bits + 32));
  static constexpr auto kHigh = static_cast<long long>(power(Bits - 32));
};

// The helpers are macros' better half: always inlined, so that they take the caller's instruction
// set.
#define REELCELL_CLMUL __attribute__((target("pclmul,sse4.1")))
#define REELCELL_WIDE __attribute__((target("pclmul,sse4.1,avx512f,avx512vl,vpclmulqdq")))

template <unsigned Bits>
REELCELL_CLMUL inline __m128i fold(__m128i front, __m128i next) {
  const __m128i k = _mm_set_epi64x(Fold<Bits>::kHigh, Fold<Bits>::kLow);
  return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(front, k, 0x00), next),
                       _mm_clmulepi64_si128(front, k, 0x11));
}
REELCELL_CLMUL inline __m128i load(const std::uint8_t* data) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(data));
}

/// The last 128 bits and what is left of the data.
REELCELL_CLMUL std::uint32_t finish(__m128i rest, const std::uint8_t* data, std::size_t size) {
  for (; size >= 16; data += 16, size -= 16) rest = fold<128>(rest, load(data));
  alignas(16) std::array<std::uint8_t, 16> bytes;
  _mm_store_si128(reinterpret_cast<__m128i*>(bytes.data()), rest);
  return by_table(by_table(0, bytes.data(), bytes.size()), data, size);
}

/// size >= 64
REELCELL_CLMUL std::uint32_t by_clmul(std::uint32_t crc, const std::uint8_t* data,
                                      std::size_t size) {
  __m128i a = _mm_xor_si128(load(data), _mm_cvtsi32_si128(static_cast<int>(crc)));
  __m128i b = load(data + 16);
  __m128i c = load(data + 32);
  __m128i d = load(data + 48);
  for (data += 64, size -= 64; size >= 64; data += 64, size -= 64) {
    a = fold<512>(a, load(data));
    b = fold<512>(b, load(data + 16));
    c = fold<512>(c, load(data + 32));
    d = fold<512>(d, load(data + 48));
  }
  return finish(fold<128>(fold<128>(fold<128>(a, b), c), d), data, size);
}

template <unsigned Bits>
REELCELL_WIDE inline __m512i fold_wide(__m512i front, __m512i next) {
  const __m512i k =
      _mm512_set4_epi64(Fold<Bits>::kHigh, Fold<Bits>::kLow, Fold<Bits>::kHigh, Fold<Bits>::kLow);
  const __m512i low = _mm512_clmulepi64_epi128(front, k, 0x00);
  const __m512i high = _mm512_clmulepi64_epi128(front, k, 0x11);
  return _mm512_ternarylogic_epi64(low, high, next, 0x96);  // xor of the three
}

/// size >= 256
REELCELL_WIDE std::uint32_t by_wide_clmul(std::uint32_t crc, const std::uint8_t* data,
                                          std::size_t size) {
  const __m512i start = _mm512_zextsi128_si512(_mm_cvtsi32_si128(static_cast<int>(crc)));
  __m512i a = _mm512_xor_si512(_mm512_loadu_si512(data), start);
  __m512i b = _mm512_loadu_si512(data + 64);
  __m512i c = _mm512_loadu_si512(data + 128);
  __m512i d = _mm512_loadu_si512(data + 192);
  for (data += 256, size -= 256; size >= 256; data += 256, size -= 256) {
    a = fold_wide<2048>(a, _mm512_loadu_si512(data));
    b = fold_wide<2048>(b, _mm512_loadu_si512(data + 64));
    c = fold_wide<2048>(c, _mm512_loadu_si512(data + 128));
    d = fold_wide<2048>(d, _mm512_loadu_si512(data + 192));
  }
  a = fold_wide<512>(fold_wide<512>(fold_wide<512>(a, b), c), d);
  // By way of memory: g++ 12 warns inside its own _mm512_extracti32x4_epi32.
  alignas(64) std::array<std::uint8_t, 64> lanes;
  _mm512_store_si512(lanes.data(), a);
  __m128i rest = fold<128>(load(lanes.data()), load(lanes.data() + 16));
  rest = fold<128>(rest, load(lanes.data() + 32));
  rest = fold<128>(rest, load(lanes.data() + 48));
  return finish(rest, data, size);
}

#endif

enum class Way { kTable, kClmul, kWideClmul };

Way best_way() {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("pclmul") || !__builtin_cpu_supports("sse4.1")) return Way::kTable;
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("vpclmulqdq");
  return wide ? Way::kWideClmul : Way::kClmul;
#else
  return Way::kTable;
#endif
}

}  // namespace

std::uint32_t crc32(std::uint32_t crc, std::span<const std::uint8_t> bytes) {
  static const Way way = best_way();
#if defined(__x86_64__)
  if (way == Way::kWideClmul && bytes.size() >= 256)
    return ~by_wide_clmul(~crc, bytes.data(), bytes.size());
  if (way != Way::kTable && bytes.size() >= 64) return ~by_clmul(~crc, bytes.data(), bytes.size());
#endif
  static_cast<void>(way);
  return ~by_table(~crc, bytes.data(), bytes.size());
}

}  // namespace reelcell
