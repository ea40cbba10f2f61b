// What the two cameras see, drawn with OpenCV: the seat with its seams, stitches and defects, the
// arm and its light, and whatever disturbs them.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "motion.hpp"
#include "options.hpp"

namespace reelcell::sample {

/// The seat's surface from straight above, BGR, kSeatScale px a metre.
class Seat {
 public:
  static constexpr double kSeatScale = 1100;                                             ///< px/m
  static constexpr double kLeft = -0.45, kBottom = -0.12, kWidth = 0.9, kHeight = 1.42;  ///< m
  Seat(const std::vector<PlannedPoint>& plan, std::uint64_t seed);
  const cv::Mat& picture() const { return picture_; }
  /// Metres to pixels of picture().
  static cv::Point2d pixel(double u, double v) {
    return {(u - kLeft) * kSeatScale, (kHeight - (v - kBottom)) * kSeatScale};
  }

 private:
  cv::Mat picture_;
};

/// Draws one camera's frames. Each camera has its own, on its own thread.
class Scene {
 public:
  enum class View { kFront, kWrist };
  Scene(const Seat& seat, const Motion& motion, const Options& options, View view);
  /// The picture at a session time (the middle of the exposure), BGR; valid until the next call.
  const cv::Mat& draw(std::int64_t mid_ns, std::int64_t frame);

 private:
  void draw_front(const ArmState& arm, const Joints& q, double t);
  void draw_wrist(const ArmState& arm);
  void draw_person(double t);
  void add_noise(std::int64_t frame);
  cv::Point2d front_pixel(double u, double v, double h = 0) const;

  const Motion& motion_;
  const Options& options_;
  View view_;
  cv::Size size_;
  double scale_ = 1;           ///< front: px/m
  cv::Mat background_;         ///< front: the cell without the arm; wrist: the seat
  cv::Mat spot_;               ///< front: gain of the light around the aim point
  cv::Mat vignette_;           ///< wrist
  cv::Mat brighter_, darker_;  ///< noise, larger than the picture, shifted from frame to frame
  cv::Mat picture_;
};

}  // namespace reelcell::sample
