// Fitted pieces of a device's clock, one after the other as one clock.
#pragma once

#include <string>
#include <vector>

#include "clock_epochs.hpp"
#include "wide.hpp"

namespace reelcell::timeline {

inline StreamTime moved(StreamTime raw, std::int64_t by) {
  return stream_time(saturate(Int128{ns_of(raw)} + by));
}

/// A clock that goes on, at a rate that is one.
bool runs_on(const std::vector<ClockPoint>& points);

/// Why no one clock holds on both sides of a break, whatever is fitted; "" where one may.
std::string why_apart(const std::vector<ClockPair>& pairs, const ClockEpochs& epochs);

/// Puts fit.pieces one after the other on the clock of the first one: fills fit.points and
/// fit.breaks, or fit.reason. `undone`: of each epoch, what undoes the wraps since the last reset.
/// `first_residuals`: of each piece, in fit.residuals.
void join_pieces(const std::vector<ClockPair>& pairs, const ClockEpochs& epochs,
                 const std::vector<std::int64_t>& undone,
                 const std::vector<std::size_t>& first_residuals, PairFit& fit);

}  // namespace reelcell::timeline
