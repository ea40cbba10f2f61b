// A signal's stretches above and below a level: grippers, clamps, vacuum switches, states.
#pragma once

#include <string>
#include <vector>

#include "common.hpp"
#include "reelcell/base/options.hpp"
#include "reelcell/base/quantity_option.hpp"

namespace reelcell::segment {

struct LevelRequest {
  SignalRef signal;  ///< of one element
  double threshold = 0, hysteresis = 0;
  Nanos min_length{0};  ///< a shorter stretch is a bounce and joins its neighbours
};

/// By the options `signal`, threshold, hysteresis and `min_length`; `signal` must be given.
LevelRequest parse_level_request(const OptionValues& options, const SessionDescription& session,
                                 const std::string& signal, const std::string& min_length);

struct Stretch {
  bool high = false;
  SessionTime start{}, end{};
  Boundary begin, finish;
};

/// In time order, alternating, from the first sample to the end of the session.
std::vector<Stretch> find_stretches(const LevelRequest& request, SessionSignals& signals);
/// resolve_signal() for a signal of one element.
SignalRef resolve_scalar(const std::string& text, const SessionDescription& session,
                         const std::string& where);

}  // namespace reelcell::segment
