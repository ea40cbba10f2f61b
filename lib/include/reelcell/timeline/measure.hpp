// The offset and drift between two clocks, from two records of the same thing. Pure: values in, an
// estimate with its confidence out. A number is given only where it is unique.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reelcell/base/time.hpp"
#include "reelcell/timeline/interval_signal.hpp"

namespace reelcell::timeline {

enum class Verdict {
  kMeasured,    ///< one offset fits, and no other
  kAmbiguous,   ///< several fit (the candidates say which), or one fits too loosely
  kNoEvidence,  ///< nothing fits: the records do not show the same thing
};
std::string_view to_string(Verdict verdict);

enum class CurveMethod { kNcc, kGccPhat };
CurveMethod parse_curve_method(std::string_view text);  ///< "ncc", "gcc_phat"
std::string_view to_string(CurveMethod method);

struct MeasureOptions {
  Nanos expected{0};           ///< where the search is centred, as an offset
  Nanos max_offset{0};         ///< either side of it; 0 = all offsets at which half of the shorter
                               ///< record overlaps the other, at most an hour
  double max_drift_ppm = 300;  ///< either side of 0
  bool activity = false;       ///< both are amounts of activity, 0 or more: square roots are
                               ///< compared, so that one loud moment does not outweigh the rest
  bool either_sign = false;    ///< one may be the other turned upside down
  CurveMethod method = CurveMethod::kNcc;
  double phat_rho = 0.7;
  double min_height = 0.25;   ///< of the correlation at the fitted clock
  double max_ratio = 0.8;     ///< second peak / first peak
  double min_contrast = 5.5;  ///< height / robust spread of the curve away from the peak
  Nanos max_interval{0};      ///< widest 95 % half-interval of the offset; 0 = half an interval
                              ///< of the slower record, at least 1 ms
};

/// One offset that fits.
struct OffsetCandidate {
  std::int64_t offset_ns = 0;
  double height = 0;  ///< of the correlation, -1..1
};

/// The offset that a window prefers on its own, near the fitted clock.
struct WindowOffset {
  std::int64_t time_ns = 0;    ///< middle, on a's clock
  std::int64_t offset_ns = 0;  ///< b's time - a's time
  double height = 0;
};

/// b's time = t + offset + drift * 1e-6 * (t - reference), t on a's clock.
struct OffsetMeasurement {
  Verdict verdict = Verdict::kNoEvidence;
  std::string reason;  ///< why not "measured"; else what decided, "" for the peak alone
  std::int64_t offset_ns = 0;
  std::int64_t reference_ns = 0;  ///< middle of what was compared, on a's clock
  double offset_interval_ms = 0;  ///< 95 % half-width, at the reference
  double widest_interval_ms = 0;  ///< what was allowed; 0 = nothing was compared
  double drift_ppm = 0;
  double drift_interval_ppm = 0;            ///< 95 % half-width
  double height = 0;                        ///< r at the fitted clock, signed
  double ratio = 1;                         ///< second peak / first peak of the curve
  double contrast = 0;                      ///< first peak / spread of the curve
  std::vector<OffsetCandidate> candidates;  ///< highest first; the fitted one included
  std::vector<WindowOffset> windows;
  /// The curve: r at offsets curve_start + i * curve_step.
  std::int64_t curve_start_ns = 0, curve_step_ns = 1;
  std::vector<float> curve;
  bool measured() const { return verdict == Verdict::kMeasured; }
};

/// `a` is measured against `b`. Memory: some 100 bytes an interval of both records. Throws
/// nothing: too little data is kNoEvidence, with the reason.
OffsetMeasurement measure_offset(const IntervalSignal& a, const IntervalSignal& b,
                                 const MeasureOptions& options);

}  // namespace reelcell::timeline
