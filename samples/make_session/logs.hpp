// The log files of a session, each on its device's clock and in its device's habits.
#pragma once

#include <filesystem>
#include <vector>

#include "device_clock.hpp"
#include "events.hpp"
#include "motion.hpp"

namespace reelcell::sample {

/// 500 Hz; time in s; q1..q7 in rad, dq1..dq7 in rad/s.
void write_joints(const std::filesystem::path& path, const Options& options, const Motion& motion,
                  const DeviceClock& clock);
/// 1 kHz; time in whole us; fx, fy, fz in N, tx, ty, tz in N*m.
void write_force(const std::filesystem::path& path, const Options& options, const Motion& motion,
                 const DeviceClock& clock);
/// JSON lines on the session clock; time in ns.
void write_plc(const std::filesystem::path& path, const Options& options, const Motion& motion,
               const std::vector<VisitTruth>& visits);
/// Time in ms on the inspection computer's clock.
void write_verdicts(const std::filesystem::path& path, const Motion& motion,
                    const std::vector<VisitTruth>& visits, const DeviceClock& clock);

}  // namespace reelcell::sample
