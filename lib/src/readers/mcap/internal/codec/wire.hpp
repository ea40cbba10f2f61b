// Loading numbers of either byte order into columns, many at a time.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

#include "codec.hpp"

namespace reelcell::readers::mcap {

template <class T, bool kSwap>
T load_one(const std::uint8_t* in) {
  if constexpr (sizeof(T) == 1) {
    return static_cast<T>(*in);
  } else {
    using Bits =
        std::conditional_t<sizeof(T) == 2, std::uint16_t,
                           std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>;
    Bits bits;
    std::memcpy(&bits, in, sizeof bits);
    if constexpr (kSwap) {
      if constexpr (sizeof(T) == 2) bits = __builtin_bswap16(bits);
      if constexpr (sizeof(T) == 4) bits = __builtin_bswap32(bits);
      if constexpr (sizeof(T) == 8) bits = __builtin_bswap64(bits);
    }
    return std::bit_cast<T>(bits);
  }
}

/// Reads `count` values at `in` and writes doubles or int64s at `out`.
using LoadFn = void (*)(const std::uint8_t* in, std::size_t count, void* out);

/// Seconds and nanoseconds as the wire types of the dialect: ROS 1 time is two uint32, ROS 2 int32
/// and uint32. `kLittle`/`kBig` of the host do not matter: hosts are little-endian (checked in
/// wire.cpp).
LoadFn loader(Prim prim, ColumnTarget::Store store, bool swap, bool ros1);

/// "Missing" for one value: NaN or "". False for an integer, which has none.
inline bool put_missing(const ColumnTarget& target, std::size_t row, std::size_t element) {
  switch (target.store) {
    case ColumnTarget::Store::kNumber:
      *target.at<double>(row, element) = std::numeric_limits<double>::quiet_NaN();
      return true;
    case ColumnTarget::Store::kText:
      target.at<std::string>(row, element)->clear();
      return true;
    case ColumnTarget::Store::kBlob:
      *target.at<ByteView>(row, element) = {};
      return true;
    case ColumnTarget::Store::kInteger:
      return false;
  }
  return false;
}

/// Seconds and nanoseconds to ns, saturating.
inline std::int64_t join_time(std::int64_t seconds, std::int64_t nanoseconds) {
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(seconds, std::int64_t{1'000'000'000}, &ns) ||
      __builtin_add_overflow(ns, nanoseconds, &ns))
    return seconds < 0 ? std::numeric_limits<std::int64_t>::min()
                       : std::numeric_limits<std::int64_t>::max();
  return ns;
}

}  // namespace reelcell::readers::mcap
