#include "reelcell/timeline/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "internal/candidate.hpp"
#include "internal/curve_peaks.hpp"
#include "internal/straightness.hpp"
#include "internal/tie_breaking.hpp"
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
/// Half a sample of a 10 kHz log would be more than most movements can show.
constexpr double kFineEnoughMs = 1;
constexpr double kCommonDelay = 0.04;
constexpr double kPeakLocking = 0.4, kLockingMargin = 1.2;
/// Intervals in the width of the peak: merging up to there widens it by some percent only.
constexpr double kPerLobe = 4;

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

/// Where the highest peak is the inverted signal's, the curve that has it, as it is: downwards.
void add_curve(const LagCurve& curve, const CurvePeaks& peaks, const Terms& terms,
               OffsetMeasurement& out) {
  out.curve_step_ns = curve.step_ns;
  const bool inverted = !peaks.peaks.empty() && peaks.peaks.front().sign < 0;
  out.curve = inverted ? curve.r_negative : curve.r;
  if (inverted)
    for (float& r : out.curve) r = -r;
  const double last = static_cast<double>(curve.r.size() - 1);
  out.curve_start_ns = terms.offset(curve.lag_ns(terms.sides.swapped ? last : 0));
  if (terms.sides.swapped) std::reverse(out.curve.begin(), out.curve.end());
}

/// No estimate of a delay is better than this (Cramer and Rao) where what the two do not share is
/// noise, new in each interval. Blocks that are left out in turn can agree by chance, or because
/// all stay on one ripple of the peak.
double least_error(const Fitted& fitted, double lobe_ns) {
  constexpr double kToSigma = 2.355;  // of a peak like a Gaussian's
  const double r2 = fitted.fit.r * fitted.fit.r;
  double intervals = 0;
  for (std::size_t j = 0; j < fitted.table.blocks(); ++j)
    intervals += fitted.table.at(j, fitted.fit.offset_ns).n;
  if (intervals < 1 || r2 <= 0) return 0;
  return lobe_ns / kToSigma * std::sqrt(std::max(0.0, 1 - r2) / (r2 * intervals));
}

void add_fit(const Fitted& fitted, const Terms& terms, double least_error_ns, double shared_news,
             OffsetMeasurement& out) {
  const double lag = fitted.fit.offset_ns, t = fitted.ratio_to_t;
  out.reference_ns = terms.time(terms.middle_ns, lag);
  out.offset_ns = terms.offset(lag);
  // What moves is not seen by both alike: below some percent of the slower one's interval a common
  // delay hides that no scatter shows. Found on sessions whose truth is known.
  // What both show sharper than an interval, noise or knocks, draws the peak to whole intervals:
  // found on white signals and on knocks, by cuts at known places.
  const double period = static_cast<double>(terms.sides.period_ns);
  const double locking =
      kLockingMargin * std::max(kPeakLocking * shared_news * period, fitted.model_error_ns);
  const double error = std::max(fitted.offset_error_ns, least_error_ns);
  out.offset_interval_ms = std::hypot(t * error, kCommonDelay * period, locking) * 1e-6;
  out.drift_ppm = terms.drift(fitted.slope + fitted.fit.drift) * 1e6;
  out.drift_interval_ppm = t * fitted.drift_error * 1e6;
  out.height = std::clamp(fitted.fit.r, -1.0, 1.0);  // where noise was taken off it may be more
}

OffsetMeasurement none(std::string reason) {
  OffsetMeasurement out;
  out.reason = std::move(reason);
  return out;
}

std::vector<OffsetCandidate> candidates_of(const CurvePeaks& peaks, const LagCurve& curve,
                                           const Terms& terms, double max_ratio) {
  std::vector<OffsetCandidate> out;
  // The highest is one whatever is asked for.
  for (const Tried& tried : peaks.peaks)
    if (out.empty() || tried.peak.height >= max_ratio * peaks.peaks.front().peak.height)
      out.push_back(
          {terms.offset(curve.lag_ns(tried.peak.position)), tried.sign * tried.peak.height});
  return out;
}

/// A drift as far as it may be is the bound and not the clock.
bool at_bound(const Fitted& fitted, const MeasureOptions& options) {
  const double bound = options.max_drift_ppm * 1e-6;
  return bound > 0 && std::abs(fitted.slope + fitted.fit.drift) >= bound * (1 - 1e-4);
}

/// Why one straight line is not the clock, "" where it is, or may be within the interval, which is
/// widened by what is seen to be off the line.
std::string why_not_straight(const Fitted& best, const Sides& sides, const MeanOf& fast,
                             const Terms& terms, const MeasureOptions& options, double widest_ms,
                             OffsetMeasurement& out) {
  const double sense = sides.swapped ? -1 : 1;  // lags run the other way
  const auto when = [&](double from_middle_ns) {
    const auto t = terms.time(terms.middle_ns + from_middle_ns, best.fit.offset_ns);
    return fmt::format("{:.1f} s", 1e-9 * static_cast<double>(t));
  };
  const OwnOffsets own(best, sides, fast, terms.middle_ns, options);
  const auto departure = departure_of(own.rests());
  const double needed_ms = out.offset_interval_ms + (departure ? departure->most_ns * 1e-6 : 0);
  const bool far = departure && departure->most_ns * 1e-6 > out.offset_interval_ms;
  if (far && needed_ms > widest_ms && departure->kind == Departure::Kind::kJump)
    return fmt::format("the clock jumped by about {:+.1f} ms at {}",
                       1e-6 * sense * departure->jump_ns, when(departure->where_ns));
  if (at_bound(best, options) && std::abs(out.drift_ppm) > out.drift_interval_ppm)
    return fmt::format(
        "the drift that fits best is as large as it may be, {:.0f} ppm; raise max_drift_ppm",
        options.max_drift_ppm);
  if (const auto other = own.elsewhere())
    return fmt::format("the clock jumped: from {} to {} the offset is another by about {:+.0f} ms",
                       when(other->from_ns), when(other->to_ns), 1e-6 * sense * other->jump_ns);
  if (const double share = agreement(best); share < 0.75)
    return fmt::format("it fits {:.0f} % of the windows only: the clock may have jumped",
                       100 * share);
  if (!far) return "";
  if (needed_ms > widest_ms && departure->kind == Departure::Kind::kBend)
    return fmt::format("the clock is not straight: it bends by about {:.1f} ms",
                       1e-6 * departure->size_ns);
  if (needed_ms > widest_ms)
    return fmt::format(
        "the clocks drift apart by {:.0f} ppm more than the fit allows; raise max_drift_ppm",
        1e6 * departure->drift);
  out.offset_interval_ms = needed_ms;
  out.drift_interval_ppm += departure->drift * 1e6;
  return "";
}

/// Verdict and reason of a fit that may be one.
void judge(const Fitted& best, bool unique, const std::string& not_straight, const Choice& choice,
           double widest_ms, OffsetMeasurement& out) {
  const std::string many = fmt::format("{} offsets fit alike (second peak at {:.2f} of the first)",
                                       out.candidates.size(), out.ratio);
  out.verdict = Verdict::kAmbiguous;
  if (best.table.blocks() < 4 || best.offset_error_ns <= 0) {
    out.reason = "too short to tell how well the offset is known";
  } else if (choice.index < 0) {
    out.reason = many;
  } else if (!not_straight.empty()) {
    out.reason = not_straight;
  } else if (out.offset_interval_ms > widest_ms) {
    out.reason = fmt::format("the offset is known to {:.1f} ms only; {:.1f} ms are needed",
                             out.offset_interval_ms, widest_ms);
  } else {
    out.verdict = Verdict::kMeasured;
    if (!unique) out.reason = many + "; " + choice.by;
  }
}

/// Width at half height of the highest peak.
double lobe_width_ns(const LagCurve& curve, const Tried& tried) {
  const std::vector<float>& r = tried.sign > 0 ? curve.r : curve.r_negative;
  const auto half = static_cast<float>(tried.peak.height / 2);
  const auto top = static_cast<std::size_t>(
      std::clamp(std::lround(tried.peak.position), 0L, static_cast<long>(r.size()) - 1));
  std::size_t from = top, to = top;
  while (from > 0 && r[from - 1] > half) --from;
  while (to + 1 < r.size() && r[to + 1] > half) ++to;
  return static_cast<double>(to - from) * static_cast<double>(curve.step_ns);
}

/// Length to which the slower record's intervals should be merged and the faster one smoothed; 0 =
/// they are long enough. Where a peak is many intervals wide, the noise of each puts ripples on it,
/// and the highest ripple is somewhere on the top: it would be taken for the offset, and for a
/// sharp one.
std::int64_t better_length(const Sides& sides, double lobe_ns) {
  constexpr double kLeast = 192;  // intervals in all: the blocks' least
  const auto now = static_cast<double>(sides.slow.median_length_ns());
  if (sides.slow.steps || lobe_ns <= 2 * kPerLobe * now) return 0;
  const double longest = static_cast<double>(sides.slow.end_ns.back()) / kLeast;
  const double wanted = std::min(lobe_ns / kPerLobe, longest);
  return wanted >= 2 * now ? std::llround(wanted) : 0;
}

OffsetMeasurement measure_sides(const Sides& sides, const MeasureOptions& options) {
  const std::int64_t expected =
      sides.swapped ? -options.expected.count() : options.expected.count();
  const LagCurve curve =
      lag_curve(sides.slow, sides.fast, expected + sides.slow_start - sides.fast_start, options);
  if (curve.r.empty())
    return none("less than half of the shorter record can overlap the other one within max_offset");
  const CurvePeaks peaks = peaks_of(curve);
  const Terms terms{sides, curve.middle_ns};
  OffsetMeasurement out;
  add_curve(curve, peaks, terms, out);
  out.ratio = peaks.ratio;
  out.contrast = peaks.contrast;
  if (peaks.peaks.empty()) {
    out.reason = "one of the two does not vary where they overlap";
    return out;
  }
  const double lobe = lobe_width_ns(curve, peaks.peaks.front());
  if (const std::int64_t length = better_length(sides, lobe); length > 0) {
    const Sides coarse = coarser(sides, length);
    if (std::min(coarse.slow.size(), coarse.fast.size()) >= kLeastIntervals)
      return measure_sides(coarse, options);
  }
  out.candidates = candidates_of(peaks, curve, terms, options.max_ratio);
  const bool unique = out.candidates.size() == 1;
  const MeanOf fast(sides.fast);
  Choice choice{unique ? 0 : -1, ""};
  const bool high = peaks.peaks.front().peak.height >= options.min_height;
  if (!unique && high)
    choice =
        break_tie(sides, fast, curve, std::span(peaks.peaks).first(out.candidates.size()), options);
  const Fitted best = fit_candidate(
      sides, fast, curve,
      peaks.peaks[choice.index < 0 ? 0 : static_cast<std::size_t>(choice.index)], options);
  add_fit(best, terms, least_error(best, lobe), fast.shared_news(best.fit.r), out);
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
  const double widest =
      options.max_interval.count() > 0
          ? static_cast<double>(options.max_interval.count()) * 1e-6
          : std::max(kFineEnoughMs, 0.5e-6 * static_cast<double>(sides.period_ns));
  out.widest_interval_ms = widest;
  std::string bent;
  if (choice.index >= 0) bent = why_not_straight(best, sides, fast, terms, options, widest, out);
  judge(best, unique, bent, choice, widest, out);
  return out;
}

}  // namespace

OffsetMeasurement measure_offset(const IntervalSignal& a, const IntervalSignal& b,
                                 const MeasureOptions& options) {
  if (std::min(a.size(), b.size()) < kLeastIntervals)
    return none(fmt::format("{} and {} samples; at least {} of each are needed", a.size(), b.size(),
                            kLeastIntervals));
  OffsetMeasurement out = measure_sides(sides_of(a, b), options);
  if (out.candidates.size() > kMostCandidates) {
    out.candidates.resize(kMostCandidates);
    out.reason += fmt::format("; the {} highest are listed", kMostCandidates);
  }
  return out;
}

}  // namespace reelcell::timeline
