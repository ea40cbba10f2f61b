// From a frame's stamp to the middle of its exposure.
#pragma once

#include "reelcell/model/session.hpp"

namespace reelcell::pipeline {

/// What a frame's stamp must be moved by to mark the middle of its exposure; 0 where that is not
/// known.
inline Nanos to_mid_exposure(const StreamSpec& spec) {
  if (!spec.exposure) return Nanos(0);
  const Nanos half(spec.exposure->count() / 2);
  if (spec.stamp == StampPoint::kExposureStart) return half;
  if (spec.stamp == StampPoint::kExposureEnd) return -half;
  return Nanos(0);
}

}  // namespace reelcell::pipeline
