// What a replay draws, as values: whoever opens the session fills this in.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/model/segment.hpp"
#include "reelcell/model/signals.hpp"
#include "reelcell/model/video.hpp"

namespace reelcell::replay {

/// `times` has one entry a frame of `source`, increasing, on the session clock.
struct SceneCamera {
  std::string name;
  std::shared_ptr<const VideoSource> source;
  std::shared_ptr<const std::vector<SessionTime>> times;
};

/// One strip: a numeric column, all its elements or one of them.
struct SignalRef {
  std::string stream, column;
  std::optional<std::size_t> element;
  friend bool operator==(const SignalRef&, const SignalRef&) = default;
};
/// "joints.q" or "joints.q[3]".
std::string to_string(const SignalRef& signal);

/// Borrows `signals` and `diagnostics`, which must outlive it.
struct Scene {
  TimeRange extent{};  ///< of the session; times are shown relative to its start
  std::vector<SceneCamera> cameras;
  std::vector<Segment> segments;  ///< sorted by start
  std::vector<SignalRef> shown;   ///< strips, from choose_signals()
  SessionSignals* signals = nullptr;
  Diagnostics* diagnostics = nullptr;  ///< what decoding loses
};

/// `wanted` as "stream.column" or "stream.column[2]"; empty: the first `most` numeric columns,
/// those of floats first. A stream's name may hold dots itself. Throws InputError for a name that
/// is not there.
std::vector<SignalRef> choose_signals(const SessionDescription& session,
                                      const std::vector<std::string>& wanted, std::size_t most = 8);

}  // namespace reelcell::replay
