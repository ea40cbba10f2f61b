// From a stream's clock to the session clock: monotone, piecewise linear, integer arithmetic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/model/session.hpp"
#include "reelcell/timeline/clock_join.hpp"

namespace reelcell::timeline {

/// One knot: at stream time `from` the session time is `to`; until the next knot the session clock
/// runs by 1 + skew_fs_per_s * 1e-15 of the stream's. A ppb would be too coarse: it is 29 us over a
/// shift of 8 h, while 1 fs/s is 0.03 ns.
struct ClockKnot {
  StreamTime from{};
  SessionTime to{};
  std::int64_t skew_fs_per_s = 0;  ///< femtoseconds a second; 1 ppm = 1e9 fs/s
};

/// Largest skew that is taken for a clock (10 %); beyond it a unit was mixed up.
inline constexpr double kMaxDriftPpm = 100'000;

/// ppm -> fs/s, rounded to the nearest. Throws InputError beyond kMaxDriftPpm or when not finite.
std::int64_t skew_from_ppm(double ppm);
double ppm_from_skew(std::int64_t fs_per_s);

/// Immutable. Before the first knot the first rate holds, after the last the last one.
class ClockMap {
 public:
  ClockMap();  ///< identity
  /// Knots strictly increasing in both clocks and continuous within 1 ns; throws InputError
  /// otherwise.
  explicit ClockMap(std::vector<ClockKnot> knots, std::string method = "given");
  static ClockMap from_spec(const ClockSpec& spec);
  /// Rounded to the nearest ns; monotone; saturates at the int64 limits.
  SessionTime to_session(StreamTime t) const;
  StreamTime to_stream(SessionTime t) const;  ///< inverse, within 1 ns
  const std::vector<ClockKnot>& knots() const { return knots_; }
  const std::string& method() const {
    return method_;
  }  ///< "given", "assumed", ..; measured ones come later
  /// How the stream's raw stamps become the time that is mapped; empty where they are that.
  const ClockJoin& join() const { return join_; }
  ClockMap with_join(ClockJoin join) const;
  /// {"method", "knots": [{"stream_ns", "session_ns", "skew_ppm"}]}; with "breaks" or "wrap" where
  /// raw stamps are joined.
  Json to_json() const;

 private:
  std::vector<ClockKnot> knots_;
  std::string method_;
  ClockJoin join_;
};

}  // namespace reelcell::timeline
