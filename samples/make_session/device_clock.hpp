// A device's clock and the session clock, by the convention of session.json:
//   session = stream + offset + drift_ppm * 1e-6 * (stream - reference),  reference = 0
#pragma once

#include <cmath>
#include <cstdint>

#include "reelcell/base/json.hpp"

namespace reelcell::sample {

struct DeviceClock {
  std::int64_t offset_ns = 0;
  double drift_ppm = 0;

  static DeviceClock from(double offset_ms, double drift_ppm) {
    return {std::llround(offset_ms * 1e6), drift_ppm};
  }
  std::int64_t to_session(std::int64_t stream_ns) const {
    return stream_ns + offset_ns + std::llround(drift_ppm * 1e-6 * static_cast<double>(stream_ns));
  }
  std::int64_t to_stream(std::int64_t session_ns) const {
    const double since = static_cast<double>(session_ns - offset_ns);
    return session_ns - offset_ns - std::llround(since - since / (1 + drift_ppm * 1e-6));
  }
  Json json() const {
    return {{"offset_ns", offset_ns}, {"drift_ppm", drift_ppm}, {"reference_ns", 0}};
  }
};

}  // namespace reelcell::sample
