// Speed of a signal and where it is low: what dwells, visits, key frames and phases stand on.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common.hpp"
#include "reelcell/base/options.hpp"
#include "reelcell/base/quantity_option.hpp"

namespace reelcell::segment {

/// A signal whose norm is, or whose change makes, a speed.
struct MotionSignal {
  SignalRef signal;
  std::vector<double> weights;  ///< of each element in the norm; empty = all 1
  bool positions = false;       ///< the signal holds positions, which are differentiated
  Nanos smooth{0};              ///< full width of the symmetric kernel
  Nanos max_gap{0};             ///< a longer hole in the samples interrupts; 0 = never
  std::size_t width() const { return signal.element ? 1 : signal.spec.width; }
  std::string unit() const;  ///< of the speed
};

struct SpeedSample {
  SessionTime time{};
  double speed = 0;  ///< as measured
};

/// One step of the walk: the low-passed speed at `time`, and the measured speeds within half a
/// kernel of it, from which a border can be placed without the kernel's bias.
struct SpeedStep {
  SessionTime time{};
  double speed = 0;
  std::span<const SpeedSample> around;
};

/// Walks through `range` in bounded windows. The low-pass is a triangular kernel over each element,
/// symmetric in time, so it has no phase; noise of the elements does not add up in the norm.
/// `interrupted(next)` is called at a hole (with the time behind it) and at the end (nullopt).
void walk_speed(const MotionSignal& signal, SessionSignals& signals, TimeRange range,
                const std::function<void(const SpeedStep&)>& step,
                const std::function<void(std::optional<SessionTime>)>& interrupted);

struct DwellRequest {
  MotionSignal motion;
  double v_in = 0, v_out = 0;
  Nanos min_length{0}, merge_gap{0};
  bool passes = false;      ///< also take local minima of the speed between dwells
  double pass_depth = 0.5;  ///< how much slower than on both sides a minimum is, 0..1
};

struct Dwell {
  SessionTime start{}, end{};
  Boundary begin, finish;
  SessionTime slowest_at{};
  double slowest = 0;
  bool pass = false;  ///< a local minimum of the speed: the robot did not stop
};

/// In time order, merged and long enough. Throws InputError for a wrong signal.
std::vector<Dwell> find_dwells(const DwellRequest& request, SessionSignals& signals);

/// The options of DwellRequest, shared by every segmenter that looks for dwells.
std::vector<OptionSpec> motion_option_specs();
std::vector<OptionSpec> dwell_option_specs();
MotionSignal parse_motion(const OptionValues& options, const SessionDescription& session);
/// A quantity in the unit of the motion's speed.
double speed_option(const OptionValues& options, const char* name, const MotionSignal& motion);
DwellRequest parse_dwell_request(const OptionValues& options, const SessionDescription& session);
/// A list of numbers, one for each element of the signal, or none.
std::vector<double> parse_weights(const OptionValues& options, const SignalRef& signal);
/// Warns when the signal is too coarse for the dwells that are looked for.
void warn_if_coarse(const std::vector<Dwell>& dwells, const DwellRequest& request,
                    const std::string& session, Diagnostics& diagnostics);

}  // namespace reelcell::segment
