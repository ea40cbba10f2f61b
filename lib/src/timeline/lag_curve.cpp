#include "internal/lag_curve.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reelcell::timeline {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kMostCells = std::int64_t{1} << 20;
constexpr std::int64_t kStretch = 150 * kSecond;         ///< drift smears little over it
constexpr std::int64_t kLongestStretch = 600 * kSecond;  ///< of sessions that are hours long
constexpr std::int64_t kMostStretches = 9;

std::int64_t length(const IntervalSignal& signal) {
  return signal.end_ns.back() - signal.start_ns.front();
}

struct LagRange {
  std::int64_t first_ns = 0, last_ns = -1;
  bool empty() const { return last_ns < first_ns; }
};

/// Lags at which half of the shorter record overlaps the other, within what is asked for. Records
/// whose clocks have different epochs do not meet near the expected offset; then their starts are
/// taken to be near one another.
LagRange lag_range(std::int64_t slow_ns, std::int64_t fast_ns, std::int64_t expected_ns,
                   const MeasureOptions& options) {
  const std::int64_t half = std::min(slow_ns, fast_ns) / 2;
  const LagRange feasible{half - slow_ns, fast_ns - half};
  const std::int64_t reach = options.max_offset.count() > 0 ? options.max_offset.count() : kHour;
  const auto around = [&](std::int64_t centre) {
    return LagRange{std::max(feasible.first_ns, centre - reach),
                    std::min(feasible.last_ns, centre + reach)};
  };
  const LagRange near = around(expected_ns);
  if (!near.empty() || options.max_offset.count() > 0) return near;
  return around(0);
}

struct Stretch {
  double centre_ns = 0;
  Correlation curve;
};

/// Evenly spread over the samples, so that a record with holes is looked at where it has some.
std::vector<LagRange> stretches(const IntervalSignal& slow) {
  const std::int64_t total = length(slow), start = slow.start_ns.front();
  const std::int64_t least = 300 * slow.median_length_ns();
  const std::int64_t count = std::clamp<std::int64_t>(
      (total + std::max(kStretch, least) - 1) / std::max(kStretch, least), 1, kMostStretches);
  if (count == 1) return {{0, total}};
  const std::int64_t each = std::min(total / count, std::max(kLongestStretch, least));
  std::vector<LagRange> out;
  for (std::int64_t s = 0; s < count; ++s) {
    const auto at =
        static_cast<std::size_t>((2 * s + 1)) * slow.size() / (2 * static_cast<std::size_t>(count));
    const std::int64_t from =
        std::clamp(slow.start_ns[at] - start - each / 2, std::int64_t{0}, total - each);
    out.push_back({from, from + each});
  }
  return out;
}

double valid(const MaskedSamples& samples) {
  double sum = 0;
  for (const float m : samples.mask) sum += m;
  return sum;
}

/// Mean of the stretches' curves along one drift, weighted by how much they compare.
void stack(const std::vector<Stretch>& parts, double middle_ns, double step_ns, double drift,
           double least_weight, LagCurve& out) {
  std::vector<std::ptrdiff_t> shift;
  for (const Stretch& part : parts)
    shift.push_back(std::lround(drift * (part.centre_ns - middle_ns) / step_ns));
  const auto lags = static_cast<std::ptrdiff_t>(out.r.size());
  for (std::ptrdiff_t k = 0; k < lags; ++k) {
    double sum = 0, weight = 0;
    for (std::size_t s = 0; s < parts.size(); ++s) {
      const std::ptrdiff_t at = k + shift[s];
      if (at < 0 || at >= lags) continue;
      const auto i = static_cast<std::size_t>(at);
      if (parts[s].curve.r[i] == 0) continue;
      sum += static_cast<double>(parts[s].curve.pairs[i]) * parts[s].curve.r[i];
      weight += parts[s].curve.pairs[i];
    }
    if (weight < least_weight) continue;
    const auto i = static_cast<std::size_t>(k);
    const auto mean = static_cast<float>(sum / weight);
    if (mean > out.r[i]) {
      out.r[i] = mean;
      if (!out.drift.empty()) out.drift[i] = static_cast<float>(drift);
    }
    if (!out.r_negative.empty() && -mean > out.r_negative[i]) out.r_negative[i] = -mean;
  }
}

}  // namespace

MaskedSamples on_grid(const IntervalSignal& signal, std::int64_t origin_ns, std::int64_t step_ns,
                      std::size_t count, bool root) {
  std::vector<double> sum(count, 0.0), time(count, 0.0);
  for (std::size_t i = 0; i < signal.size(); ++i) {
    const std::int64_t from = signal.start_ns[i] - origin_ns, to = signal.end_ns[i] - origin_ns;
    if (to <= 0) continue;
    for (std::int64_t cell = std::max<std::int64_t>(from, 0) / step_ns; cell * step_ns < to;
         ++cell) {
      if (cell >= static_cast<std::int64_t>(count)) break;
      const auto inside =
          static_cast<double>(std::min(to, (cell + 1) * step_ns) - std::max(from, cell * step_ns));
      sum[static_cast<std::size_t>(cell)] += inside * signal.value[i];
      time[static_cast<std::size_t>(cell)] += inside;
    }
  }
  MaskedSamples out{std::vector<float>(count, 0.0f), std::vector<float>(count, 0.0f)};
  for (std::size_t i = 0; i < count; ++i) {
    if (time[i] * 2 < static_cast<double>(step_ns)) continue;
    const double mean = sum[i] / time[i];
    out.value[i] = static_cast<float>(root ? std::sqrt(std::max(mean, 0.0)) : mean);
    out.mask[i] = 1;
  }
  return out;
}

LagCurve lag_curve(const IntervalSignal& slow, const IntervalSignal& fast, std::int64_t expected_ns,
                   const MeasureOptions& options) {
  LagCurve out;
  const std::int64_t slow_ns = length(slow), fast_ns = length(fast);
  const LagRange range = lag_range(slow_ns, fast_ns, expected_ns, options);
  if (range.empty()) return out;
  const std::int64_t widest = std::max({range.last_ns - range.first_ns, slow_ns});
  out.step_ns = std::max({slow.median_length_ns() / 2, widest / kMostCells, std::int64_t{1}});
  out.first_lag = range.first_ns / out.step_ns;
  const auto lags = static_cast<std::size_t>(range.last_ns / out.step_ns - out.first_lag + 1);
  out.middle_ns = static_cast<double>(slow_ns) / 2;
  const auto cells = [&](std::int64_t ns) {
    return static_cast<std::size_t>(ns / out.step_ns + 1);
  };
  const MaskedSamples b =
      on_grid(fast, fast.start_ns.front(), out.step_ns, cells(fast_ns), options.activity);
  std::vector<Stretch> parts;
  double most = 0;
  for (const LagRange& part : stretches(slow)) {
    // The stretch begins on the grid, so its own lags are those of the whole plus its begin.
    const std::int64_t begin = part.first_ns / out.step_ns;
    const MaskedSamples a = on_grid(slow, slow.start_ns.front() + begin * out.step_ns, out.step_ns,
                                    cells(part.last_ns - begin * out.step_ns), options.activity);
    const auto least = static_cast<std::size_t>(std::max(8.0, std::min(valid(a), valid(b)) / 2));
    const std::ptrdiff_t first = out.first_lag + begin;
    Stretch made;
    made.centre_ns = static_cast<double>(part.first_ns + part.last_ns) / 2;
    made.curve = options.method == CurveMethod::kGccPhat
                     ? correlate_phat(a, b, first, lags, least, options.phat_rho)
                     : correlate(a, b, first, lags, least);
    most += std::min(valid(a), valid(b));
    parts.push_back(std::move(made));
  }
  out.r.assign(lags, 0.0f);
  if (options.either_sign) out.r_negative.assign(lags, 0.0f);
  if (parts.size() > 1) out.drift.assign(lags, 0.0f);
  const double step = static_cast<double>(out.step_ns);
  double reach = options.max_drift_ppm * 1e-6;
  double drift_step = step / std::max(out.middle_ns, 1.0);
  int arms = parts.size() > 1 ? static_cast<int>(std::ceil(reach / drift_step)) : 0;
  // 0 first, then outwards: of equal ones the smallest drift is kept.
  for (int i = 0; i <= arms; ++i)
    for (const int sign : {1, -1})
      if (i > 0 || sign > 0)
        stack(parts, out.middle_ns, step, sign * std::min(i * drift_step, reach), most / 2, out);
  return out;
}

}  // namespace reelcell::timeline
