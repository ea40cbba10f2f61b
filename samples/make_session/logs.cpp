#include "logs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "random.hpp"
#include "reelcell/base/file.hpp"

namespace reelcell::sample {
namespace {

/// Calls take(stream_ns, session_ns) for every tick of a device within the session. `step_ns` is by
/// the device's own clock.
template <class Take>
void each_tick(const DeviceClock& clock, std::int64_t end_ns, std::int64_t step_ns, Take take) {
  std::int64_t stream = clock.to_stream(0);
  stream += (step_ns - stream % step_ns) % step_ns;
  for (;; stream += step_ns) {
    const std::int64_t session = clock.to_session(stream);
    if (session < 0) continue;
    if (session >= end_ns) return;
    take(stream, session);
  }
}

/// Seconds with nine digits; fmt's doubles would lose some.
void append_seconds(fmt::memory_buffer& out, std::int64_t ns) {
  const bool negative = ns < 0;
  const std::int64_t magnitude = negative ? -ns : ns;
  fmt::format_to(std::back_inserter(out), "{}{}.{:09d}", negative ? "-" : "",
                 magnitude / 1'000'000'000, magnitude % 1'000'000'000);
}

void save(const std::filesystem::path& path, const fmt::memory_buffer& text) {
  write_file_atomic(path, {text.data(), text.size()});
}

}  // namespace

void write_joints(const std::filesystem::path& path, const Options& options, const Motion& motion,
                  const DeviceClock& clock) {
  Random random(options.seed, 30);
  fmt::memory_buffer out;
  fmt::format_to(std::back_inserter(out), "t,q1,q2,q3,q4,q5,q6,q7,dq1,dq2,dq3,dq4,dq5,dq6,dq7\n");
  each_tick(clock, motion.duration_ns, 2'000'000, [&](std::int64_t stream, std::int64_t session) {
    const auto when = static_cast<double>(session);
    append_seconds(out, stream);
    for (const double q : motion.position(when))
      fmt::format_to(std::back_inserter(out), ",{:.6f}", q + 5e-6 * random.normal());
    for (const double dq : motion.velocity(when))
      fmt::format_to(std::back_inserter(out), ",{:.5f}", dq + 5e-4 * random.normal());
    out.push_back('\n');
  });
  save(path, out);
}

void write_force(const std::filesystem::path& path, const Options& options, const Motion& motion,
                 const DeviceClock& clock) {
  constexpr double kHeadMass = 1.4, kGravity = 9.81, kReach = 0.65;  // kg, m/s^2, m
  Random random(options.seed, 31);
  fmt::memory_buffer out;
  fmt::format_to(std::back_inserter(out), "t_us,fx,fy,fz,tx,ty,tz\n");
  each_tick(clock, motion.duration_ns, 1'000'000, [&](std::int64_t stream, std::int64_t session) {
    // What the wrist feels: the head's weight, its inertia, and noise.
    const Joints a = motion.acceleration(static_cast<double>(session));
    const double fx = kHeadMass * kReach * std::clamp(a[0] + a[1], -60.0, 60.0);
    const double fy = kHeadMass * kReach * std::clamp(a[1], -60.0, 60.0) * 0.5;
    const double fz = -kHeadMass * kGravity + kHeadMass * 0.12 * std::clamp(a[2], -60.0, 60.0);
    fmt::format_to(std::back_inserter(out), "{}", stream / 1000);
    for (const double force : {fx, fy, fz})
      fmt::format_to(std::back_inserter(out), ",{:.3f}", force + 0.05 * random.normal());
    for (const double torque : {0.05 * fy, -0.05 * fx, 0.02 * std::clamp(a[6], -60.0, 60.0)})
      fmt::format_to(std::back_inserter(out), ",{:.4f}", torque + 0.002 * random.normal());
    out.push_back('\n');
  });
  save(path, out);
}

void write_plc(const std::filesystem::path& path, const Options& options, const Motion& motion,
               const std::vector<VisitTruth>& visits) {
  fmt::memory_buffer out;
  const auto line = [&](std::int64_t at, const char* event, const std::string& rest) {
    fmt::format_to(std::back_inserter(out), "{{\"t_ns\": {}, \"event\": \"{}\"{}}}\n", at, event,
                   rest);
  };
  const auto step = [&](std::int64_t at, const char* name, const VisitTruth& visit) {
    line(at, "step",
         fmt::format(", \"step\": \"{}\", \"point\": \"{}\", \"visit\": {}", name,
                     motion.plan[static_cast<std::size_t>(visit.point)].id, visit.visit));
  };
  line(0, "cycle_start", fmt::format(", \"part\": \"{}\"", options.id));
  for (std::size_t i = 0; i < visits.size(); ++i) {
    step(visits[i].plc_move_ns, "MOVE", visits[i]);
    step(visits[i].plc_start_ns, "VISIT", visits[i]);
    // Within a burst the end of one visit is the start of the next move: one PLC cycle sees both.
    const bool last = i + 1 == visits.size();
    if (last || visits[i].plc_end_ns < visits[i + 1].plc_move_ns)
      step(visits[i].plc_end_ns, "LEAVE", visits[i]);
  }
  const std::int64_t home = motion.moves.back().end_ns;
  const std::int64_t after = visits.empty() ? 0 : visits.back().plc_end_ns + 4'000'000;
  line(std::max(home, after), "step", ", \"step\": \"IDLE\"");
  line(std::max(motion.duration_ns, after + 4'000'000), "cycle_end",
       fmt::format(", \"part\": \"{}\"", options.id));
  save(path, out);
}

void write_verdicts(const std::filesystem::path& path, const Motion& motion,
                    const std::vector<VisitTruth>& visits, const DeviceClock& clock) {
  fmt::memory_buffer out;
  fmt::format_to(std::back_inserter(out), "t_ms,visit,point,result,score,frame_us,model\n");
  std::vector<const VisitTruth*> by_time;
  by_time.reserve(visits.size());
  for (const VisitTruth& visit : visits) by_time.push_back(&visit);
  std::sort(by_time.begin(), by_time.end(), [](const VisitTruth* a, const VisitTruth* b) {
    return std::pair(a->verdict_ns, a->visit) < std::pair(b->verdict_ns, b->visit);
  });
  for (const VisitTruth* visit : by_time) {
    const std::int64_t at_us = clock.to_stream(visit->verdict_ns) / 1000;
    fmt::format_to(std::back_inserter(out), "{}.{:03d},{},{},{},{:.4f},", at_us / 1000,
                   at_us % 1000, visit->visit,
                   motion.plan[static_cast<std::size_t>(visit->point)].id, visit->result,
                   visit->score);
    if (visit->wrist.found) fmt::format_to(std::back_inserter(out), "{}", visit->wrist.pts);
    fmt::format_to(std::back_inserter(out), ",seatnet-3\n");
  }
  save(path, out);
}

}  // namespace reelcell::sample
