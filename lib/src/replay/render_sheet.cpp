#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "internal/camera_tile.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/replay/render.hpp"

namespace reelcell::replay {
namespace {

constexpr int kHeader = 34, kLine = 17, kMostLabelLines = 3, kMargin = 4;

const SceneCamera& camera_of(const Scene& scene, const std::string& name) {
  if (scene.cameras.empty())
    throw PlanError("a contact sheet needs a camera; this session has none that can be read");
  if (name.empty()) return scene.cameras.front();
  std::vector<std::string> names;
  for (const SceneCamera& camera : scene.cameras) {
    if (camera.name == name) return camera;
    names.push_back(camera.name);
  }
  throw InputError("--camera", unknown_name("camera", name, names));
}

struct SheetTile {
  const Segment* segment = nullptr;
  std::optional<std::uint32_t> frame;  ///< nearest to the middle, within the segment
};

std::vector<SheetTile> choose_tiles(const Scene& scene, const SheetOptions& options,
                                    const SceneCamera& camera, SheetReport& report) {
  std::vector<const Segment*> segments;
  for (const Segment& segment : scene.segments)
    if (options.range.contains(segment.range.start)) segments.push_back(&segment);
  if (segments.empty())
    throw PlanError("no segment begins in the range; 'reelcell label' shows where they lie");
  report.segments = segments.size();
  const Nanos period = median_period(*camera.times);
  std::vector<SheetTile> tiles;
  for (const std::size_t i : spread(segments.size(), options.most)) {
    const TimeRange range = segments[i]->range;
    // A segment shorter than a period may hold no frame; the next one still shows the place.
    const Nanos tolerance = std::max(range.length() / 2, period);
    tiles.push_back(
        {segments[i], frame_at(*camera.times, range.start + range.length() / 2, tolerance)});
  }
  return tiles;
}

/// Labels, a line each as far as they go; the last line takes the rest.
std::vector<std::string> label_lines(const Segment& segment, int width) {
  std::vector<std::string> lines;
  for (const Label& label : segment.labels) {
    std::string text = label.name + " " + to_text(label.value);
    if (const double* number = std::get_if<double>(&label.value))
      text = fmt::format("{} {:.4g}", label.name, *number);
    if (!lines.empty() &&
        (text_width(lines.back() + "   " + text, 0.38) <= width || lines.size() == kMostLabelLines))
      lines.back() += "   " + text;
    else
      lines.push_back(text);
  }
  return lines;
}

Verdict segment_verdict(const Segment& segment) {
  // A label that is a flag ("still") is no verdict on the part.
  for (const Label& label : segment.labels)
    if (std::holds_alternative<std::string>(label.value))
      if (const Verdict verdict = verdict_of(label.value); verdict != Verdict::kNone)
        return verdict;
  return Verdict::kNone;
}

struct SheetLayout {
  int columns = 1, rows = 1, tile_width = 320, picture_height = 180, label_lines = 0;
  int tile_height() const { return picture_height + kLine * (2 + label_lines) + 8; }
  int width() const { return columns * tile_width + 2 * kMargin; }
  int height() const { return kHeader + rows * tile_height() + kMargin; }
  Box tile(std::size_t index) const {
    const int i = static_cast<int>(index);
    return {kMargin + i % columns * tile_width, kHeader + i / columns * tile_height(), tile_width,
            tile_height()};
  }
};

SheetLayout lay_out(const std::vector<SheetTile>& tiles, PictureSize picture, int most_width) {
  SheetLayout layout;
  // A sheet half as high again as it is wide still fits a screen by scrolling once.
  const double count = static_cast<double>(tiles.size());
  const double shape =
      picture.width > 0 ? static_cast<double>(picture.height) / picture.width : 0.75;
  layout.columns =
      std::clamp(static_cast<int>(std::ceil(std::sqrt(count * (shape + 0.25)))), 1, 12);
  layout.tile_width = std::clamp((most_width - 2 * kMargin) / layout.columns, 120, 400);
  layout.columns = std::min(layout.columns, std::max(1, most_width / layout.tile_width));
  layout.rows = (static_cast<int>(tiles.size()) + layout.columns - 1) / layout.columns;
  layout.picture_height =
      std::clamp(static_cast<int>(std::lround(layout.tile_width * shape)), 60, 600);
  for (const SheetTile& tile : tiles)
    layout.label_lines =
        std::max(layout.label_lines,
                 static_cast<int>(label_lines(*tile.segment, layout.tile_width - 24).size()));
  return layout;
}

void draw_caption(cv::Mat& pixels, const SheetLayout& layout, const Box& area,
                  const Segment& segment, SessionTime origin) {
  int y = area.y + layout.picture_height + 4 + kLine / 2;
  const int left = area.x + 10, width = area.width - 18;
  draw_text(pixels, segment.name, left, y, width, kText, 0.42);
  const std::string time = fmt::format("{} s, {} ms", seconds_text(segment.range.start - origin),
                                       segment.range.length().count() / 1'000'000);
  draw_text(pixels, time, left, y += kLine, width, kDim, 0.38);
  for (const std::string& line : label_lines(segment, area.width - 24))
    draw_text(pixels, line, left, y += kLine, width, kText, 0.38);
}

void draw_tile(cv::Mat& pixels, const SheetLayout& layout, std::size_t index,
               const Segment& segment, SessionTime origin, const cv::Mat* picture) {
  Box area = layout.tile(index);
  area.width -= 4;
  area.height -= 4;
  fill(pixels, area, kPanel);
  const Box top{area.x, area.y, area.width, layout.picture_height};
  if (picture) {
    const Box box = fit_inside({picture->cols, picture->rows}, top);
    fill(pixels, top, cv::Scalar(12, 13, 15));
    cv::Mat scaled;
    cv::resize(*picture, scaled, {box.width, box.height}, 0, 0, cv::INTER_AREA);
    scaled.copyTo(pixels(rect_of(box)));
  } else {
    fill(pixels, top, kMissing);
    draw_text(pixels, "no frame", top.x + (top.width - text_width("no frame", 0.6)) / 2,
              top.y + top.height / 2, 0, kText, 0.6);
  }
  fill(pixels, {area.x, area.y + layout.picture_height, 4, area.height - layout.picture_height},
       verdict_colour(segment_verdict(segment), kGrid));
  draw_caption(pixels, layout, area, segment, origin);
}

}  // namespace

SheetReport render_sheet(const Scene& scene, const SheetOptions& options, const fs::path& out,
                         Progress& progress) {
  SheetReport report;
  const SceneCamera& camera = camera_of(scene, options.camera);
  const std::vector<SheetTile> tiles = choose_tiles(scene, options, camera, report);
  const PictureSize size = upright_size(camera.source->format());
  const SheetLayout layout = lay_out(tiles, size, options.width);
  Canvas canvas(layout.width(), layout.height());
  draw_text(canvas.pixels(),
            fmt::format("{}   {}   {} of {} segments", scene.signals->session().id, camera.name,
                        tiles.size(), report.segments),
            10, kHeader / 2, layout.width() - 20, kText, 0.55);

  const SessionTime origin = scene.extent.start;
  std::vector<std::pair<std::uint32_t, std::size_t>> wanted;  // ordinal, tile
  for (std::size_t i = 0; i < tiles.size(); ++i)
    if (tiles[i].frame)
      wanted.emplace_back(*tiles[i].frame, i);
    else
      draw_tile(canvas.pixels(), layout, i, *tiles[i].segment, origin, nullptr);
  std::sort(wanted.begin(), wanted.end());
  std::vector<std::uint32_t> ordinals;
  for (const auto& [ordinal, tile] : wanted) ordinals.push_back(ordinal);
  const Box box = fit_inside(size, {0, 0, layout.tile_width - 4, layout.picture_height});
  report.missing = tiles.size() - wanted.size();
  progress.begin("sheet", wanted.size(), "segments");
  media::for_each_frame(
      camera.source, ordinals,
      [&](std::size_t position, const media::DecodedFrame* frame) {
        cv::Mat picture;
        if (frame)
          picture =
              upright_pixels(*frame, camera.source->format().rotation, {box.width, box.height});
        else
          ++report.missing;
        const std::size_t index = wanted[position].second;
        draw_tile(canvas.pixels(), layout, index, *tiles[index].segment, origin,
                  frame ? &picture : nullptr);
        progress.advance(position + 1);
      },
      *scene.diagnostics);
  progress.end();

  const Bytes png = media::encode_png(canvas.picture());
  AtomicFile file(out);
  file.write(png);
  file.commit();
  report.tiles = tiles.size();
  report.columns = layout.columns;
  report.width = layout.width();
  report.height = layout.height();
  report.bytes = png.size();
  return report;
}

}  // namespace reelcell::replay
