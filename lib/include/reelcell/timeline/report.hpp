// The alignment report of a stream: figures that were measured, and what is not known said so.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/timeline/clock_map.hpp"
#include "reelcell/timeline/grid.hpp"

namespace reelcell::timeline {

struct Gap {
  SessionTime start{}, end{};
};

/// Fed one time after another in session order; O(1) memory but for the longest gaps kept.
/// Quantiles come from a histogram with steps of at most 1/2048 of the value.
class StreamTimeStats {
 public:
  /// A gap is an interval above max(k * median period, min_gap). k as in the recipe, default 3.
  explicit StreamTimeStats(double gap_factor = 3.0, Nanos min_gap = Nanos{0});
  ~StreamTimeStats();
  StreamTimeStats(StreamTimeStats&&) noexcept;
  void add(SessionTime time);
  /// samples, first_ns, last_ns, rate_hz (median), mean_rate_hz, jitter_ms p50/p95/max (of
  /// |interval - median|, without gaps), gaps (count, total, the longest ones), backward,
  /// duplicates. Unknown figures are null.
  Json to_json() const;
  std::uint64_t samples() const;
  std::optional<double> median_rate_hz() const;
  std::vector<Gap> gaps() const;  ///< the longest 1000, in time order
  std::uint64_t gap_count() const;
  Nanos longest_gap() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One stream's line of the alignment report.
struct StreamAlignment {
  std::string stream, kind;
  ClockSpec spec;
  std::string method;                        ///< "given", "assumed"
  ClockJoin join;                            ///< of raw stamps that began anew
  std::optional<double> offset_interval_ms;  ///< unknown unless measured
  std::optional<double> rate_hz;             ///< at which it runs; losses do not lower it
  std::optional<double> nominal_rate_hz;     ///< that somebody stated
  Json times;                                ///< StreamTimeStats::to_json()
  // join onto the grid, over all rows of the plan
  std::uint64_t rows = 0, exact = 0, interpolated = 0, held = 0, nearest = 0, gap_rows = 0;
  std::uint64_t over_tolerance = 0, reused = 0, unused = 0;
  double skew_p50_ms = 0, skew_p95_ms = 0, skew_max_ms = 0;  ///< of |source - reference|
  std::array<std::uint64_t, 12>
      histogram{};     ///< |dt| in ms: <=0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, more
  double overlap = 0;  ///< share of the session covered by the stream
};
struct AlignmentReport {
  std::string session;
  TimeRange extent{};
  std::vector<StreamAlignment> streams;
};
Json to_json(const AlignmentReport& report);

/// Collects |dt| of joined rows in O(1) memory. Quantiles come from a histogram with steps of
/// 1/2048 of the value; the maximum is exact. Rows in a gap are counted, not measured: they use no
/// sample, so they reuse none.
class SkewStats {
 public:
  SkewStats();
  ~SkewStats();
  SkewStats(SkewStats&&) noexcept;
  /// Rows that follow on those added before.
  void add(const RowTimes& times, Nanos tolerance);
  /// The next rows are of another segment: their first sample is not a repeated one.
  void begin_segment();
  std::uint64_t used() const;  ///< samples that stand for a row, each run of rows counted once
  /// All counts of rows but `unused`: how many samples there are is not known here.
  void fill(StreamAlignment& line) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reelcell::timeline
