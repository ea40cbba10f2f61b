// From a stream's clock to the session clock: monotone, piecewise linear, integer arithmetic.
#pragma once

#include <string>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/model/session.hpp"

namespace reelcell::timeline {

/// One knot: at stream time `from` the session time is `to`; until the next knot the rate is 1 +
/// skew_ppb * 1e-9.
struct ClockKnot {
  StreamTime from{};
  SessionTime to{};
  std::int64_t skew_ppb = 0;
};

/// Immutable. Before the first knot the first rate holds, after the last the last one.
class ClockMap {
 public:
  ClockMap();  ///< identity
  /// Knots strictly increasing in both clocks and continuous; throws InputError otherwise.
  explicit ClockMap(std::vector<ClockKnot> knots, std::string method = "given");
  static ClockMap from_spec(const ClockSpec& spec);
  SessionTime to_session(StreamTime t) const;  ///< rounded to nearest ns
  StreamTime to_stream(SessionTime t) const;   ///< inverse, within 1 ns
  const std::vector<ClockKnot>& knots() const { return knots_; }
  const std::string& method() const {
    return method_;
  }  ///< "given", "assumed", ..; measured ones come later
  Json to_json() const;

 private:
  std::vector<ClockKnot> knots_;
  std::string method_;
};

}  // namespace reelcell::timeline
