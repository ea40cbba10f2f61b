// 128-bit helpers: differences of int64 times need 65 bits, and a skew multiplies them.
#pragma once

#include <cstdint>
#include <limits>

namespace reelcell::timeline {

__extension__ using Int128 = __int128;

inline std::int64_t saturate(Int128 value) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  if (value > kMax) return kMax;
  if (value < kMin) return kMin;
  return static_cast<std::int64_t>(value);
}

/// num / den to the nearest, halves away from zero; den > 0.
inline Int128 divide_nearest(Int128 num, Int128 den) {
  const Int128 half = den / 2;
  return num < 0 ? -((-num + half) / den) : (num + half) / den;
}

/// a - b without overflow.
inline std::int64_t difference(std::int64_t a, std::int64_t b) { return saturate(Int128{a} - b); }
/// |a - b|; always fits.
inline std::uint64_t distance(std::int64_t a, std::int64_t b) {
  return a >= b ? static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b)
                : static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a);
}

}  // namespace reelcell::timeline
