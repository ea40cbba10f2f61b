#include "evidence.hpp"

#include <algorithm>

namespace reelcell::segment::visits {
namespace {
bool taken_during(const FrameView& frame, const EvidenceRequest& request) {
  return request.visit.contains(frame.time);
}
Nanos margin_of(const FrameView& frame, const EvidenceRequest& request) {
  const Nanos half = request.exposure / 2;
  return std::min(frame.time - half - request.visit.start - request.settle,
                  request.visit.end - frame.time - half) -
         request.clock_uncertainty;
}
bool settled(const FrameView& frame, const EvidenceRequest& request) {
  if (!request.stopped) return true;  // it never is; the slowest frame is the best there is
  return margin_of(frame, request) >= Nanos{0} && frame.speed <= request.v_settled;
}
bool in_time(const FrameView& frame, const EvidenceRequest& request) {
  return !request.before || frame.time + request.before_uncertainty <= *request.before;
}
/// The larger the better.
Nanos rank(const FrameView& frame, const EvidenceRequest& request) {
  if (request.stopped) return margin_of(frame, request);
  return frame.time > request.slowest ? request.slowest - frame.time : frame.time - request.slowest;
}
/// In every frame or in none, so that they compare.
bool contrasts_known(const std::vector<FrameView>& frames) {
  return std::all_of(frames.begin(), frames.end(),
                     [](const FrameView& frame) { return !frame.sharpness || frame.contrast > 0; });
}
double sharpness_of(const FrameView& frame, bool per_contrast) {
  return frame.sharpness.value_or(0) / (per_contrast && frame.sharpness ? frame.contrast : 1);
}
std::string why_none(const Evidence& evidence, Nanos clock) {
  if (evidence.frames == 0) return "no frame was taken during the visit";
  const std::string count = std::to_string(evidence.frames) +
                            (evidence.frames == 1 ? " frame was" : " frames were") +
                            " taken during the visit, ";
  if (evidence.settled == 0)
    return count + "none while the robot was still for its whole exposure" +
           (clock > Nanos{0} ? ", whatever its clock is off" : "");
  return count + "none of the settled ones before the verdict";
}
}  // namespace

std::vector<FrameView> settled_frames(const std::vector<FrameView>& frames,
                                      const EvidenceRequest& request) {
  std::vector<FrameView> found;
  for (const FrameView& frame : frames)
    if (taken_during(frame, request) && settled(frame, request) && in_time(frame, request))
      found.push_back(frame);
  return found;
}

Evidence choose_evidence(const std::vector<FrameView>& frames, const EvidenceRequest& request) {
  Evidence evidence;
  evidence.clock_uncertainty = request.clock_uncertainty;
  for (const FrameView& frame : frames) {
    if (!taken_during(frame, request)) continue;
    ++evidence.frames;
    if (!settled(frame, request)) continue;
    ++evidence.settled;
    if (!in_time(frame, request)) continue;
    ++evidence.in_time;
  }
  const std::vector<FrameView> candidates = settled_frames(frames, request);
  const bool per_contrast = contrasts_known(candidates);
  double sharpest = 0;
  for (const FrameView& frame : candidates)
    sharpest = std::max(sharpest, sharpness_of(frame, per_contrast));
  for (const FrameView& frame : candidates) {
    const double share = sharpest > 0 ? sharpness_of(frame, per_contrast) / sharpest : 1;
    if (share < request.least_sharpness) continue;
    ++evidence.sharp;
    if (evidence.frame && rank(frame, request) <= rank(*evidence.frame, request)) continue;
    evidence.frame = frame;
    evidence.margin = margin_of(frame, request);
    evidence.sharpness_share = share;
  }
  if (!evidence.frame) evidence.reason = why_none(evidence, request.clock_uncertainty);
  return evidence;
}

}  // namespace reelcell::segment::visits
