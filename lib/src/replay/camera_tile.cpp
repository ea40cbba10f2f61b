#include "internal/camera_tile.hpp"

#include <fmt/format.h>

#include <opencv2/imgproc.hpp>

namespace reelcell::replay {

PictureSize upright_size(const VideoFormat& format) {
  const bool turned = format.rotation == 90 || format.rotation == 270;
  return turned ? PictureSize{format.height, format.width}
                : PictureSize{format.width, format.height};
}

cv::Mat upright_pixels(const media::DecodedFrame& frame, int rotation, PictureSize size) {
  const bool turned = rotation == 90 || rotation == 270;
  media::Picture picture =
      frame.convert(media::PixelFormat::kRgb24, turned ? size.height : size.width,
                    turned ? size.width : size.height);
  const cv::Mat view(picture.height, picture.width, CV_8UC3, picture.data.data());
  cv::Mat upright;
  if (rotation == 90)
    cv::rotate(view, upright, cv::ROTATE_90_CLOCKWISE);
  else if (rotation == 180)
    cv::rotate(view, upright, cv::ROTATE_180);
  else if (rotation == 270)
    cv::rotate(view, upright, cv::ROTATE_90_COUNTERCLOCKWISE);
  else
    upright = view.clone();
  return upright;
}

CameraTile::CameraTile(const SceneCamera& camera, Box area, Nanos tolerance,
                       Diagnostics& diagnostics)
    : camera_(camera),
      area_(area),
      picture_(
          fit_inside(upright_size(camera.source->format()),
                     {area.x, area.y + kCaptionHeight, area.width, area.height - kCaptionHeight})),
      tolerance_(tolerance),
      period_(median_period(*camera.times)),
      diagnostics_(diagnostics) {
  if (tolerance_ == Nanos{0}) tolerance_ = period_;
  report_.name = camera.name;
  report_.tolerance = tolerance_;
}

bool CameraTile::pull(std::uint32_t ordinal) {
  if (tried_ == ordinal) return held_ == ordinal;
  tried_ = ordinal;
  if (!cursor_)
    cursor_.emplace(camera_.source, ordinal, diagnostics_);
  else
    cursor_->seek(ordinal);
  media::DecodedFrame frame;
  if (!cursor_->next(frame)) return false;
  held_ = frame.ordinal;
  if (frame.ordinal == ordinal)
    pixels_ =
        upright_pixels(frame, camera_.source->format().rotation, {picture_.width, picture_.height});
  return frame.ordinal == ordinal;
}

void CameraTile::draw(cv::Mat& pixels, SessionTime now, SessionTime origin) {
  fill(pixels, area_, cv::Scalar(12, 13, 15));
  const auto ordinal = frame_at(*camera_.times, now, tolerance_);
  std::optional<SessionTime> shown;
  if (!ordinal) {
    ++report_.missing;
    draw_missing(pixels, "no frame");
  } else if (!pull(*ordinal)) {
    ++report_.unreadable;
    draw_missing(pixels, "frame unreadable");
  } else {
    ++report_.shown;
    shown = (*camera_.times)[*ordinal];
    const Nanos difference = *shown > now ? *shown - now : now - *shown;
    report_.largest_difference = std::max(report_.largest_difference, difference);
    pixels_.copyTo(pixels(rect_of(picture_)));
  }
  draw_caption(pixels, now, origin, shown);
}

void CameraTile::draw_caption(cv::Mat& pixels, SessionTime now, SessionTime origin,
                              std::optional<SessionTime> shown) {
  fill(pixels, {area_.x, area_.y, area_.width, kCaptionHeight}, kPanel);
  const int middle = area_.y + kCaptionHeight / 2;
  std::string times = "shown " + (shown ? seconds_text(*shown - origin) : std::string("-"));
  std::string difference;
  Colour colour = kText;
  if (shown) {
    const double ms = static_cast<double>((*shown - now).count()) * 1e-6;
    difference = fmt::format("{:+.1f} ms", ms);
    // Beyond half a period a nearer frame should have been there: one was dropped.
    if (2 * std::chrono::abs(*shown - now) > period_ + period_ / 10) colour = kAmber;
  }
  // From the right: the difference and the times are what is checked; the name gives way.
  constexpr double kScale = 0.4;
  const int difference_width = difference.empty() ? 0 : 78;
  // The header says the time asked for too, so a narrow tile can do without.
  const std::string asked = "asked " + seconds_text(now - origin) + "  ";
  const int room = area_.width - difference_width - text_width(camera_.name) - 40;
  if (text_width(asked + times, kScale) <= room) times = asked + times;
  const int times_width = text_width(times, kScale);
  const int x = area_.right() - difference_width - times_width - 8;
  draw_text(pixels, times, x, middle, 0, kDim, kScale);
  draw_text(pixels, difference, area_.right() - text_width(difference, kScale) - 6, middle, 0,
            colour, kScale);
  draw_text(pixels, camera_.name, area_.x + 8, middle, std::max(20, x - area_.x - 16), kText);
}

void CameraTile::draw_missing(cv::Mat& pixels, const std::string& text) const {
  fill(pixels, picture_, kMissing);
  draw_text(pixels, text, picture_.x + (picture_.width - text_width(text, 0.8)) / 2,
            picture_.y + picture_.height / 2, 0, kText, 0.8);
}

}  // namespace reelcell::replay
