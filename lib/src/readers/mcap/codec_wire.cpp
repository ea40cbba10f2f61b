#include "internal/codec/wire.hpp"

namespace reelcell::readers::mcap {
namespace {

static_assert(std::endian::native == std::endian::little, "loaders swap for big-endian data only");

template <class T, class Out, bool kSwap>
void load(const std::uint8_t* in, std::size_t count, void* out) {
  Out* to = static_cast<Out*>(out);
  for (std::size_t i = 0; i < count; ++i)
    to[i] = static_cast<Out>(load_one<T, kSwap>(in + i * sizeof(T)));
}

template <class Out>
void load_bool(const std::uint8_t* in, std::size_t count, void* out) {
  for (std::size_t i = 0; i < count; ++i) static_cast<Out*>(out)[i] = in[i] != 0 ? 1 : 0;
}

template <class Sec, class Nsec, class Out, bool kSwap>
void load_time(const std::uint8_t* in, std::size_t count, void* out) {
  for (std::size_t i = 0; i < count; ++i)
    static_cast<Out*>(out)[i] = static_cast<Out>(
        join_time(load_one<Sec, kSwap>(in + 8 * i), load_one<Nsec, kSwap>(in + 8 * i + 4)));
}

template <class Out, bool kSwap>
LoadFn pick(Prim prim, bool ros1) {
  switch (prim) {
    case Prim::kBool:
      return load_bool<Out>;
    case Prim::kInt8:
      return load<std::int8_t, Out, kSwap>;
    case Prim::kUInt8:
      return load<std::uint8_t, Out, kSwap>;
    case Prim::kInt16:
      return load<std::int16_t, Out, kSwap>;
    case Prim::kUInt16:
      return load<std::uint16_t, Out, kSwap>;
    case Prim::kInt32:
      return load<std::int32_t, Out, kSwap>;
    case Prim::kUInt32:
      return load<std::uint32_t, Out, kSwap>;
    case Prim::kInt64:
      return load<std::int64_t, Out, kSwap>;
    case Prim::kUInt64:
      return load<std::uint64_t, Out, kSwap>;
    case Prim::kFloat32:
      if constexpr (std::is_same_v<Out, double>) return load<float, Out, kSwap>;
      break;
    case Prim::kFloat64:
      if constexpr (std::is_same_v<Out, double>) return load<double, Out, kSwap>;
      break;
    case Prim::kTime:
      return ros1 ? load_time<std::uint32_t, std::uint32_t, Out, kSwap>
                  : load_time<std::int32_t, std::uint32_t, Out, kSwap>;
    case Prim::kDuration:
      return ros1 ? load_time<std::int32_t, std::int32_t, Out, kSwap>
                  : load_time<std::int32_t, std::uint32_t, Out, kSwap>;
    case Prim::kString:
    case Prim::kBytes:
      break;
  }
  return nullptr;
}

}  // namespace

LoadFn loader(Prim prim, ColumnTarget::Store store, bool swap, bool ros1) {
  if (store == ColumnTarget::Store::kNumber)
    return swap ? pick<double, true>(prim, ros1) : pick<double, false>(prim, ros1);
  return swap ? pick<std::int64_t, true>(prim, ros1) : pick<std::int64_t, false>(prim, ros1);
}

}  // namespace reelcell::readers::mcap
