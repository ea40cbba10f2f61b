#include "internal/select.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

namespace reelcell::stats {

namespace {
constexpr std::size_t kBuckets = 1 << 16;
// Below this, clearing and scanning the histogram costs more than partitioning all values.
constexpr std::uint64_t kSmall = 1 << 14;

/// Keys order as the numbers do: negative numbers have all bits turned, others the sign bit.
/// -0.0 is taken as 0.0, as numpy's sort does not tell them apart.
std::uint32_t key_of(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value + 0.0f);
  return bits ^ ((bits >> 31) ? 0xffffffffu : 0x80000000u);
}
std::uint64_t key_of(double value) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(value + 0.0);
  return bits ^ ((bits >> 63) ? ~std::uint64_t{0} : std::uint64_t{1} << 63);
}
double value_of(std::uint32_t key) {
  return static_cast<double>(std::bit_cast<float>(key ^ ((key >> 31) ? 0x80000000u : 0xffffffffu)));
}
double value_of(std::uint64_t key) {
  return std::bit_cast<double>(key ^ ((key >> 63) ? std::uint64_t{1} << 63 : ~std::uint64_t{0}));
}

/// Below this the counters of a radix sort cost more than comparing.
constexpr std::size_t kFewKeys = 96;

/// Sorts by one byte at a time, passing over bytes that all keys share.
template <class Key>
void sort_keys(std::vector<Key>& keys) {
  if (keys.size() < kFewKeys) {
    std::sort(keys.begin(), keys.end());
    return;
  }
  constexpr std::size_t kBytes = sizeof(Key);
  std::uint32_t counts[kBytes][256] = {};
  for (const Key key : keys)
    for (std::size_t byte = 0; byte < kBytes; ++byte) ++counts[byte][(key >> (8 * byte)) & 255];
  std::vector<Key> other(keys.size());
  for (std::size_t byte = 0; byte < kBytes; ++byte) {
    std::uint32_t* const at = counts[byte];
    if (at[(keys[0] >> (8 * byte)) & 255] == keys.size()) continue;
    std::uint32_t before = 0;
    for (std::size_t value = 0; value < 256; ++value) before += std::exchange(at[value], before);
    for (const Key key : keys) other[at[(key >> (8 * byte)) & 255]++] = key;
    keys.swap(other);
  }
}

/// Selection over keys of one width; float32 stores take the 32-bit keys, which spread better.
template <class Key, class Number>
class Selection {
 public:
  Selection(const ValueStore& store, std::span<const double> tail, std::uint64_t gather_limit)
      : store_(store), tail_(tail), gather_limit_(gather_limit) {}

  /// Ranks are relative to the values whose key begins with `prefix` (its top `known` bits).
  void run(Key prefix, int known, const std::vector<std::uint64_t>& ranks,
           std::vector<double>& out) {
    if (known == 0 && store_.size() + tail_.size() <= kSmall) {
      std::vector<Key> keys;
      keys.reserve(store_.size() + tail_.size());
      each_key(0, 0, [&](Key key) { keys.push_back(key); });
      return pick(keys, ranks, out);
    }
    const int shift = kBits - known - 16;
    std::vector<std::uint32_t> counts(kBuckets);
    each_key(prefix, known, [&](Key key) { ++counts[bucket(key, shift)]; });
    const std::vector<Target> targets = find_targets(counts, ranks);
    std::vector<std::uint16_t> slot(kBuckets);  // 0 = not wanted
    std::vector<std::vector<Key>> gathered;
    std::uint64_t room = gather_limit_;
    for (const Target& target : targets)
      if (shift > 0 && target.count <= room) {
        room -= target.count;
        gathered.emplace_back().reserve(target.count);
        slot[target.bucket] = static_cast<std::uint16_t>(gathered.size());
      }
    if (!gathered.empty())
      each_key(prefix, known, [&](Key key) {
        if (const std::uint16_t s = slot[bucket(key, shift)]) gathered[s - 1].push_back(key);
      });
    for (const Target& target : targets) {
      const Key deeper = static_cast<Key>(prefix | (static_cast<Key>(target.bucket) << shift));
      if (shift == 0)
        out.insert(out.end(), target.ranks.size(), value_of(deeper));
      else if (slot[target.bucket])
        pick(gathered[slot[target.bucket] - 1u], target.ranks, out);
      else
        run(deeper, known + 16, target.ranks, out);
    }
  }

 private:
  static constexpr int kBits = std::numeric_limits<Key>::digits;
  struct Target {
    std::size_t bucket = 0;
    std::uint64_t count = 0;
    std::vector<std::uint64_t> ranks;  ///< within the bucket
  };

  static std::size_t bucket(Key key, int shift) {
    return static_cast<std::size_t>((key >> shift) & 0xffff);
  }

  template <class Visit>
  void each_key(Key prefix, int known, const Visit& visit) const {
    const auto visit_all = [&](auto values) {
      if (known == 0) {
        for (const auto value : values) visit(key_of(static_cast<Number>(value)));
        return;
      }
      for (const auto value : values) {
        const Key key = key_of(static_cast<Number>(value));
        if ((key ^ prefix) >> (kBits - known) == 0) visit(key);
      }
    };
    store_.each(visit_all);
    visit_all(tail_);
  }

  static std::vector<Target> find_targets(const std::vector<std::uint32_t>& counts,
                                          const std::vector<std::uint64_t>& ranks) {
    std::vector<Target> out;
    std::uint64_t before = 0;
    std::size_t next = 0;
    for (std::size_t b = 0; b < kBuckets && next < ranks.size(); ++b) {
      if (ranks[next] < before + counts[b]) {
        Target target{b, counts[b], {}};
        for (; next < ranks.size() && ranks[next] < before + counts[b]; ++next)
          target.ranks.push_back(ranks[next] - before);
        out.push_back(std::move(target));
      }
      before += counts[b];
    }
    return out;
  }

  static void pick(std::vector<Key>& keys, const std::vector<std::uint64_t>& ranks,
                   std::vector<double>& out) {
    const auto [low, high] = std::minmax_element(keys.begin(), keys.end());
    if (*low == *high) {  // a gripper that is open or closed, a bit
      out.insert(out.end(), ranks.size(), value_of(*low));
      return;
    }
    if (keys.size() <= kSmall) {
      sort_keys(keys);
      for (const std::uint64_t rank : ranks) out.push_back(value_of(keys[rank]));
      return;
    }
    auto begin = keys.begin();
    for (const std::uint64_t rank : ranks) {
      const auto place = keys.begin() + static_cast<std::ptrdiff_t>(rank);
      if (place >= begin) std::nth_element(begin, place, keys.end());
      out.push_back(value_of(*place));
      begin = place;
    }
  }

  const ValueStore& store_;
  std::span<const double> tail_;
  std::uint64_t gather_limit_;
};
}  // namespace

std::vector<double> select_ranks(const ValueStore& store, std::span<const double> tail,
                                 const std::vector<std::uint64_t>& ranks,
                                 std::uint64_t gather_limit) {
  std::vector<double> out;
  const bool float_tail = std::all_of(tail.begin(), tail.end(), [](double value) {
    return static_cast<double>(static_cast<float>(value)) == value;
  });
  if (store.all_float() && float_tail)
    Selection<std::uint32_t, float>(store, tail, gather_limit).run(0, 0, ranks, out);
  else
    Selection<std::uint64_t, double>(store, tail, gather_limit).run(0, 0, ranks, out);
  return out;
}

}  // namespace reelcell::stats
