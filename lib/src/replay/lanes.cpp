#include "internal/lanes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace reelcell::replay {
namespace {

constexpr int kOverview = 26, kState = 50, kLane = 24;
constexpr std::size_t kMostSegmentLanes = 3, kMostEventLanes = 5;

/// "P017" rather than "step": the first field that says something in words, else the kind.
std::string event_text(const Event& event) {
  std::string text = event.kind;
  int fields = 0;
  for (const auto& [name, value] : event.fields) {
    if (std::holds_alternative<std::monostate>(value)) continue;
    std::string shown = to_text(value);
    if (const double* number = std::get_if<double>(&value)) shown = fmt::format("{:.3g}", *number);
    text += (text.empty() ? "" : " ") + shown;
    if (++fields == 3) break;
  }
  return text;
}

}  // namespace

Verdict verdict_of(const Event& event, bool in_verdict_stream) {
  for (const char* name : {"result", "verdict"})
    if (const Value* value = event.field(name))
      if (const Verdict verdict = verdict_of(*value); verdict != Verdict::kNone) return verdict;
  if (!in_verdict_stream) return Verdict::kNone;
  for (const auto& [name, value] : event.fields)
    if (const Verdict verdict = verdict_of(value); verdict != Verdict::kNone) return verdict;
  return Verdict::kUndecided;
}

Lanes::Lanes(const Scene& scene, TimeRange range, int width)
    : scene_(scene), range_(range), width_(width) {
  std::vector<TimeRange> ranges;
  for (const Segment& segment : scene.segments) ranges.push_back(segment.range);
  lane_of_ = assign_lanes(ranges, kMostSegmentLanes);
  for (const std::size_t lane : lane_of_) segment_lanes_ = std::max(segment_lanes_, lane + 1);
  for (const StreamSpec& stream : scene.signals->session().streams)
    if (stream.kind == StreamKind::kEvents && events_.size() < kMostEventLanes)
      events_.push_back({stream.name, stream.role == "verdicts"});
  // Verdicts lie right below the segments they judge.
  std::stable_partition(events_.begin(), events_.end(),
                        [](const EventLane& lane) { return lane.verdicts; });
  make_overview(range);
}

int Lanes::height() const { return kState + kOverview + window_height(); }

int Lanes::window_height() const {
  return kLane * static_cast<int>(segment_lanes_ + events_.size());
}

void Lanes::make_overview(TimeRange range) {
  overview_ = cv::Mat(kOverview - 4, plot_width(), CV_8UC3, kPanel);
  const int half = overview_.rows / 2;
  for (std::size_t i = 0; i < scene_.segments.size(); ++i) {
    const int from = time_to_x(scene_.segments[i].range.start, range, 0, plot_width());
    const int to = time_to_x(scene_.segments[i].range.end, range, 0, plot_width());
    fill(overview_, {from, 0, std::max(1, to - from), half}, segment_colour(i));
  }
  for (const EventLane& lane : events_)
    for (SessionTime from = range.start; from < range.end; from += std::chrono::seconds(60))
      for (const Event& event : scene_.signals->events(
               lane.stream, {from, std::min(range.end, from + Nanos(std::chrono::seconds(60)))})) {
        const Verdict verdict = verdict_of(event, lane.verdicts);
        if (verdict == Verdict::kNone) continue;
        const int x = time_to_x(event.time, range, 0, plot_width());
        fill(overview_, {x - 1, half + 1, 2, half}, verdict_colour(verdict, kDim));
      }
}

void Lanes::draw(cv::Mat& pixels, int top, SessionTime now, TimeRange window) {
  draw_state(pixels, top, now);
  top += kState;
  draw_overview(pixels, top, now, window);
  top += kOverview;
  draw_segments(pixels, top, window);
  top += kLane * static_cast<int>(segment_lanes_);
  for (const EventLane& lane : events_) {
    draw_events(pixels, top, lane, window);
    top += kLane;
  }
}

void Lanes::draw_overview(cv::Mat& pixels, int top, SessionTime now, TimeRange window) const {
  draw_text(pixels, "whole range", 8, top + kOverview / 2, kGutter - 12, kDim, 0.4);
  overview_.copyTo(pixels(cv::Rect(kGutter, top + 2, overview_.cols, overview_.rows)));
  const int from = std::max(kGutter, time_to_x(window.start, range_, kGutter, plot_width()));
  const int to = std::min(width_ - 1, time_to_x(window.end, range_, kGutter, plot_width()));
  cv::rectangle(pixels, cv::Point(from, top + 1), cv::Point(to, top + kOverview - 2), kDim, 1);
  const int x = time_to_x(now, range_, kGutter, plot_width());
  fill(pixels, {x, top, 2, kOverview}, kCursor);
}

void Lanes::draw_state(cv::Mat& pixels, int top, SessionTime now) const {
  fill(pixels, {0, top, width_, kState - 2}, kPanel);
  // Of overlapping segments the one that began last is the innermost.
  const Segment* current = nullptr;
  for (const Segment& segment : scene_.segments)
    if (segment.range.contains(now)) current = &segment;
  if (!current) {
    draw_text(pixels, "no segment", 8, top + kState / 4 + 1, 0, kDim);
    return;
  }
  std::string title = fmt::format("{}   {} .. {} s", current->name,
                                  seconds_text(current->range.start - scene_.extent.start),
                                  seconds_text(current->range.end - scene_.extent.start));
  for (const auto& [name, value] : current->attributes)
    title += fmt::format("   {}={}", name, to_text(value));
  int x = 8 + draw_text(pixels, title, 8, top + kState / 4 + 1, width_ - 16, kText);
  if (!current->task.empty() && x + 120 < width_)
    draw_text(pixels, "\"" + current->task + "\"", x + 24, top + kState / 4 + 1, width_ - x - 32,
              kDim);
  x = 8;
  for (const Label& label : current->labels) {
    std::string value = to_text(label.value);
    if (const double* number = std::get_if<double>(&label.value))
      value = fmt::format("{:.4g}", *number);
    std::string text = label.name + " " + value;
    if (label.confidence < 1) text += fmt::format(" ({:.2f})", label.confidence);
    const int width = text_width(text);
    if (x + width + 12 > width_) break;
    const std::string* words = std::get_if<std::string>(&label.value);
    const Colour chip = words ? verdict_colour(verdict_of(label.value), kGrid) : kGrid;
    fill(pixels, {x, top + kState / 2, width + 12, kState / 2 - 5}, chip);
    draw_text(pixels, text, x + 6, top + 3 * kState / 4 - 3, 0, kText);
    x += width + 20;
  }
}

void Lanes::draw_segments(cv::Mat& pixels, int top, TimeRange window) const {
  draw_text(pixels, "segments", 8, top + kLane / 2, kGutter - 12, kDim);
  fill(pixels, {kGutter, top + 1, plot_width(), kLane * static_cast<int>(segment_lanes_) - 2},
       kPanel);
  for (std::size_t i = 0; i < scene_.segments.size(); ++i) {
    const Segment& segment = scene_.segments[i];
    if (segment.range.end <= window.start) continue;
    if (segment.range.start >= window.end) break;
    const int from = time_to_x(segment.range.start, window, kGutter, plot_width());
    const int to = time_to_x(segment.range.end, window, kGutter, plot_width());
    const int y = top + kLane * static_cast<int>(lane_of_[i]);
    const Box bar = clip_x({from, y + 2, std::max(2, to - from - 1), kLane - 4}, kGutter, width_);
    fill(pixels, bar, segment_colour(i));
    if (bar.width > 24)
      draw_text(pixels, segment.name, bar.x + 4, y + kLane / 2, bar.width - 8, kText, 0.38);
  }
}

void Lanes::draw_events(cv::Mat& pixels, int top, const EventLane& lane, TimeRange window) const {
  draw_text(pixels, lane.stream, 8, top + kLane / 2, kGutter - 12, kDim);
  fill(pixels, {kGutter, top + 1, plot_width(), kLane - 2}, kPanel);
  const std::vector<Event> events = scene_.signals->events(lane.stream, window);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    const int x = time_to_x(event.time, window, kGutter, plot_width());
    const int end = time_to_x(event.end, window, kGutter, plot_width());
    const Colour colour = verdict_colour(verdict_of(event, lane.verdicts), kDim);
    fill(pixels, clip_x({x - 1, top + 2, std::max(3, end - x), kLane - 4}, kGutter, width_),
         colour);
    const int next = i + 1 < events.size()
                         ? time_to_x(events[i + 1].time, window, kGutter, plot_width())
                         : width_;
    if (x >= kGutter && next - x > 34)
      draw_text(pixels, event_text(event), x + 5, top + kLane / 2, next - x - 9, kText, 0.38);
  }
}

}  // namespace reelcell::replay
