#include "scene.hpp"

#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "random.hpp"

namespace reelcell::sample {
namespace {

constexpr int kNoiseMargin = 64;  // px by which the noise picture is larger than a frame

cv::Point rounded(cv::Point2d p) { return {cvRound(p.x), cvRound(p.y)}; }

/// Smooth mottling, so that every place on the seat looks different from every other one.
void add_grain(cv::Mat& picture, Random& random, int cell, double strength) {
  cv::Mat coarse(picture.rows / cell + 2, picture.cols / cell + 2, CV_32F);
  for (int y = 0; y < coarse.rows; ++y)
    for (int x = 0; x < coarse.cols; ++x)
      coarse.at<float>(y, x) = static_cast<float>(1 + strength * random.normal());
  cv::Mat fine, gain;
  cv::resize(coarse, fine, picture.size(), 0, 0, cv::INTER_CUBIC);
  cv::cvtColor(fine, gain, cv::COLOR_GRAY2BGR);
  cv::multiply(picture, gain, picture, 1, CV_8U);
}

/// A seam: a dark fold with a row of light stitches beside it.
void draw_seam(cv::Mat& picture, const std::vector<cv::Point2d>& path) {
  for (std::size_t i = 1; i < path.size(); ++i) {
    cv::line(picture, rounded(path[i - 1]), rounded(path[i]), {30, 32, 36}, 7, cv::LINE_AA);
    const cv::Point2d along = path[i] - path[i - 1];
    const double length = std::hypot(along.x, along.y);
    const cv::Point2d unit = along / length, side(-unit.y * 9, unit.x * 9);
    for (double at = 0; at + 7 < length; at += 13) {
      const cv::Point2d from = path[i - 1] + unit * at + side;
      cv::line(picture, rounded(from), rounded(from + unit * 7), {190, 200, 205}, 2, cv::LINE_AA);
    }
  }
}

void draw_defect(cv::Mat& picture, const PlannedPoint& point, Random& random) {
  const cv::Point2d at = Seat::pixel(point.pose.u, point.pose.v);
  const double angle = random.uniform(0, std::numbers::pi);
  const cv::Point2d along(std::cos(angle), std::sin(angle)), across(-along.y, along.x);
  if (point.defect == "hole") {
    cv::circle(picture, rounded(at), 9, {12, 12, 12}, cv::FILLED, cv::LINE_AA);
  } else if (point.defect == "stain") {
    cv::ellipse(picture, rounded(at), {24, 15}, angle * 57.3, 0, 360, {60, 95, 135}, cv::FILLED,
                cv::LINE_AA);
  } else if (point.defect == "wrinkle") {
    for (int k = -1; k <= 1; ++k)
      cv::line(picture, rounded(at - along * 30 + across * (8.0 * k)),
               rounded(at + along * 30 + across * (8.0 * k + 4)), {36, 38, 42}, 3, cv::LINE_AA);
  } else {  // a loose stitch: a loop of thread off the seam
    cv::ellipse(picture, rounded(at), {20, 8}, angle * 57.3, 0, 300, {220, 225, 230}, 2,
                cv::LINE_AA);
  }
}

cv::Mat make_seat(const std::vector<PlannedPoint>& plan, std::uint64_t seed) {
  Random random(seed, 10);
  const auto pixels = [](double metres) { return cvRound(metres * Seat::kSeatScale); };
  cv::Mat picture(pixels(Seat::kHeight), pixels(Seat::kWidth), CV_8UC3, cv::Scalar(92, 84, 80));
  const auto box = [&](double left, double bottom, double right, double top,
                       const cv::Scalar& color) {
    cv::rectangle(picture, rounded(Seat::pixel(left, top)), rounded(Seat::pixel(right, bottom)),
                  color, cv::FILLED);
  };
  box(-0.33, -0.02, 0.33, 1.02, {58, 56, 62});  // frame and bolsters
  box(-0.27, 0.01, 0.27, 0.46, {74, 76, 88});   // cushion
  box(-0.27, 0.50, 0.27, 0.99, {78, 78, 86});   // backrest
  box(-0.14, 1.06, 0.14, 1.22, {66, 64, 70});   // head restraint
  add_grain(picture, random, 6, 0.07);
  add_grain(picture, random, 90, 0.10);
  const auto seam = [&](std::initializer_list<std::array<double, 2>> path) {
    std::vector<cv::Point2d> points;
    for (const auto& p : path) points.push_back(Seat::pixel(p[0], p[1]));
    draw_seam(picture, points);
  };
  for (const double side : {-1.0, 1.0}) {
    seam({{side * 0.26, 0.02}, {side * 0.25, 0.2}, {side * 0.265, 0.45}});
    seam({{side * 0.26, 0.51}, {side * 0.24, 0.75}, {side * 0.2, 0.98}});
    seam({{side * 0.10, 0.03}, {side * 0.12, 0.45}});
    seam({{side * 0.11, 0.52}, {side * 0.09, 0.97}});
  }
  seam({{-0.26, 0.15}, {0.0, 0.13}, {0.26, 0.15}});
  seam({{-0.25, 0.72}, {0.0, 0.75}, {0.25, 0.72}});
  for (const PlannedPoint& point : plan)
    if (!point.defect.empty()) draw_defect(picture, point, random);
  return picture;
}

/// 1 in the middle, falling off as a Gaussian; `gain` is what is added at the middle.
cv::Mat make_spot(int size, double sigma, double base, double gain) {
  cv::Mat spot(size, size, CV_32FC3);
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) {
      const int dx = x - size / 2, dy = y - size / 2;
      const double g = base + gain * std::exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
      const auto value = static_cast<float>(g);
      spot.at<cv::Vec3f>(y, x) = {value, value, static_cast<float>(base + (g - base) * 0.95)};
    }
  return spot;
}

}  // namespace

Seat::Seat(const std::vector<PlannedPoint>& plan, std::uint64_t seed)
    : picture_(make_seat(plan, seed)) {}

Scene::Scene(const Seat& seat, const Motion& motion, const Options& options, View view)
    : motion_(motion), options_(options), view_(view) {
  Random random(options.seed, view == View::kFront ? 11 : 12);
  if (view == View::kFront) {
    size_ = {options.width, options.height};
    scale_ = options.height / 1.36;
    background_ = cv::Mat(size_, CV_8UC3, cv::Scalar(92, 84, 80));
    add_grain(background_, random, 40, 0.05);
    cv::Mat small;
    const double shrink = scale_ / Seat::kSeatScale;
    cv::resize(seat.picture(), small, {}, shrink, shrink, cv::INTER_AREA);
    const cv::Rect place =
        cv::Rect(rounded(front_pixel(Seat::kLeft, Seat::kBottom + Seat::kHeight)), small.size()) &
        cv::Rect({0, 0}, size_);
    const cv::Point corner = rounded(front_pixel(Seat::kLeft, Seat::kBottom + Seat::kHeight));
    small(cv::Rect(place.tl() - corner, place.size())).copyTo(background_(place));
    const int reach = cvRound(0.3 * scale_) | 1;
    spot_ = make_spot(reach, 0.06 * scale_, 1.0, 0.9);
  } else {
    size_ = {options.wrist_width, options.wrist_height};
    background_ = seat.picture();
    vignette_ = make_spot(std::max(size_.width, size_.height), size_.width * 0.42, 0.35, 1.25);
    cv::resize(vignette_, vignette_, size_, 0, 0, cv::INTER_AREA);
  }
  brighter_.create(size_.height + kNoiseMargin, size_.width + kNoiseMargin, CV_8UC3);
  darker_.create(brighter_.size(), CV_8UC3);
  for (int y = 0; y < brighter_.rows; ++y)
    for (int x = 0; x < brighter_.cols; ++x) {
      const int value = cvRound(options.noise * random.normal());
      const auto up = static_cast<unsigned char>(std::clamp(value, 0, 255));
      const auto down = static_cast<unsigned char>(std::clamp(-value, 0, 255));
      brighter_.at<cv::Vec3b>(y, x) = {up, up, up};
      darker_.at<cv::Vec3b>(y, x) = {down, down, down};
    }
}

cv::Point2d Scene::front_pixel(double u, double v, double h) const {
  // The camera looks slightly from below: what is nearer to it appears higher.
  return {size_.width / 2.0 + u * scale_, size_.height - (v + 0.08 + 0.35 * h) * scale_};
}

const cv::Mat& Scene::draw(std::int64_t mid_ns, std::int64_t frame) {
  const auto when = static_cast<double>(mid_ns);
  const Joints q = motion_.position(when);
  const ArmState arm = forward(q);
  if (view_ == View::kFront)
    draw_front(arm, q, when * 1e-9);
  else
    draw_wrist(arm);
  if (options_.flicker > 0) {
    const double gain = 1 + options_.flicker * std::sin(2 * std::numbers::pi * 100 * when * 1e-9);
    picture_.convertTo(picture_, -1, gain);
  }
  if (options_.noise > 0) add_noise(frame);
  return picture_;
}

void Scene::draw_front(const ArmState& arm, const Joints& q, double t) {
  background_.copyTo(picture_);
  const cv::Point aim = rounded(front_pixel(arm.aim_u, arm.aim_v));
  const cv::Rect around(aim.x - spot_.cols / 2, aim.y - spot_.rows / 2, spot_.cols, spot_.rows);
  const cv::Rect lit = around & cv::Rect({0, 0}, size_);
  if (!lit.empty()) {
    cv::Mat patch = picture_(lit);
    cv::multiply(patch, spot_(cv::Rect(lit.tl() - around.tl(), lit.size())), patch, 1, CV_8U);
  }
  // Shadow, links, head, ring light with a mark that turns with the last joint.
  const cv::Point shadow = rounded(front_pixel(arm.head_u + 0.03, arm.head_v - 0.02));
  const int radius = cvRound(0.05 * scale_);
  cv::ellipse(picture_, shadow, {radius, radius * 2 / 3}, 0, 0, 360, {30, 30, 34}, cv::FILLED,
              cv::LINE_AA);
  const cv::Point base = rounded(front_pixel(arm.base_u, arm.base_v, 0.3));
  const cv::Point elbow = rounded(front_pixel(arm.elbow_u, arm.elbow_v, 0.3));
  const cv::Point head = rounded(front_pixel(arm.head_u, arm.head_v, arm.head_h));
  const int link = std::max(2, cvRound(0.045 * scale_));
  cv::line(picture_, base, elbow, {40, 120, 225}, link, cv::LINE_AA);
  cv::line(picture_, elbow, head, {50, 135, 235}, link * 3 / 4, cv::LINE_AA);
  cv::circle(picture_, elbow, link * 2 / 3, {60, 60, 60}, cv::FILLED, cv::LINE_AA);
  cv::circle(picture_, head, radius, {55, 55, 58}, cv::FILLED, cv::LINE_AA);
  cv::circle(picture_, head, radius * 2 / 3, {250, 250, 245}, 2, cv::LINE_AA);
  const double turn = arm.turn + q[6];
  cv::line(picture_, head,
           head + cv::Point(cvRound(radius * std::sin(turn)), cvRound(-radius * std::cos(turn))),
           {60, 220, 60}, 2, cv::LINE_AA);
  if (options_.person) draw_person(t);
}

void Scene::draw_wrist(const ArmState& arm) {
  // px a metre in the picture falls with the distance; the picture turns with the wrist.
  const double zoom = size_.width / 0.26 * (0.2 / arm.head_h) / Seat::kSeatScale;
  const cv::Point2d aim = Seat::pixel(arm.aim_u, arm.aim_v);
  const double c = zoom * std::cos(arm.turn), s = zoom * std::sin(arm.turn);
  const cv::Matx23d to_picture(c, -s, size_.width / 2.0 - c * aim.x + s * aim.y,  //
                               s, c, size_.height / 2.0 - s * aim.x - c * aim.y);
  cv::warpAffine(background_, picture_, to_picture, size_, cv::INTER_LINEAR, cv::BORDER_CONSTANT,
                 {92, 84, 80});
  cv::multiply(picture_, vignette_, picture_, 1, CV_8U);
}

void Scene::draw_person(double t) {
  // Walks across the foreground and back, swaying, once every 13 s.
  const double phase = std::fmod(t, 13.0) / 13.0;
  const double across = phase < 0.5 ? phase * 2 : 2 - phase * 2;
  const double x = (across * 1.4 - 0.2) * size_.width;
  const double y = size_.height * (0.62 + 0.015 * std::sin(2 * std::numbers::pi * 1.8 * t));
  const int unit = size_.height / 12;
  cv::ellipse(picture_, rounded({x, y + unit * 2.6}), {unit * 5 / 4, unit * 3}, 0, 0, 360,
              {120, 70, 40}, cv::FILLED, cv::LINE_AA);
  cv::circle(picture_, rounded({x, y - unit * 0.9}), unit * 4 / 5, {130, 160, 205}, cv::FILLED,
             cv::LINE_AA);
}

void Scene::add_noise(std::int64_t frame) {
  // A fixed noise picture at a place that changes from frame to frame: cheap, and never twice alike
  // in neighbouring frames.
  const auto step = static_cast<std::uint64_t>(frame) * 2654435761u;
  const cv::Rect part(static_cast<int>(step % kNoiseMargin),
                      static_cast<int>(step / kNoiseMargin % kNoiseMargin), size_.width,
                      size_.height);
  cv::add(picture_, brighter_(part), picture_);
  cv::subtract(picture_, darker_(part), picture_);
}

}  // namespace reelcell::sample
