// A clock map from pairs of stamps: what a device's clock said, and what the host's said when the
// message arrived. host = a + b * device + delay, delay >= 0. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/timeline/clock_map.hpp"

namespace reelcell::timeline {

/// The same instant on a stream's clock and on the session clock.
struct ClockPoint {
  StreamTime stream{};
  SessionTime session{};
};
/// The line through two or more points, strictly increasing on both clocks, its ends drawn on;
/// throws InputError otherwise.
ClockMap map_through(std::span<const ClockPoint> points, std::string method);

enum class PairMethod {
  kHull,      ///< lower convex hull (Zhang, Liu, Xia, 2002): delays only ever add, so the earliest
              ///< arrivals are the clock; the offset still holds the smallest delay
  kTheilSen,  ///< median slope; its offset holds the median delay
  kLeastSquares,  ///< for delays that are symmetric
};
PairMethod parse_pair_method(std::string_view text);  ///< "hull", "theil_sen", "least_squares"
std::string_view to_string(PairMethod method);

struct PairOptions {
  PairMethod method = PairMethod::kHull;
  Nanos window = std::chrono::minutes(5);  ///< crystals keep their rate over minutes, not hours;
                                           ///< windows overlap by half
  Nanos least_jump = std::chrono::milliseconds(250);  ///< a lasting step of host - device above it
                                                      ///< is a reset of the device's clock
};

struct PairWindow {
  StreamTime start{}, end{};
  std::uint64_t pairs = 0, rejected = 0;
  double skew_ppm = 0;
  double offset_ms = 0;  ///< host - device in the middle
};
/// Between resets the device's clock runs through.
struct PairPiece {
  std::vector<ClockPoint> points;  ///< for map_through()
  std::vector<PairWindow> windows;
  StreamTime start{}, end{};
  std::uint64_t pairs = 0;
  bool wrapped = false;  ///< the device's counter began anew at its end: its times, as they are
                         ///< stored, belong to another stretch of the session clock
};
struct PairFit {
  std::vector<PairPiece> pieces;  ///< in host order; one, unless the clock was reset
  std::uint64_t pairs = 0, duplicates = 0, early = 0;  ///< early: rejected as outliers
  std::uint64_t resets = 0;  ///< of the device's clock, also where too few pairs follow for a piece
  std::uint64_t unplaced = 0;  ///< pairs of stretches that are too short for a piece
  double residual_p50_ms = 0, residual_p95_ms = 0, residual_max_ms = 0;  ///< |host - map(device)|
  std::vector<std::pair<StreamTime, std::int64_t>> residuals;  ///< at most 4096, for a plot
  std::string reason;  ///< why there is no piece, "" otherwise
};
struct ClockPair {
  StreamTime device{};
  SessionTime host{};
};
/// O(n log n); throws nothing.
PairFit fit_pairs(std::vector<ClockPair> pairs, const PairOptions& options);
Json to_json(const PairFit& fit);

}  // namespace reelcell::timeline
