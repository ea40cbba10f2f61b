// The session as segmenters, label rules and gates see it: every stream on the session clock.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reelcell/model/segment.hpp"
#include "reelcell/model/series.hpp"
#include "reelcell/model/session.hpp"

namespace reelcell {

/// Video quality figures of one frame, computed on a reduced luma picture.
struct FrameFigures {
  double luma_mean = 0;  ///< 0..255
  double luma_std = 0;
  double sharpness = 0;   ///< variance of the Laplacian
  double difference = 0;  ///< mean absolute luma difference to the frame before; 0 for the first
};

/// Reads are cheapest in increasing order of range.start (a window slides over the stream); going
/// back re-opens the stream. Memory follows the range asked for. Not thread-safe: one a thread.
class SessionSignals {
 public:
  virtual ~SessionSignals() = default;
  virtual const SessionDescription& session() const = 0;
  /// First to last sample of all streams (end = last sample + 1 ns).
  virtual TimeRange extent() const = 0;
  /// Samples with time in `range`, plus the last one before it and the first one after it when
  /// `with_neighbours` (needed to hold and to interpolate). All columns.
  virtual SeriesSlice series(const std::string& stream, TimeRange range, bool with_neighbours) = 0;
  virtual std::vector<Event> events(const std::string& stream, TimeRange range) = 0;
  /// The last event with time < range.start, if any.
  virtual std::optional<Event> event_before(const std::string& stream, SessionTime time) = 0;
  /// Session times of a video stream's frames within `range`, with their ordinals in the
  /// FrameTable.
  struct FrameTimes {
    std::size_t first = 0;  ///< ordinal (presentation order) of times[0]
    std::vector<SessionTime> times;
  };
  virtual FrameTimes frames(const std::string& stream, TimeRange range) = 0;
  /// Decodes; one entry per frame of `range`. Empty optional where a frame could not be decoded.
  virtual std::vector<std::optional<FrameFigures>> frame_figures(const std::string& stream,
                                                                 TimeRange range) = 0;
};

}  // namespace reelcell
