// The overview of the whole range, and lanes of segments and events around the cursor.
#pragma once

#include <vector>

#include "internal/canvas.hpp"
#include "reelcell/replay/scene.hpp"

namespace reelcell::replay {

inline constexpr int kGutter = 190;  ///< px left of lanes and strips, for names

/// The verdict an event states: its "result" or "verdict", else its first field that is one. In a
/// stream of verdicts an event without any is undecided.
Verdict verdict_of(const Event& event, bool in_verdict_stream);

class Lanes {
 public:
  /// Reads all events of the range once for the overview.
  Lanes(const Scene& scene, TimeRange range, int width);
  int height() const;
  int window_height() const;  ///< of the lanes at the bottom that follow the window
  void draw(cv::Mat& pixels, int top, SessionTime now, TimeRange window);

 private:
  struct EventLane {
    std::string stream;
    bool verdicts = false;
  };
  void make_overview(TimeRange range);
  void draw_overview(cv::Mat& pixels, int top, SessionTime now, TimeRange window) const;
  void draw_state(cv::Mat& pixels, int top, SessionTime now) const;
  void draw_segments(cv::Mat& pixels, int top, TimeRange window) const;
  void draw_events(cv::Mat& pixels, int top, const EventLane& lane, TimeRange window) const;
  int plot_width() const { return width_ - kGutter; }

  const Scene& scene_;
  TimeRange range_;
  int width_;
  std::vector<std::size_t> lane_of_;  ///< of each segment
  std::size_t segment_lanes_ = 1;
  std::vector<EventLane> events_;
  cv::Mat overview_;
};

}  // namespace reelcell::replay
