#include "internal/canvas.hpp"

#include <array>
#include <opencv2/imgproc.hpp>

namespace reelcell::replay {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;

}  // namespace

Colour verdict_colour(Verdict verdict, const Colour& otherwise) {
  switch (verdict) {
    case Verdict::kOk:
      return kGreen;
    case Verdict::kNg:
      return kRed;
    case Verdict::kUndecided:
      return kAmber;
    case Verdict::kNone:
      break;
  }
  return otherwise;
}

Colour series_colour(std::size_t index) {
  static const std::array<Colour, 8> kColours = {
      Colour{110, 180, 255}, Colour{255, 160, 90},  Colour{130, 220, 150}, Colour{240, 130, 170},
      Colour{190, 160, 255}, Colour{235, 215, 110}, Colour{110, 220, 225}, Colour{200, 200, 205}};
  return kColours[index % kColours.size()];
}

Colour segment_colour(std::size_t index) {
  static const std::array<Colour, 6> kColours = {Colour{58, 96, 150},  Colour{108, 78, 150},
                                                 Colour{40, 116, 124}, Colour{138, 78, 116},
                                                 Colour{78, 88, 168},  Colour{96, 104, 118}};
  return kColours[index % kColours.size()];
}

Canvas::Canvas(int width, int height) {
  picture_.format = media::PixelFormat::kRgb24;
  picture_.width = width;
  picture_.height = height;
  picture_.data.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  pixels_ = cv::Mat(height, width, CV_8UC3, picture_.data.data());
  pixels_.setTo(kBackground);
}

cv::Rect rect_of(const Box& box) { return {box.x, box.y, box.width, box.height}; }

void fill(cv::Mat& pixels, const Box& box, const Colour& colour) {
  const cv::Rect inside = rect_of(box) & cv::Rect(0, 0, pixels.cols, pixels.rows);
  if (!inside.empty()) pixels(inside).setTo(colour);
}

Box clip_x(const Box& box, int left, int right) {
  const int x = std::max(box.x, left);
  return {x, box.y, std::max(0, std::min(box.right(), right) - x), box.height};
}

int text_width(const std::string& text, double scale) {
  int baseline = 0;
  return cv::getTextSize(printable(text), kFont, scale, 1, &baseline).width;
}

int draw_text(cv::Mat& pixels, const std::string& text, int x, int y_middle, int width,
              const Colour& colour, double scale) {
  std::string shown = printable(text);
  if (width > 0 && text_width(shown, scale) > width) {
    while (!shown.empty() && text_width(shown + "..", scale) > width) shown.pop_back();
    if (shown.empty()) return 0;
    shown += "..";
  }
  int baseline = 0;
  const cv::Size size = cv::getTextSize(shown, kFont, scale, 1, &baseline);
  cv::putText(pixels, shown, {x, y_middle + size.height / 2}, kFont, scale, colour, 1, cv::LINE_AA);
  return size.width;
}

}  // namespace reelcell::replay
