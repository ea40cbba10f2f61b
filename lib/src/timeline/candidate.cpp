#include "internal/candidate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace reelcell::timeline {
namespace {

constexpr std::size_t kBlocks = 24;

/// Equal numbers of intervals; a hole longer than a block ends one.
std::vector<std::size_t> block_starts(const IntervalSignal& slow) {
  const std::size_t each = std::max<std::size_t>(8, slow.size() / kBlocks);
  const std::int64_t hole = static_cast<std::int64_t>(each) * slow.median_length_ns();
  std::vector<std::size_t> first{0};
  for (std::size_t i = 1; i < slow.size(); ++i) {
    const bool full = i - first.back() >= each && slow.size() - i >= each / 2;
    if (full || slow.start_ns[i] - slow.end_ns[i - 1] > hole) first.push_back(i);
  }
  first.push_back(slow.size());
  return first;
}

void settle(Fitted& fitted, const FitReach& reach) {
  for (int round = 0; round < 3; ++round) {
    fitted.fit = fit_blocks(fitted.table, fitted.weight, fitted.sign, fitted.fit, reach);
    fitted.weight = block_weights(fitted.table, fitted.fit);
    fitted.fit.r = pooled(fitted.table, fitted.weight, fitted.fit.offset_ns, fitted.fit.drift);
  }
}

/// Delete-one-block jackknife: needs no model of the noise, only that blocks are independent.
void add_errors(Fitted& fitted, const FitReach& reach) {
  const std::size_t n = fitted.table.blocks();
  std::vector<ClockFit> parts;
  for (std::size_t j = 0; j < n; ++j)
    if (fitted.weight[j] > 0)
      parts.push_back(fit_blocks(fitted.table, fitted.weight, fitted.sign, fitted.fit, reach,
                                 static_cast<std::ptrdiff_t>(j)));
  const auto count = static_cast<double>(parts.size());
  if (count < 2) return;
  double mean_offset = 0, mean_drift = 0, offset = 0, drift = 0;
  for (const ClockFit& part : parts) {
    mean_offset += part.offset_ns / count;
    mean_drift += part.drift / count;
  }
  for (const ClockFit& part : parts) {
    offset += (part.offset_ns - mean_offset) * (part.offset_ns - mean_offset);
    drift += (part.drift - mean_drift) * (part.drift - mean_drift);
  }
  fitted.offset_error_ns = std::sqrt(offset * (count - 1) / count);
  fitted.drift_error = std::sqrt(drift * (count - 1) / count);
  const double freedom = count - 1;
  fitted.ratio_to_t = 1.96 + 2.4 / freedom + 3 / (freedom * freedom);
}

void add_model_error(Fitted& fitted, const Sides& sides, const MeanOf& fast, std::int64_t origin_ns,
                     double slope, bool root) {
  constexpr double kLittle = 0.005;
  if (fast.noise_share() < kLittle) return;
  const BlockTable& table = fitted.table;
  const BlockTable shown = tabulate(sides.slow, fast, table.first, origin_ns, slope, table.start_ns,
                                    table.step_ns, table.shifts, root, NewInEach::kShown);
  // The two lie half an interval apart at most.
  const double reach =
      std::max(static_cast<double>(fast.period_ns()) / 2, 2 * static_cast<double>(table.step_ns));
  const ClockFit other =
      fit_blocks(shown, fitted.weight, fitted.sign, fitted.fit, {reach, 0, 0, 1});
  fitted.model_error_ns = std::abs(other.offset_ns - fitted.fit.offset_ns);
}

}  // namespace

IntervalSignal from_zero(IntervalSignal in) {
  const std::int64_t start = in.start_ns.front();
  for (std::int64_t& t : in.start_ns) t -= start;
  for (std::int64_t& t : in.end_ns) t -= start;
  return in;
}

namespace {
/// Neighbours merged until they are as long; a hole ends one.
IntervalSignal merged(const IntervalSignal& in, std::int64_t length_ns) {
  IntervalSignal out;
  out.steps = in.steps;
  double sum = 0, covered = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const auto length = static_cast<double>(in.end_ns[i] - in.start_ns[i]);
    sum += in.value[i] * length;
    covered += length;
    const bool last = i + 1 == in.size() || in.start_ns[i + 1] - in.end_ns[i] > length_ns / 2;
    if (!last && in.end_ns[i] - in.start_ns[first] < length_ns) continue;
    // What is left before a hole is too noisy by itself.
    if (covered * 2 >= static_cast<double>(length_ns)) {
      out.start_ns.push_back(in.start_ns[first]);
      out.end_ns.push_back(in.end_ns[i]);
      out.value.push_back(static_cast<float>(sum / covered));
    }
    first = i + 1;
    sum = covered = 0;
  }
  return out;
}

/// Each interval with the mean over so long about its middle; steps as they are.
IntervalSignal smoothed(const IntervalSignal& in, std::int64_t length_ns) {
  if (in.steps) return in;
  constexpr std::size_t kAtOnce = 65536;
  const MeanOf whole(in);
  std::vector<std::int64_t> start, end;
  std::vector<float> means;
  IntervalSignal out;
  for (std::size_t from = 0; from < in.size(); from += kAtOnce) {
    start.clear();
    end.clear();
    for (std::size_t i = from; i < std::min(from + kAtOnce, in.size()); ++i) {
      start.push_back(std::midpoint(in.start_ns[i], in.end_ns[i]) - length_ns / 2);
      end.push_back(start.back() + length_ns);
    }
    whole.means(start, end, 0, means);
    for (std::size_t i = 0; i < means.size(); ++i) {
      if (std::isnan(means[i])) continue;
      out.start_ns.push_back(in.start_ns[from + i]);
      out.end_ns.push_back(in.end_ns[from + i]);
      out.value.push_back(means[i]);
    }
  }
  return out;
}

}  // namespace

Sides coarser(const Sides& sides, std::int64_t length_ns) {
  Sides out{merged(sides.slow, length_ns),
            smoothed(sides.fast, length_ns),
            sides.slow_start,
            sides.fast_start,
            sides.swapped,
            sides.period_ns};
  if (out.slow.empty() || out.fast.empty()) return out;
  out.slow_start += out.slow.start_ns.front();
  out.fast_start += out.fast.start_ns.front();
  out.slow = from_zero(std::move(out.slow));
  out.fast = from_zero(std::move(out.fast));
  return out;
}

Sides sides_of(const IntervalSignal& a, const IntervalSignal& b) {
  Sides sides;
  // Steps are known to the instant, however long they hold.
  sides.swapped = a.steps != b.steps ? a.steps : a.median_length_ns() < b.median_length_ns();
  const IntervalSignal &slow = sides.swapped ? b : a, &fast = sides.swapped ? a : b;
  sides.slow = from_zero(slow);
  sides.fast = from_zero(fast);
  sides.slow_start = slow.start_ns.front();
  sides.period_ns = slow.median_length_ns();
  sides.fast_start = fast.start_ns.front();
  return sides;
}

double lobe_ns(const Fitted& fitted) {
  const BlockTable& table = fitted.table;
  const double h = static_cast<double>(table.step_ns);
  const auto r = [&](double offset) {
    return fitted.sign * pooled(table, fitted.weight, offset, fitted.fit.drift);
  };
  const double bend =
      (r(fitted.fit.offset_ns - h) - 2 * r(fitted.fit.offset_ns) + r(fitted.fit.offset_ns + h)) /
      (h * h);
  return bend < 0 ? std::sqrt(fitted.sign * fitted.fit.r / -bend) : h * 4;
}

Fitted fit_candidate(const Sides& sides, const MeanOf& fast, const LagCurve& curve,
                     const Tried& candidate, const MeasureOptions& options) {
  const double length = static_cast<double>(sides.slow.end_ns.back());
  const auto origin = static_cast<std::int64_t>(curve.middle_ns);
  const std::vector<std::size_t> first = block_starts(sides.slow);
  const double lag = curve.lag_ns(candidate.peak.position);
  const auto at = static_cast<std::size_t>(std::lround(candidate.peak.position));
  const double max_drift = options.max_drift_ppm * 1e-6;
  const double coarse_drift = curve.drift.empty() ? 0 : static_cast<double>(curve.drift[at]);
  const double step = static_cast<double>(curve.step_ns);
  // What the coarse look leaves open: a cell of offset, and a cell of drift over the session.
  const double drift_reach = curve.drift.empty() ? max_drift : 3 * step / (length / 2);
  const double offset_reach = 2 * step;
  const double reach = offset_reach + std::min(drift_reach * length / 2, 16 * step);
  Fitted fitted;
  fitted.sign = candidate.sign;
  const auto fine = std::max<std::int64_t>(1, curve.step_ns / 4);
  const auto half = static_cast<std::int64_t>(std::ceil(reach / static_cast<double>(fine)));
  fitted.table =
      tabulate(sides.slow, fast, first, origin, coarse_drift, std::llround(lag) - half * fine, fine,
               static_cast<std::size_t>(2 * half + 1), options.activity);
  fitted.weight.assign(fitted.table.blocks(), 1.0);
  // The table is along the coarse drift; the fit is what comes on top of it.
  fitted.fit = {lag, 0, 0};
  settle(fitted, {offset_reach, drift_reach, -coarse_drift, max_drift});
  double slope = coarse_drift;
  for (int zoom = 0; zoom < 8; ++zoom) {
    const auto finer = static_cast<std::int64_t>(std::max(1.0, lobe_ns(fitted) / 8));
    if (finer * 2 > fitted.table.step_ns) break;
    slope += fitted.fit.drift;
    const auto next = std::max(finer, fitted.table.step_ns / 8);
    const std::int64_t arm = 24;
    const double centre = fitted.fit.offset_ns;
    fitted.table =
        tabulate(sides.slow, fast, first, origin, slope, std::llround(centre) - arm * next, next,
                 static_cast<std::size_t>(2 * arm + 1), options.activity);
    fitted.fit.drift = 0;
    const double wide = static_cast<double>(next) * 8;
    settle(fitted, {wide, wide / (length / 2), -slope, max_drift});
  }
  // Here the drift is free: its error is that of the data, not of the bound.
  const double near = static_cast<double>(fitted.table.step_ns) * 2;
  add_errors(fitted, {near, max_drift > 0 ? 2 * near / (length / 2) : 0, 0, 1});
  add_model_error(fitted, sides, fast, origin, slope, options.activity);
  fitted.slope = slope;
  return fitted;
}

double height_without(const Fitted& fitted, std::ptrdiff_t block) {
  return fitted.sign *
         pooled(fitted.table, fitted.weight, fitted.fit.offset_ns, fitted.fit.drift, block);
}

double advantage(const Fitted& a, const Fitted& b) {
  const std::size_t n = std::min(a.table.blocks(), b.table.blocks());
  std::vector<double> parts;
  double mean = 0;
  for (std::size_t j = 0; j < n; ++j) {
    const auto block = static_cast<std::ptrdiff_t>(j);
    parts.push_back(height_without(a, block) - height_without(b, block));
    mean += parts.back() / static_cast<double>(n);
  }
  double spread = 0;
  for (const double part : parts) spread += (part - mean) * (part - mean);
  const double error = std::sqrt(spread * static_cast<double>(n - 1) / static_cast<double>(n));
  const double gain = height_without(a, -1) - height_without(b, -1);
  return error > 0 ? gain / error : 0;
}

double agreement(const Fitted& fitted) {
  std::vector<double> movement;
  for (std::size_t j = 0; j < fitted.table.blocks(); ++j)
    movement.push_back(
        fitted.table.at(j, fitted.fit.offset_ns + fitted.fit.drift * fitted.table.middle_ns[j]).bb);
  std::vector<double> sorted = movement;
  std::sort(sorted.begin(), sorted.end());
  const double least = 0.2 * sorted[sorted.size() / 2];
  double moving = 0, fitting = 0;
  for (std::size_t j = 0; j < movement.size(); ++j) {
    if (movement[j] <= least) continue;
    const BlockSums sums =
        fitted.table.at(j, fitted.fit.offset_ns + fitted.fit.drift * fitted.table.middle_ns[j]);
    const double r = sums.aa > 0 ? fitted.sign * sums.ab / std::sqrt(sums.aa * sums.bb) : 0;
    moving += 1;
    if (r > 0.3 * fitted.sign * fitted.fit.r) fitting += 1;
  }
  return moving > 0 ? fitting / moving : 0;
}

}  // namespace reelcell::timeline
