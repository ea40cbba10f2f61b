// Strips of numbers over the window, the cursor in step with the pictures.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "internal/canvas.hpp"
#include "reelcell/base/progress.hpp"
#include "reelcell/replay/scene.hpp"

namespace reelcell::replay {

class SignalStrips {
 public:
  /// Reads the shown streams through once: the scales are those of the whole range, so that a curve
  /// does not jump while it slides. `range` covers all windows that will be drawn.
  SignalStrips(const Scene& scene, TimeRange range, int width, Progress& progress);
  int height() const;
  void draw(cv::Mat& pixels, int top, SessionTime now, TimeRange window);

 private:
  struct Strip {
    SignalRef signal;
    double low = 0, high = 0;
    bool any = false;  ///< a finite value was seen
  };
  void measure(Strip& strip, const SeriesSlice& slice) const;
  void draw_strip(cv::Mat& pixels, const Box& plot, const Strip& strip, const SeriesSlice& slice,
                  SessionTime now, TimeRange window) const;
  void draw_name(cv::Mat& pixels, const Box& plot, const Strip& strip, const Column& column,
                 const SeriesSlice& slice, SessionTime now) const;

  const Scene& scene_;
  int width_;
  std::vector<Strip> strips_;
};

}  // namespace reelcell::replay
