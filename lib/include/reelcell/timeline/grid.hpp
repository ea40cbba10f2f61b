// The grid (reference times) and the policy (how a stream is joined onto it) are separate things.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/base/time.hpp"
#include "reelcell/model/episode.hpp"

namespace reelcell::timeline {

enum class JoinMethod { kNearest, kLinear, kSlerp, kHold };
JoinMethod parse_join_method(std::string_view text);
std::string_view to_string(JoinMethod method);

struct JoinPolicy {
  JoinMethod method = JoinMethod::kNearest;
  Nanos tolerance{0};  ///< |source - reference| above it is a gap; for hold: age of the held
                       ///< sample; 0 = no limit
};
/// {"method": "linear", "tolerance": "20ms"}; unknown keys are refused.
JoinPolicy parse_join_policy(const Json& value, const std::string& where);

/// Reference times of a segment: origin + i / rate while < range.end. With an anchor the origin is
/// the time of the anchor's first frame or sample in the range (PlanError when it is not in it).
struct Grid {
  SessionTime origin{};
  Rational rate{30, 1};
  std::size_t rows = 0;
  SessionTime time(std::size_t row) const {
    return origin + tick_time(static_cast<std::int64_t>(row), rate);
  }
  std::vector<SessionTime> times() const;
};
Grid make_grid(TimeRange range, Rational rate, std::optional<SessionTime> anchor);

/// For each row the index into `source` (increasing times) of the nearest sample (ties: the
/// earlier), with flags; kGap where none is within tolerance (index is still the nearest). Empty
/// source: all kGap, index 0.
struct NearestJoin {
  std::vector<std::uint32_t> index;
  std::vector<JoinFlag> flag;
  std::vector<std::int64_t> skew_ns;
};
NearestJoin join_nearest(std::span<const SessionTime> source, std::span<const SessionTime> rows,
                         Nanos tolerance);

/// A series joined onto rows by the policy. Integers, bools and text are of the sample whose time
/// the row keeps; held where no column is float. Gaps: NaN (float), 0 / "" (else), kGap; `source`
/// is the nearest sample, and the row itself where the stream has none.
///
/// Linear and slerp interpolate only between two samples that both lie within the tolerance. Where
/// one of them is too far (the edge of a hole) or missing (the end of the stream), the near one is
/// taken as it is and the row says kNearest. Slerp treats float columns of width 4 as quaternions
/// (any element order): shorter arc, unit result; exact samples stay untouched; a quaternion of
/// norm 0 gives NaN. Other float columns under slerp are linear.
struct JoinedSeries {
  std::vector<Column> columns;
  RowTimes times;
};
JoinedSeries join_series(const SeriesSlice& source, std::span<const SessionTime> rows,
                         const JoinPolicy& policy, const std::string& stream);

/// Row -> half-open range of native samples: row i owns [time(i), time(i+1)).
void assign_native(std::span<const SessionTime> samples, std::span<const SessionTime> rows,
                   SessionTime end, std::vector<std::uint32_t>& begin,
                   std::vector<std::uint32_t>& stop);

}  // namespace reelcell::timeline
