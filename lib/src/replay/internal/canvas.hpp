// Text, boxes and colours on an RGB picture.
#pragma once

#include <opencv2/core.hpp>
#include <string>

#include "reelcell/media/picture.hpp"
#include "reelcell/replay/layout.hpp"

namespace reelcell::replay {

/// Red, green, blue: our pictures are RGB although OpenCV's own are BGR.
using Colour = cv::Scalar;
inline const Colour kBackground{24, 26, 30};
inline const Colour kPanel{36, 39, 45};
inline const Colour kGrid{58, 62, 70};
inline const Colour kText{228, 230, 234};
inline const Colour kDim{150, 155, 165};
inline const Colour kMissing{104, 106, 110};
inline const Colour kCursor{255, 255, 255};
inline const Colour kAmber{240, 170, 40};
inline const Colour kGreen{46, 168, 84};
inline const Colour kRed{214, 60, 54};

Colour verdict_colour(Verdict verdict, const Colour& otherwise);
/// Colours that differ from their neighbours; none of them is one of the verdicts'.
Colour series_colour(std::size_t index);
Colour segment_colour(std::size_t index);

/// A picture and OpenCV's view of it. The view borrows the picture's bytes.
class Canvas {
 public:
  Canvas(int width, int height);
  cv::Mat& pixels() { return pixels_; }
  const media::Picture& picture() const { return picture_; }

 private:
  media::Picture picture_;
  cv::Mat pixels_;
};

cv::Rect rect_of(const Box& box);
void fill(cv::Mat& pixels, const Box& box, const Colour& colour);
/// What of `box` lies between x = left and x = right; empty (width 0) when nothing does.
Box clip_x(const Box& box, int left, int right);

inline constexpr double kTextScale = 0.44;
int text_width(const std::string& text, double scale = kTextScale);
/// Draws printable(text), cut with ".." to `width` px (0: no limit), its middle at `y_middle`;
/// gives the width drawn.
int draw_text(cv::Mat& pixels, const std::string& text, int x, int y_middle, int width,
              const Colour& colour, double scale = kTextScale);

}  // namespace reelcell::replay
