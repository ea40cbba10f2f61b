#include "events.hpp"

#include <algorithm>
#include <cmath>

#include "random.hpp"

namespace reelcell::sample {
namespace {

constexpr std::int64_t kPlcCycle = 4'000'000;  // ns; the PLC sees the world once a cycle

/// When the PLC notices what happened at `at`.
std::int64_t noticed(std::int64_t at, Random& random) {
  const std::int64_t seen = at + std::llround(random.uniform(0, 1e6));  // signal delay
  return (seen + kPlcCycle - 1) / kPlcCycle * kPlcCycle;
}

void give_verdict(const Options& options, const PlannedPoint& point, Random& random,
                  VisitTruth& visit) {
  const bool undecided = random.chance(options.undecided_rate);
  const bool wrong = random.chance(options.error_rate);
  const double spread = random.uniform();
  const double delay = random.uniform(60e6, 150e6);
  const bool ng = point.defect.empty() == wrong;
  if (undecided) {
    visit.result = "UNDECIDED";
    visit.score = 0.4 + 0.2 * spread;
  } else if (ng) {
    visit.result = "NG";
    visit.score = 0.62 + 0.38 * spread;
  } else {
    visit.result = "OK";
    visit.score = 0.38 * spread * spread;
  }
  visit.score = std::round(visit.score * 1e4) / 1e4;
  visit.verdict_ns = visit.end_ns + std::llround(delay);
}

}  // namespace

Evidence evidence_of(const CameraTruth& camera, std::int64_t start_ns, std::int64_t end_ns) {
  Evidence best;
  const std::int64_t middle = start_ns + (end_ns - start_ns) / 2;
  for (std::size_t i = 0; i < camera.frames.size(); ++i) {
    const FrameTruth& frame = camera.frames[i];
    if (frame.mid_ns < start_ns || frame.mid_ns >= end_ns) continue;
    if (best.found && std::abs(frame.mid_ns - middle) >= std::abs(best.mid_ns - middle)) continue;
    best = {true, static_cast<std::int64_t>(i), frame.pts, frame.mid_ns};
  }
  return best;
}

std::vector<VisitTruth> make_visits(const Options& options, const Motion& motion,
                                    const CameraTruth& front, const CameraTruth& wrist) {
  Random random(options.seed, 20);
  std::vector<VisitTruth> visits;
  for (std::size_t i = 0; i < motion.visits.size(); ++i) {
    const Visit& visit = motion.visits[i];
    VisitTruth truth;
    truth.visit = static_cast<int>(i);
    truth.point = visit.point;
    truth.start_ns = visit.start_ns;
    truth.end_ns = visit.end_ns;
    truth.plc_move_ns = noticed(motion.moves[i].start_ns, random);
    truth.plc_start_ns = noticed(visit.start_ns, random);
    truth.plc_end_ns = noticed(visit.end_ns, random);
    truth.front = evidence_of(front, visit.start_ns, visit.end_ns);
    truth.wrist = evidence_of(wrist, visit.start_ns, visit.end_ns);
    give_verdict(options, motion.plan[static_cast<std::size_t>(visit.point)], random, truth);
    // What the PLC wrote: a move that begins ends the visit.
    if (!visits.empty())
      visits.back().plc_end_ns = std::min(visits.back().plc_end_ns, truth.plc_move_ns);
    visits.push_back(truth);
  }
  return visits;
}

}  // namespace reelcell::sample
