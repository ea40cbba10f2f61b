#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "reelcell/base/error.hpp"
#include "reelcell/stats/stats.hpp"

namespace reelcell::stats {

namespace {
// A 32-bit counter cannot overflow within this many pixels.
constexpr std::size_t kPixelsAtOnce = 1u << 30;

using Counts = std::uint32_t[3][256];

/// Counts the bytes of a word that was copied from memory; the first is channel `kFirst` % 3 of
/// pixel `kFirst` / 3. Written out by the compiler.
template <std::size_t kFirst, class Word, std::size_t... kBytes>
void count_bytes(Word word, Counts* counts, std::index_sequence<kBytes...>) {
  constexpr bool kLittle = std::endian::native == std::endian::little;
  (++counts[(kFirst + kBytes) / 3][(kFirst + kBytes) % 3]
           [(word >> (8 * (kLittle ? kBytes : sizeof word - 1 - kBytes))) & 255],
   ...);
}
}  // namespace

void ChannelAccumulator::add_rgb(std::span<const std::uint8_t> rgb24) {
  const std::size_t pixels = rgb24.size() / 3;
  for (std::size_t begin = 0; begin < pixels; begin += kPixelsAtOnce) {
    const std::size_t end = std::min(pixels, begin + kPixelsAtOnce);
    // Four sets of counters: in an even picture one counter would wait for its own last store.
    // Bytes are taken out of whole words, since loads are what this loop is short of.
    Counts counts[4] = {};
    const std::uint8_t* p = rgb24.data() + begin * 3;
    std::size_t i = begin;
    for (; i + 4 <= end; i += 4, p += 12) {
      std::uint64_t low = 0;
      std::uint32_t high = 0;
      std::memcpy(&low, p, 8);
      std::memcpy(&high, p + 8, 4);
      count_bytes<0>(low, counts, std::make_index_sequence<8>());
      count_bytes<8>(high, counts, std::make_index_sequence<4>());
    }
    for (; i < end; ++i, p += 3)
      for (std::size_t c = 0; c < 3; ++c) ++counts[0][c][p[c]];
    for (const auto& set : counts)
      for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t v = 0; v < 256; ++v) histogram_[c][v] += set[c][v];
  }
}

void ChannelAccumulator::merge(const ChannelAccumulator& other) {
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t v = 0; v < 256; ++v) histogram_[c][v] += other.histogram_[c][v];
  frames_ += other.frames_;
}

namespace {
using Histogram = std::array<std::uint64_t, 256>;

/// The level of the value at `rank` of the sorted pixels.
double level_at(const Histogram& histogram, std::uint64_t rank) {
  std::uint64_t up_to = 0;
  for (std::size_t level = 0; level < 256; ++level) {
    up_to += histogram[level];
    if (rank < up_to) return static_cast<double>(level);
  }
  return 255;
}

double quantile(const Histogram& histogram, std::uint64_t pixels, double q) {
  const double index = q * static_cast<double>(pixels - 1);
  const auto below = static_cast<std::uint64_t>(std::floor(index));
  const double a = level_at(histogram, below) / 255;
  const double b = level_at(histogram, std::min(below + 1, pixels - 1)) / 255;
  return a + (b - a) * (index - std::floor(index));
}

void finish_channel(const Histogram& histogram, FeatureStats& out) {
  unsigned __int128 sum = 0, squares = 0;
  std::uint64_t pixels = 0;
  std::size_t low = 255, high = 0;
  for (std::size_t level = 0; level < 256; ++level) {
    const std::uint64_t n = histogram[level];
    if (n == 0) continue;
    pixels += n;
    sum += static_cast<unsigned __int128>(n) * level;
    squares += static_cast<unsigned __int128>(n) * level * level;
    low = std::min(low, level);
    high = std::max(high, level);
  }
  if (pixels == 0) {
    for (auto* list : {&out.min, &out.max, &out.mean, &out.std, &out.q01, &out.q10, &out.q50,
                       &out.q90, &out.q99})
      list->push_back(std::numeric_limits<double>::quiet_NaN());
    return;
  }
  const double n = static_cast<double>(pixels);
  out.min.push_back(static_cast<double>(low) / 255);
  out.max.push_back(static_cast<double>(high) / 255);
  out.mean.push_back(static_cast<double>(sum) / n / 255);
  // n * sum(x^2) - sum(x)^2 in integers: exact, so nothing cancels.
  const unsigned __int128 spread = squares * pixels - sum * sum;
  out.std.push_back(std::sqrt(static_cast<double>(spread)) / n / 255);
  out.q01.push_back(quantile(histogram, pixels, 0.01));
  out.q10.push_back(quantile(histogram, pixels, 0.10));
  out.q50.push_back(quantile(histogram, pixels, 0.50));
  out.q90.push_back(quantile(histogram, pixels, 0.90));
  out.q99.push_back(quantile(histogram, pixels, 0.99));
}
}  // namespace

FeatureStats ChannelAccumulator::finish() const {
  FeatureStats out;
  out.count = frames_;
  for (const Histogram& histogram : histogram_) finish_channel(histogram, out);
  out.missing.resize(3);
  return out;
}

Json ChannelAccumulator::to_json() const {
  return {{"frames", frames_}, {"histogram", histogram_}};
}

ChannelAccumulator ChannelAccumulator::from_json(const Json& json) {
  ChannelAccumulator out;
  JsonObject object(json, "channel statistics");
  const std::int64_t frames = object.integer("frames");
  const Json& channels = object.raw("histogram");
  const auto is_count = [](const Json& n) {
    return n.is_number_unsigned() || (n.is_number_integer() && n.get<std::int64_t>() >= 0);
  };
  const auto is_channel = [&](const Json& levels) {
    return levels.is_array() && levels.size() == 256 &&
           std::all_of(levels.begin(), levels.end(), is_count);
  };
  if (frames < 0 || !channels.is_array() || channels.size() != 3 ||
      !std::all_of(channels.begin(), channels.end(), is_channel))
    object.fail("histogram", "expected 3 channels of 256 counts");
  object.finish();
  out.frames_ = static_cast<std::uint64_t>(frames);
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t v = 0; v < 256; ++v)
      out.histogram_[c][v] = channels[c][v].get<std::uint64_t>();
  return out;
}

}  // namespace reelcell::stats
