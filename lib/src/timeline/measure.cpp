#include "reelcell/timeline/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "internal/blocks.hpp"
#include "internal/lag_curve.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::timeline {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kMeasured:
      return "measured";
    case Verdict::kAmbiguous:
      return "ambiguous";
    case Verdict::kNoEvidence:
      return "no_evidence";
  }
  return "";
}

CurveMethod parse_curve_method(std::string_view text) {
  if (text == "ncc") return CurveMethod::kNcc;
  if (text == "gcc_phat") return CurveMethod::kGccPhat;
  throw InputError(unknown_name("correlation method", std::string(text), {"ncc", "gcc_phat"}));
}
std::string_view to_string(CurveMethod method) {
  return method == CurveMethod::kNcc ? "ncc" : "gcc_phat";
}

namespace {

constexpr std::size_t kLeastIntervals = 32;
constexpr std::size_t kBlocks = 24;
constexpr std::size_t kMostCandidates = 12;
constexpr double kCommonDelay = 0.04;

struct Tried {
  Peak peak;
  double sign = 1;
};

/// What the curve says: peaks by height, and how far the first stands out.
struct CurvePeaks {
  std::vector<Tried> peaks;
  double ratio = 1, contrast = 0;
};

double median_of(std::vector<float> values) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Values of the curve away from the peak's own lobe.
std::vector<float> background(const std::vector<float>& curve, double position) {
  const auto top = static_cast<std::ptrdiff_t>(std::lround(position));
  const auto size = static_cast<std::ptrdiff_t>(curve.size());
  std::ptrdiff_t left = top, right = top;
  const float edge = 0.5f * curve[static_cast<std::size_t>(top)];
  while (left > 0 && curve[static_cast<std::size_t>(left)] > edge) --left;
  while (right + 1 < size && curve[static_cast<std::size_t>(right)] > edge) ++right;
  std::vector<float> out;
  for (std::ptrdiff_t i = 0; i < size; ++i)
    if ((i < left || i > right) && curve[static_cast<std::size_t>(i)] != 0)
      out.push_back(curve[static_cast<std::size_t>(i)]);
  return out;
}

CurvePeaks look(const LagCurve& curve) {
  CurvePeaks out;
  float top = 0;
  for (const auto* side : {&curve.r, &curve.r_negative})
    for (const float r : *side) top = std::max(top, r);
  if (top <= 0) return out;
  const double prominence = std::max(0.02, 0.05 * top);
  const std::size_t many = 4 * kMostCandidates;
  for (const Peak& peak : find_peaks(curve.r, prominence, many)) out.peaks.push_back({peak, 1});
  if (!curve.r_negative.empty())
    for (const Peak& peak : find_peaks(curve.r_negative, prominence, many))
      out.peaks.push_back({peak, -1});
  std::stable_sort(out.peaks.begin(), out.peaks.end(),
                   [](const Tried& a, const Tried& b) { return a.peak.height > b.peak.height; });
  if (out.peaks.empty()) return out;
  const Tried& first = out.peaks.front();
  out.ratio =
      out.peaks.size() > 1 ? std::max(0.0, out.peaks[1].peak.height) / first.peak.height : 0;
  const auto rest = background(first.sign > 0 ? curve.r : curve.r_negative, first.peak.position);
  const double spread = robust_spread(rest);
  out.contrast = spread > 0 ? (first.peak.height - median_of(rest)) / spread : 0;
  return out;
}

/// Both records on clocks that start with them, the one with longer intervals as `slow`.
struct Sides {
  IntervalSignal slow, fast;
  std::int64_t slow_start = 0, fast_start = 0;
  bool swapped = false;  ///< a is the fast one
};

IntervalSignal from_zero(const IntervalSignal& in) {
  IntervalSignal out = in;
  const std::int64_t start = in.start_ns.front();
  for (std::int64_t& t : out.start_ns) t -= start;
  for (std::int64_t& t : out.end_ns) t -= start;
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
  sides.fast_start = fast.start_ns.front();
  return sides;
}

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

/// A candidate, fitted to the samples themselves.
struct Fitted {
  BlockTable table;
  std::vector<double> weight;
  ClockFit fit;
  double sign = 1;
  double offset_error_ns = 0, drift_error = 0;  ///< standard errors
  double ratio_to_t = 2;                        ///< 97.5 % quantile of Student's t
  double slope = 0;                             ///< of the table; the drift is slope + fit.drift
};

/// Half-width of the peak at half height, by the curvature at the top.
double lobe_ns(const BlockTable& table, const Fitted& fitted) {
  const double h = static_cast<double>(table.step_ns);
  const auto r = [&](double offset) {
    return fitted.sign * pooled(table, fitted.weight, offset, fitted.fit.drift);
  };
  const double bend =
      (r(fitted.fit.offset_ns - h) - 2 * r(fitted.fit.offset_ns) + r(fitted.fit.offset_ns + h)) /
      (h * h);
  return bend < 0 ? std::sqrt(fitted.sign * fitted.fit.r / -bend) : h * 4;
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
    const auto finer = static_cast<std::int64_t>(std::max(1.0, lobe_ns(fitted.table, fitted) / 8));
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
  fitted.slope = slope;
  return fitted;
}

double height_without(const Fitted& fitted, std::ptrdiff_t block) {
  return fitted.sign *
         pooled(fitted.table, fitted.weight, fitted.fit.offset_ns, fitted.fit.drift, block);
}

/// How many standard errors better `a` fits than `b`: block by block, so that what disturbs both
/// alike does not count. Here the start and stop of a session and its long moves decide.
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

/// Share of the moving blocks that the fit explains at all. A clock that jumped in the middle of a
/// session fits one part of it and not the other.
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

/// The measurement in the terms of a and b, whichever was the slower.
struct Terms {
  const Sides& sides;
  double middle_ns;

  /// Local lag (fast - slow) at the middle -> offset b - a.
  std::int64_t offset(double lag_ns) const {
    const std::int64_t lag = std::llround(lag_ns);
    return sides.swapped ? -(lag + sides.fast_start - sides.slow_start)
                         : lag + sides.fast_start - sides.slow_start;
  }
  std::int64_t time(double slow_ns, double lag_ns) const {
    return sides.swapped ? sides.fast_start + std::llround(slow_ns + lag_ns)
                         : sides.slow_start + std::llround(slow_ns);
  }
  double drift(double drift) const { return sides.swapped ? 1 / (1 + drift) - 1 : drift; }
};

void add_windows(const Fitted& fitted, const Terms& terms, OffsetMeasurement& out) {
  const BlockTable& table = fitted.table;
  for (std::size_t j = 0; j < table.blocks(); ++j) {
    std::vector<float> r(table.shifts);
    for (std::size_t k = 0; k < table.shifts; ++k) {
      const BlockSums& s = table.sums[j * table.shifts + k];
      r[k] = s.aa > 0 && s.bb > 0 ? static_cast<float>(fitted.sign * s.ab / std::sqrt(s.aa * s.bb))
                                  : 0.0f;
    }
    const auto peaks = find_peaks(r, 0, 1);
    if (peaks.empty() || peaks[0].height <= 0) continue;
    const double middle = table.middle_ns[j];
    const double lag = static_cast<double>(table.start_ns) +
                       peaks[0].position * static_cast<double>(table.step_ns) +
                       fitted.slope * middle;
    out.windows.push_back({terms.time(middle + terms.middle_ns, lag), terms.offset(lag),
                           fitted.sign * peaks[0].height});
  }
  if (terms.sides.swapped)
    std::sort(out.windows.begin(), out.windows.end(),
              [](const WindowOffset& a, const WindowOffset& b) { return a.time_ns < b.time_ns; });
}

void add_curve(const LagCurve& curve, const Terms& terms, OffsetMeasurement& out) {
  out.curve_step_ns = curve.step_ns;
  out.curve = curve.r;
  const double last = static_cast<double>(curve.r.size() - 1);
  out.curve_start_ns = terms.offset(curve.lag_ns(terms.sides.swapped ? last : 0));
  if (terms.sides.swapped) std::reverse(out.curve.begin(), out.curve.end());
}

void add_fit(const Fitted& fitted, const Terms& terms, OffsetMeasurement& out) {
  const double lag = fitted.fit.offset_ns, t = fitted.ratio_to_t;
  out.reference_ns = terms.time(terms.middle_ns, lag);
  out.offset_ns = terms.offset(lag);
  // What moves is not seen by both alike: below some percent of the slower one's interval a common
  // delay hides that no scatter shows. Found on sessions whose truth is known.
  const double common = kCommonDelay * static_cast<double>(terms.sides.slow.median_length_ns());
  out.offset_interval_ms = std::hypot(t * fitted.offset_error_ns, common) * 1e-6;
  out.drift_ppm = terms.drift(fitted.slope + fitted.fit.drift) * 1e6;
  out.drift_interval_ppm = t * fitted.drift_error * 1e6;
  out.height = fitted.fit.r;
}

OffsetMeasurement none(std::string reason) {
  OffsetMeasurement out;
  out.reason = std::move(reason);
  return out;
}

/// Picks the candidate that fits better than every other by a wide margin; -1 where none does.
std::ptrdiff_t break_tie(const std::vector<Fitted>& fitted) {
  constexpr double kWide = 5;          // standard errors
  constexpr double kLeastGain = 0.02;  // of r: below, systematic errors may decide
  std::size_t best = 0;
  for (std::size_t i = 1; i < fitted.size(); ++i)
    if (height_without(fitted[i], -1) > height_without(fitted[best], -1)) best = i;
  for (std::size_t i = 0; i < fitted.size(); ++i) {
    if (i == best) continue;
    // Two that climbed onto the same top are one.
    const double apart = std::abs(fitted[i].fit.offset_ns - fitted[best].fit.offset_ns);
    if (fitted[i].sign == fitted[best].sign && apart < lobe_ns(fitted[best].table, fitted[best]))
      continue;
    const double gain = height_without(fitted[best], -1) - height_without(fitted[i], -1);
    if (gain < kLeastGain || advantage(fitted[best], fitted[i]) < kWide) return -1;
  }
  return static_cast<std::ptrdiff_t>(best);
}

/// Means over whole periods of what the candidates repeat with, a quarter of a period apart: what
/// is left is the start and stop of movement and the long moves.
IntervalSignal envelope(const IntervalSignal& slow, std::int64_t period_ns) {
  std::vector<std::int64_t> start, end;
  for (std::int64_t t = 0; t + period_ns <= slow.end_ns.back(); t += period_ns / 4) {
    start.push_back(t);
    end.push_back(t + period_ns);
  }
  std::vector<float> means;
  MeanOf(slow).means(start, end, 0, means);
  IntervalSignal out;
  for (std::size_t i = 0; i < means.size(); ++i) {
    if (std::isnan(means[i])) continue;
    out.start_ns.push_back(start[i]);
    out.end_ns.push_back(end[i]);
    out.value.push_back(means[i]);
  }
  return out;
}

OffsetMeasurement measure_sides(const Sides& sides, const MeasureOptions& options, bool break_ties);

/// The candidate that the envelope points at; -1 where it does not point at one alone.
std::ptrdiff_t by_envelope(const Sides& sides, const MeasureOptions& options, const Terms& terms,
                           const LagCurve& curve, const std::vector<Tried>& peaks) {
  double period = 0;
  const double first = curve.lag_ns(peaks.front().peak.position);
  for (std::size_t i = 1; i < peaks.size(); ++i) {
    const double apart = std::abs(curve.lag_ns(peaks[i].peak.position) - first);
    if (period == 0 || apart < period) period = apart;
  }
  if (period < static_cast<double>(2 * curve.step_ns)) return -1;
  Sides wide = sides;
  wide.slow = envelope(sides.slow, std::llround(period));
  if (wide.slow.size() < kLeastIntervals) return -1;
  wide.slow_start += wide.slow.start_ns.front();
  wide.slow = from_zero(wide.slow);
  MeasureOptions coarse = options;
  coarse.max_interval = Nanos(std::llround(period / 4));
  coarse.max_drift_ppm = 0;  // two edges are too few for an offset and a drift
  // One long rest at either end makes a wide peak that hardly stands out of its own flanks, but it
  // must explain most of what the envelope does.
  coarse.min_contrast = 1.5;
  coarse.min_height = std::max(options.min_height, 0.6);
  const OffsetMeasurement found = measure_sides(wide, coarse, false);
  if (!found.measured()) return -1;
  std::ptrdiff_t chosen = -1;
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    const auto offset = terms.offset(curve.lag_ns(peaks[i].peak.position));
    if (std::abs(static_cast<double>(offset - found.offset_ns)) > period / 4) continue;
    if (chosen >= 0) return -1;
    chosen = static_cast<std::ptrdiff_t>(i);
  }
  return chosen;
}

std::vector<OffsetCandidate> candidates_of(const CurvePeaks& peaks, const LagCurve& curve,
                                           const Terms& terms, double max_ratio) {
  std::vector<OffsetCandidate> out;
  for (const Tried& tried : peaks.peaks)
    if (tried.peak.height >= max_ratio * peaks.peaks.front().peak.height)
      out.push_back(
          {terms.offset(curve.lag_ns(tried.peak.position)), tried.sign * tried.peak.height});
  return out;
}

/// Which peak it is and why; index -1: it cannot be told.
struct Choice {
  std::ptrdiff_t index = -1;
  std::string by;
};

Choice choose(const Sides& sides, const MeanOf& fast, const LagCurve& curve,
              const CurvePeaks& peaks, std::size_t count, const Terms& terms,
              const MeasureOptions& options) {
  const std::vector<Tried> close(peaks.peaks.begin(),
                                 peaks.peaks.begin() + static_cast<std::ptrdiff_t>(count));
  if (const auto at = by_envelope(sides, options, terms, curve, close); at >= 0)
    return {at, "start and stop and long moves decided"};
  if (count > kMostCandidates) return {};
  std::vector<Fitted> fitted;
  for (const Tried& tried : close)
    fitted.push_back(fit_candidate(sides, fast, curve, tried, options));
  return {break_tie(fitted), "one fits better in most windows"};
}

/// Verdict and reason of a fit that may be one.
void judge(const Fitted& best, bool unique, bool whole, const Choice& choice, double widest_ms,
           OffsetMeasurement& out) {
  const std::string many = fmt::format("{} offsets fit alike (second peak at {:.2f} of the first)",
                                       out.candidates.size(), out.ratio);
  out.verdict = Verdict::kAmbiguous;
  if (best.table.blocks() < 4 || best.offset_error_ns <= 0) {
    out.reason = "too short to tell how well the offset is known";
  } else if (choice.index < 0) {
    out.reason = many;
  } else if (out.offset_interval_ms > widest_ms) {
    out.reason = fmt::format("the offset is known to {:.1f} ms only; {:.1f} ms are needed",
                             out.offset_interval_ms, widest_ms);
  } else if (const double share = whole ? agreement(best) : 1; share < 0.75) {
    out.reason =
        fmt::format("it fits {:.0f} % of the windows only: the clock may have jumped", 100 * share);
  } else {
    out.verdict = Verdict::kMeasured;
    if (!unique) out.reason = many + "; " + choice.by;
  }
}

OffsetMeasurement measure_sides(const Sides& sides, const MeasureOptions& options,
                                bool break_ties) {
  const std::int64_t expected =
      sides.swapped ? -options.expected.count() : options.expected.count();
  const LagCurve curve =
      lag_curve(sides.slow, sides.fast, expected + sides.slow_start - sides.fast_start, options);
  if (curve.r.empty())
    return none("less than half of the shorter record can overlap the other one within max_offset");
  const CurvePeaks peaks = look(curve);
  const Terms terms{sides, curve.middle_ns};
  OffsetMeasurement out;
  add_curve(curve, terms, out);
  out.ratio = peaks.ratio;
  out.contrast = peaks.contrast;
  if (peaks.peaks.empty()) {
    out.reason = "one of the two does not vary where they overlap";
    return out;
  }
  out.candidates = candidates_of(peaks, curve, terms, options.max_ratio);
  const bool unique = out.candidates.size() == 1;
  const MeanOf fast(sides.fast);
  Choice choice{unique ? 0 : -1, ""};
  const bool high = peaks.peaks.front().peak.height >= options.min_height;
  if (!unique && break_ties && high)
    choice = choose(sides, fast, curve, peaks, out.candidates.size(), terms, options);
  const Fitted best = fit_candidate(
      sides, fast, curve,
      peaks.peaks[choice.index < 0 ? 0 : static_cast<std::size_t>(choice.index)], options);
  add_fit(best, terms, out);
  add_windows(best, terms, out);
  const double height = best.sign * out.height;
  if (height < options.min_height || (unique && peaks.contrast < options.min_contrast)) {
    out.reason = fmt::format(
        "the highest correlation is {:.2f}, {:.1f} spreads above the rest; at least {:.2f} and "
        "{:.1f} "
        "are needed",
        height, peaks.contrast, options.min_height, options.min_contrast);
    return out;
  }
  const double widest = options.max_interval.count() > 0
                            ? static_cast<double>(options.max_interval.count()) * 1e-6
                            : static_cast<double>(sides.slow.median_length_ns()) * 0.5e-6;
  // An envelope stands still in most windows; those tell nothing.
  judge(best, unique, break_ties, choice, widest, out);
  return out;
}

}  // namespace

OffsetMeasurement measure_offset(const IntervalSignal& a, const IntervalSignal& b,
                                 const MeasureOptions& options) {
  if (std::min(a.size(), b.size()) < kLeastIntervals)
    return none(fmt::format("{} and {} samples; at least {} of each are needed", a.size(), b.size(),
                            kLeastIntervals));
  OffsetMeasurement out = measure_sides(sides_of(a, b), options, true);
  if (out.candidates.size() > kMostCandidates) out.candidates.resize(kMostCandidates);
  return out;
}

}  // namespace reelcell::timeline
