#include "internal/signal_strips.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "internal/lanes.hpp"

namespace reelcell::replay {
namespace {

constexpr int kStrip = 48, kMostLines = 16;
/// Intervals this many times the median are holes: no line is drawn across them.
constexpr int kHole = 4;

const Column* find_column(const SeriesSlice& slice, const std::string& name) {
  for (const Column& column : slice.columns)
    if (column.spec.name == name) return &column;
  return nullptr;
}

/// Elements [first, last) of the column that the signal shows.
std::pair<std::size_t, std::size_t> elements_of(const SignalRef& signal, const Column& column) {
  if (signal.element) return {*signal.element, std::min(*signal.element + 1, column.spec.width)};
  return {0, std::min<std::size_t>(column.spec.width, kMostLines)};
}

/// A line of at most four points a pixel column (first, lowest, highest, last), which looks the
/// same as one of all samples.
class Polyline {
 public:
  Polyline(cv::Mat& pixels, Colour colour) : pixels_(pixels), colour_(colour) {}
  void add(cv::Point point) {
    if (points_.empty() || point.x != points_.back().x) {
      close_column();
      points_.push_back(point);
      low_ = high_ = last_ = point.y;
      open_ = true;
    } else {
      low_ = std::min(low_, point.y);
      high_ = std::max(high_, point.y);
      last_ = point.y;
    }
  }
  void finish() {
    close_column();
    if (points_.size() == 1)
      cv::circle(pixels_, points_[0], 1, colour_, cv::FILLED, cv::LINE_AA);
    else if (!points_.empty())
      cv::polylines(pixels_, points_, false, colour_, 1, cv::LINE_AA);
    points_.clear();
  }

 private:
  void close_column() {
    if (!open_) return;
    open_ = false;
    const int x = points_.back().x, first = points_.back().y;
    if (low_ != first) points_.emplace_back(x, low_);
    if (high_ != first) points_.emplace_back(x, high_);
    if (points_.back().y != last_) points_.emplace_back(x, last_);
  }
  cv::Mat& pixels_;
  Colour colour_;
  std::vector<cv::Point> points_;
  int low_ = 0, high_ = 0, last_ = 0;
  bool open_ = false;
};

}  // namespace

SignalStrips::SignalStrips(const Scene& scene, TimeRange range, int width, Progress& progress)
    : scene_(scene), width_(width) {
  for (const SignalRef& signal : scene.shown) strips_.push_back({signal});
  constexpr Nanos kChunk = std::chrono::seconds(20);
  std::map<std::string, std::vector<Strip*>> by_stream;
  for (Strip& strip : strips_) by_stream[strip.signal.stream].push_back(&strip);
  if (by_stream.empty()) return;
  progress.begin("signals", by_stream.size(), "streams");
  std::uint64_t done = 0;
  for (auto& [stream, strips] : by_stream) {
    for (SessionTime from = range.start; from < range.end; from += kChunk) {
      const auto slice =
          scene.signals->series(stream, {from, std::min(range.end, from + kChunk)}, false);
      for (Strip* strip : strips) measure(*strip, slice);
    }
    progress.advance(++done);
  }
  progress.end();
}

void SignalStrips::measure(Strip& strip, const SeriesSlice& slice) const {
  const Column* column = find_column(slice, strip.signal.column);
  if (!column) return;
  const auto [first, last] = elements_of(strip.signal, *column);
  for (std::size_t row = 0; row < slice.size(); ++row)
    for (std::size_t element = first; element < last; ++element) {
      const double value = column->number(row, element);
      if (!std::isfinite(value)) continue;
      strip.low = strip.any ? std::min(strip.low, value) : value;
      strip.high = strip.any ? std::max(strip.high, value) : value;
      strip.any = true;
    }
}

int SignalStrips::height() const { return kStrip * static_cast<int>(strips_.size()); }

void SignalStrips::draw(cv::Mat& pixels, int top, SessionTime now, TimeRange window) {
  std::map<std::string, SeriesSlice> slices;
  for (const Strip& strip : strips_)
    if (!slices.contains(strip.signal.stream))
      slices[strip.signal.stream] = scene_.signals->series(strip.signal.stream, window, true);
  for (const Strip& strip : strips_) {
    const Box plot{kGutter, top + 2, width_ - kGutter, kStrip - 4};
    fill(pixels, plot, kPanel);
    draw_strip(pixels, plot, strip, slices.at(strip.signal.stream), now, window);
    top += kStrip;
  }
}

void SignalStrips::draw_strip(cv::Mat& pixels, const Box& plot, const Strip& strip,
                              const SeriesSlice& slice, SessionTime now, TimeRange window) const {
  const Column* column = find_column(slice, strip.signal.column);
  if (!column) {
    draw_text(pixels, to_string(strip.signal), 8, plot.y + 13, kGutter - 16, kDim);
    return;
  }
  draw_name(pixels, plot, strip, *column, slice, now);
  cv::Mat area = pixels(rect_of(plot));
  const bool constant = strip.high <= strip.low;
  const double span = constant ? 1 : strip.high - strip.low;
  const Nanos hole = kHole * median_period(slice.times);
  const auto [first, last] = elements_of(strip.signal, *column);
  for (std::size_t element = first; element < last; ++element) {
    Polyline line(area, series_colour(element - first));
    for (std::size_t row = 0; row < slice.size(); ++row) {
      const double value = column->number(row, element);
      const bool after_hole =
          row > 0 && hole > Nanos{0} && slice.times[row] - slice.times[row - 1] > hole;
      if (after_hole || !std::isfinite(value)) line.finish();
      if (!std::isfinite(value)) continue;
      // The neighbours of the window may lie outside what was measured.
      const double share =
          std::clamp((value - strip.low) / span, -1.0, 2.0) + (constant ? 0.5 : 0.0);
      line.add({time_to_x(slice.times[row], window, 0, plot.width),
                plot.height - 4 - static_cast<int>(std::lround(share * (plot.height - 8)))});
    }
    line.finish();
  }
  if (!strip.any) return;
  for (const bool high : {true, false}) {
    const std::string text = fmt::format("{:.4g}", high ? strip.high : strip.low);
    const int wide = text_width(text, 0.36), y = high ? plot.y + 8 : plot.bottom() - 8;
    // On a ground of its own: curves run below it.
    fill(pixels, {plot.right() - wide - 8, y - 7, wide + 8, 14}, kPanel);
    draw_text(pixels, text, plot.right() - wide - 4, y, 0, kDim, 0.36);
  }
}

void SignalStrips::draw_name(cv::Mat& pixels, const Box& plot, const Strip& strip,
                             const Column& column, const SeriesSlice& slice,
                             SessionTime now) const {
  draw_text(pixels, to_string(strip.signal), 8, plot.y + 13, kGutter - 16, kText);
  const auto [first, last] = elements_of(strip.signal, column);
  std::string state;
  if (last - first == 1) {
    const auto after = std::upper_bound(slice.times.begin(), slice.times.end(), now);
    if (after != slice.times.begin())
      state = fmt::format(
          "{:.5g} ",
          column.number(static_cast<std::size_t>(after - slice.times.begin() - 1), first));
  } else {
    state = fmt::format("{} of {} ", last - first, column.spec.width);
  }
  if (!strip.any) state = "no value ";
  draw_text(pixels, state + column.spec.unit, 8, plot.y + 31, kGutter - 16, kDim, 0.4);
}

}  // namespace reelcell::replay
