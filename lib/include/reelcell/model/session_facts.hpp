// What is known of a session's times beside the times themselves: how well its clocks are known,
// and how its videos play.
#pragma once

#include <string>
#include <vector>

#include "reelcell/base/error.hpp"
#include "reelcell/model/signals.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell {

/// Everything that gives SessionSignals gives these too; see facts_of().
class SessionFacts {
 public:
  virtual ~SessionFacts() = default;
  /// When a player shows each frame of a video stream, from the first one on: by the container's
  /// own times, whatever else is known of when the frames were taken. One entry a frame.
  virtual std::vector<Nanos> playing_times(const std::string& stream) = 0;
  /// By how much a time of the stream may be off on the session clock: of a clock that was
  /// measured, half of its 95 % interval there; else 0, for a stated clock is taken at its word.
  virtual Nanos clock_uncertainty(const std::string& stream, SessionTime at) = 0;
  /// Whether times of two streams may be held against each other: both clocks are stated, or one
  /// was measured against the other, or both are the one clock of a file.
  virtual bool share_clock(const std::string& a, const std::string& b) = 0;
};

inline SessionFacts& facts_of(SessionSignals& signals) {
  auto* const facts = dynamic_cast<SessionFacts*>(&signals);
  if (!facts) throw Error("the session's signals do not say what is known of its clocks");
  return *facts;
}

/// SessionFacts::playing_times() of a table.
inline std::vector<Nanos> playing_times(const FrameTable& table) {
  std::vector<Nanos> times;
  times.reserve(table.frames.size());
  for (const FrameRecord& frame : table.frames)
    times.push_back(pts_to_ns(frame.pts - table.frames.front().pts, table.time_base));
  return times;
}

}  // namespace reelcell
