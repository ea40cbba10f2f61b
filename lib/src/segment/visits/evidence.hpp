// The frame that shows what a visit was for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/time.hpp"

namespace reelcell::segment::visits {

/// A frame around a visit, as one camera took it.
struct FrameView {
  std::size_t ordinal = 0;          ///< presentation order
  SessionTime time{};               ///< middle of the exposure
  double speed = 0;                 ///< fastest motion during the exposure
  std::optional<double> sharpness;  ///< nothing: not looked at, or not decodable
  double contrast = 0;              ///< variance of the luma; 0 = not known
};

struct EvidenceRequest {
  TimeRange visit{};
  SessionTime slowest{};  ///< where a visit without a stop is slowest
  bool stopped = true;
  Nanos exposure{0};
  Nanos settle{0};       ///< time that the structure rings after the stop
  double v_settled = 0;  ///< fastest motion that still counts as still
  /// Share of the sharpest frame's; 0 = not asked. Sharpness is compared per contrast, since both
  /// grow with the square of the light: a lamp that flickers does not make a frame less sharp.
  double least_sharpness = 0;
  std::optional<SessionTime> before;  ///< the verdict: what comes later cannot be its evidence
  /// By how much the frames' clock may be off against the motion's, and against the verdict's.
  Nanos clock_uncertainty{0}, before_uncertainty{0};
};

struct Evidence {
  std::optional<FrameView> frame;
  std::string reason;      ///< why there is none
  std::size_t frames = 0;  ///< taken during the visit
  std::size_t settled = 0, sharp = 0,
              in_time = 0;  ///< of these; each counts those left by the last
  /// From the exposure to the nearer end of the visit, less settling and what the clock may be off.
  Nanos margin{0};
  Nanos clock_uncertainty{0};
  double sharpness_share = 1;  ///< of the sharpest settled frame
};

/// Settled, in time and sharp enough; of those the one furthest from both ends of the visit.
Evidence choose_evidence(const std::vector<FrameView>& frames, const EvidenceRequest& request);
/// Those worth decoding for their sharpness: settled and in time.
std::vector<FrameView> settled_frames(const std::vector<FrameView>& frames,
                                      const EvidenceRequest& request);

}  // namespace reelcell::segment::visits
