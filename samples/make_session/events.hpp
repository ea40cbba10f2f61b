// What the controllers wrote down: PLC steps and verdicts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "camera.hpp"
#include "motion.hpp"
#include "options.hpp"

namespace reelcell::sample {

struct Evidence {
  bool found = false;
  std::int64_t ordinal = 0;  ///< in the camera's file, presentation order
  std::int64_t pts = 0;
  std::int64_t mid_ns = 0;
};
/// The frame in the middle of a visit; not found where it was lost.
Evidence evidence_of(const CameraTruth& camera, std::int64_t start_ns, std::int64_t end_ns);

struct VisitTruth {
  int visit = 0;
  int point = 0;                                  ///< index into the plan
  std::int64_t start_ns = 0, end_ns = 0;          ///< the dwell itself
  std::int64_t plc_start_ns = 0, plc_end_ns = 0;  ///< when the PLC noticed
  std::int64_t plc_move_ns = 0;                   ///< start of the move before it
  Evidence front, wrist;
  std::string result;  ///< OK, NG, UNDECIDED
  double score = 0;    ///< of a defect, 0..1
  std::int64_t verdict_ns = 0;
};
std::vector<VisitTruth> make_visits(const Options& options, const Motion& motion,
                                    const CameraTruth& front, const CameraTruth& wrist);

}  // namespace reelcell::sample
