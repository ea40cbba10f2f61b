// A clock map from pairs of stamps: what a device's clock said, and what the host's said when the
// message arrived. host = a + b * device + delay, delay >= 0. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/timeline/clock_join.hpp"
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
                                                      ///< is a break of the device's clock
  Nanos counter{0};  ///< range of the device's counter; 0: one of the usual ones, if any
};

struct PairWindow {
  StreamTime start{}, end{};
  std::uint64_t pairs = 0, rejected = 0;
  double skew_ppm = 0;
  double offset_ms = 0;  ///< host - device in the middle
};
/// Between resets the device's clock runs through; where its counter ran over, it does too. Stream
/// times are joined ones.
struct PairPiece {
  std::vector<ClockPoint> points;  ///< for map_through()
  std::vector<PairWindow> windows;
  StreamTime start{}, end{};
  std::uint64_t pairs = 0;
  double interval_ms = 0;  ///< by how much its clock may be off, but for a delay that all share:
                           ///< the usual residual, of few pairs the largest; and the steps of
                           ///< the stamps
  double doubt_ms = 0;     ///< by how much early arrivals that were rejected precede it, where they
                           ///< are no few
};
struct PairFit {
  std::vector<PairPiece> pieces;  ///< in host order; one, unless the clock was reset
  /// The whole clock over joined stream time, for map_through(); empty where it is not known.
  std::vector<ClockPoint> points;
  /// Where the device's clock began anew, by the stamps of these pairs. Of those before a break
  /// that could not be joined, where there is one.
  std::vector<ClockBreak> breaks;
  std::uint64_t pairs = 0, duplicates = 0, early = 0;  ///< early: rejected as outliers
  std::uint64_t wraps = 0, resets = 0;  ///< of the device's clock, also where too few pairs follow
                                        ///< for a piece
  std::uint64_t unplaced = 0;           ///< pairs of stretches that are too short for a piece
  double residual_p50_ms = 0, residual_p95_ms = 0, residual_max_ms = 0;  ///< |host - map(device)|
  std::vector<std::pair<StreamTime, std::int64_t>> residuals;  ///< at most 4096, for a plot
  std::string reason;  ///< why there are no points, "" otherwise
};
struct ClockPair {
  StreamTime device{};
  SessionTime host{};
};
/// O(n log n); throws nothing. A wrap is a break by exactly the range of a counter that gives all
/// stamps around it; its pairs are one piece, as if it had not been. Any other break is a reset:
/// the pieces about it are fitted on their own, and placed one after the other by their host
/// stamps.
PairFit fit_pairs(std::vector<ClockPair> pairs, const PairOptions& options);
Json to_json(const PairFit& fit);

}  // namespace reelcell::timeline
