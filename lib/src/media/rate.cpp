#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "internal/scan.hpp"

namespace reelcell::media {

namespace {

constexpr std::array<Rational, 22> kUsualRates = {
    {{30, 1}, {25, 1}, {60, 1},        {24, 1},  {50, 1},  {30000, 1001}, {60000, 1001}, {15, 1},
     {20, 1}, {10, 1}, {24000, 1001},  {100, 1}, {120, 1}, {90, 1},       {40, 1},       {48, 1},
     {5, 1},  {25, 2}, {120000, 1001}, {15, 2},  {200, 1}, {240, 1}}};

/// Ticks of `time_base` at frame n of a clock at `rate`, rounded to nearest: n * rate.den * tb.den
/// / (rate.num * tb.num).
std::int64_t ticks_at(std::int64_t n, Rational rate, Rational time_base) {
  const Rational step = make_rational(rate.den, rate.num);
  const Rational ticks = make_rational(time_base.den, time_base.num);
  std::int64_t num = 0, den = 0;
  if (__builtin_mul_overflow(step.num, ticks.num, &num) ||
      __builtin_mul_overflow(step.den, ticks.den, &den))
    return 0;
  return mul_div(n, num, den, Rounding::kNearest);
}

/// Sum of the distances from the clock at `rate`, in ticks; nothing when one is beyond a tick.
std::optional<std::int64_t> misfit(const std::vector<FrameRecord>& frames, Rational rate,
                                   Rational time_base) {
  if (!rate.valid()) return std::nullopt;
  const std::int64_t start = frames.front().pts;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::int64_t off =
        frames[i].pts - start - ticks_at(static_cast<std::int64_t>(i), rate, time_base);
    if (off < -1 || off > 1) return std::nullopt;
    sum += off < 0 ? -off : off;
  }
  return sum;
}

bool usual(Rational rate) {
  return std::find(kUsualRates.begin(), kUsualRates.end(), rate) != kUsualRates.end();
}

}  // namespace

Rational rate_from_stamps(const std::vector<FrameRecord>& frames, Rational time_base,
                          Rational hint) {
  if (frames.size() < 2 || !time_base.valid()) return {0, 1};
  const std::int64_t span = frames.back().pts - frames.front().pts;
  if (span <= 0) return {0, 1};
  const auto count = static_cast<std::int64_t>(frames.size()) - 1;
  const std::int64_t step = frames[1].pts - frames[0].pts;
  bool even = step > 0;
  for (std::size_t i = 2; even && i < frames.size(); ++i)
    even = frames[i].pts - frames[i - 1].pts == step;
  const Rational ticks = make_rational(time_base.den, time_base.num);
  const Rational exact = even ? make_rational(ticks.num, ticks.den * step) : Rational{0, 1};
  // Steps of 33 ticks of 1 ms may be 30.3 Hz, or a short cut from 30 Hz: a coarse time base cannot
  // tell, so the usual rate is the better guess there. From 256 ticks a frame on, even steps are
  // what was meant.
  if (even && (step >= 256 || usual(exact))) return exact;
  Rational best{0, 1};
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  const auto consider = [&](Rational rate) {
    const auto sum = misfit(frames, rate, time_base);
    if (sum && *sum < least) least = *sum, best = rate;
  };
  if (usual(hint)) consider(hint);
  for (const Rational rate : kUsualRates) consider(rate);
  if (best.valid()) return best;
  if (even) return exact;
  if (hint.den <= 1001 && misfit(frames, hint, time_base)) return hint;
  std::int64_t num = 0, den = 0;
  if (__builtin_mul_overflow(count, ticks.num, &num) ||
      __builtin_mul_overflow(span, ticks.den, &den))
    return {0, 1};
  return make_rational(num, den);
}

}  // namespace reelcell::media
