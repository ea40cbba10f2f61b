#include <fmt/format.h>

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "internal/camera_tile.hpp"
#include "internal/lanes.hpp"
#include "internal/signal_strips.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/clip.hpp"
#include "reelcell/media/mp4.hpp"
#include "reelcell/replay/render.hpp"

namespace reelcell::replay {
namespace {

constexpr int kHeader = 30, kAxis = 22, kLeastWidth = 960, kMostPixels = 8192;
/// Frames a clip: bounds how many coded frames are held before they are written.
constexpr std::uint64_t kChunk = 120;

TileGrid tiles_of(const Scene& scene, int tile_height) {
  std::vector<PictureSize> sizes;
  for (const SceneCamera& camera : scene.cameras)
    sizes.push_back(upright_size(camera.source->format()));
  return arrange_tiles(sizes, tile_height, kCaptionHeight);
}

/// Grid lines about a second apart, whatever the window's length, with session times.
Nanos axis_step(Nanos window) {
  for (const std::int64_t ms : {100, 200, 500, 1000, 2000, 5000, 10'000, 30'000, 60'000})
    if (window / Nanos(std::chrono::milliseconds(ms)) <= 10) return std::chrono::milliseconds(ms);
  return std::chrono::minutes(10);
}

/// What the windows of all frames show of the session.
TimeRange seen_range(const Scene& scene, const RenderOptions& options) {
  return {std::max(scene.extent.start, options.range.start - options.window / 2),
          std::min(scene.extent.end, options.range.end + options.window / 2)};
}

/// Everything drawn for one instant.
class Stage {
 public:
  Stage(const Scene& scene, const RenderOptions& options, Progress& progress)
      : scene_(scene),
        options_(options),
        grid_(tiles_of(scene, options.tile_height)),
        width_(std::max(kLeastWidth, grid_.width())),
        lanes_(scene, options.range, width_),
        strips_(scene, seen_range(scene, options), width_, progress),
        canvas_(width_, total_height()) {
    const int left = (width_ - grid_.width()) / 2;
    for (std::size_t i = 0; i < scene.cameras.size(); ++i) {
      Box area = grid_.tile(i);
      area.x += left;
      area.y += kHeader;
      // A seam between neighbours.
      area.width -= 2;
      area.height -= 2;
      tiles_.emplace_back(scene.cameras[i], area, options.tolerance, *scene.diagnostics);
    }
  }

  const media::Picture& draw(SessionTime now) {
    cv::Mat& pixels = canvas_.pixels();
    pixels.setTo(kBackground);
    draw_header(pixels, now);
    for (CameraTile& tile : tiles_) tile.draw(pixels, now, scene_.extent.start);
    const int top = kHeader + grid_.height();
    const TimeRange window = window_around(now, options_.window);
    lanes_.draw(pixels, top, now, window);
    strips_.draw(pixels, top + lanes_.height(), now, window);
    const int plots = top + lanes_.height();
    draw_axis(pixels, plots + strips_.height(), window);
    const int x = kGutter + (width_ - kGutter) / 2;
    fill(pixels,
         {x, plots - lanes_.window_height(), 1, lanes_.window_height() + strips_.height() + 4},
         kCursor);
    return canvas_.picture();
  }
  int width() const { return width_; }
  int height() { return canvas_.pixels().rows; }
  const std::vector<CameraTile>& tiles() const { return tiles_; }

 private:
  int total_height() const {
    const int height = kHeader + grid_.height() + lanes_.height() + strips_.height() + kAxis;
    if (height > kMostPixels || width_ > kMostPixels)
      throw PlanError(
          fmt::format("the replay would be {} x {} px, at most {} are drawn; ask for a "
                      "smaller --height or fewer --signals",
                      width_, height, kMostPixels));
    return height + height % 2;
  }

  void draw_header(cv::Mat& pixels, SessionTime now) const {
    const SessionDescription& session = scene_.signals->session();
    const std::string time = fmt::format("{} s of {} s", seconds_text(now - scene_.extent.start),
                                         seconds_text(scene_.extent.length()));
    const int x = width_ - text_width(time, 0.55) - 10;
    draw_text(pixels, time, x, kHeader / 2, 0, kText, 0.55);
    // Whole attributes only: half a word is a wrong one.
    std::string title = session.id;
    for (std::size_t i = 0; i < session.attributes.size(); ++i) {
      const auto& [name, value] = session.attributes[i];
      const std::size_t more = session.attributes.size() - i;
      const std::string next = fmt::format("{}   {}={}", title, name, to_text(value));
      const std::string rest = more > 1 ? fmt::format("   +{}", more - 1) : "";
      if (text_width(next + rest, 0.5) > x - 24) {
        title += fmt::format("   +{}", more);
        break;
      }
      title = next;
    }
    draw_text(pixels, title, 8, kHeader / 2, x - 24, kText, 0.5);
  }

  void draw_axis(cv::Mat& pixels, int top, TimeRange window) const {
    const Nanos step = axis_step(window.length());
    const SessionTime origin = scene_.extent.start;
    draw_text(pixels, "session time, s", 8, top + kAxis / 2, kGutter - 12, kDim, 0.4);
    std::int64_t index = (window.start - origin) / step - 1;
    for (; origin + index * step < window.end; ++index) {
      const SessionTime time = origin + index * step;
      if (time < window.start) continue;
      const int x = time_to_x(time, window, kGutter, width_ - kGutter);
      fill(pixels, {x, top, 1, 5}, kDim);
      const std::string text = seconds_text(time - origin, step < std::chrono::seconds(1) ? 1 : 0);
      draw_text(pixels, text, x - text_width(text, 0.38) / 2, top + 13, 0, kDim, 0.38);
    }
  }

  const Scene& scene_;
  const RenderOptions& options_;
  TileGrid grid_;
  int width_;
  Lanes lanes_;
  SignalStrips strips_;
  Canvas canvas_;
  std::vector<CameraTile> tiles_;
};

/// Appends pictures to an MP4, a closed clip at a time.
class VideoOut {
 public:
  VideoOut(const fs::path& path, int width, int height, Rational rate)
      : path_(path), width_(width), height_(height), rate_(rate) {
    options_.gop = 30;
    options_.quality = 21;
  }
  void add(const media::Picture& picture) {
    if (!encoder_) encoder_.emplace(width_, height_, rate_, options_);
    encoder_->add(picture);
    if (++in_clip_ == kChunk) flush();
  }
  void close() {
    flush();
    writer_->close();
  }

 private:
  void flush() {
    if (!encoder_) return;
    const ClipPackets clip = encoder_->finish();
    encoder_.reset();
    in_clip_ = 0;
    if (!writer_) writer_.emplace(path_, clip.format, rate_);
    writer_->add(clip);
  }
  fs::path path_;
  int width_, height_;
  Rational rate_;
  media::EncodeOptions options_;
  std::optional<media::PictureEncoder> encoder_;
  std::optional<media::Mp4Writer> writer_;
  std::uint64_t in_clip_ = 0;
};

std::uint64_t ticks_in(TimeRange range, Rational rate) {
  const std::int64_t ticks =
      mul_div(range.length().count(), rate.num, rate.den * 1'000'000'000, Rounding::kUp);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(ticks, 0));
}

}  // namespace

RenderReport render_video(const Scene& scene, const RenderOptions& options, const fs::path& out,
                          Progress& progress) {
  if (scene.cameras.empty() && scene.shown.empty() && scene.signals->session().streams.empty())
    throw PlanError("nothing to draw: the session has no stream that can be read");
  const std::uint64_t ticks = ticks_in(options.range, options.rate);
  if (ticks == 0)
    throw PlanError("nothing to draw: the range from --start to --end is empty; the session is " +
                    seconds_text(scene.extent.length()) + " s long");
  Stage stage(scene, options, progress);
  RenderReport report;
  AtomicPath target(out);
  VideoOut video(target.temp_path(), stage.width(), stage.height(), options.rate);
  progress.begin("replay", ticks, "frames");
  for (; report.frames < ticks; ++report.frames) {
    const auto tick = static_cast<std::int64_t>(report.frames);
    video.add(stage.draw(options.range.start + tick_time(tick, options.rate)));
    progress.advance(report.frames + 1);
  }
  video.close();
  target.commit();
  progress.end();
  report.bytes = fs::file_size(out);
  report.width = stage.width();
  report.height = stage.height();
  for (const CameraTile& tile : stage.tiles()) report.cameras.push_back(tile.report());
  return report;
}

}  // namespace reelcell::replay
