// What all formats of drawn objects share: frame tables, and pixels.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

#include "internal/table.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/labelio/objects.hpp"

namespace reelcell::labelio {
namespace {

std::string size_text(int width, int height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

std::array<double, 4> box_around(const std::vector<std::vector<double>>& outlines) {
  std::array<double, 4> box{outlines[0][0], outlines[0][1], outlines[0][0], outlines[0][1]};
  for (const auto& outline : outlines)
    for (std::size_t i = 0; i + 1 < outline.size(); i += 2) {
      box[0] = std::min(box[0], outline[i]);
      box[1] = std::min(box[1], outline[i + 1]);
      box[2] = std::max(box[2], outline[i]);
      box[3] = std::max(box[3], outline[i + 1]);
    }
  return box;
}

/// Tools let a hand slip over the border; what lies wholly outside was drawn on another picture.
void require_inside(const PictureObject& object, int width, int height, const std::string& where) {
  const auto& box = object.box;
  const bool finite =
      std::all_of(box.begin(), box.end(), [](double v) { return std::isfinite(v); });
  if (!finite || box[2] < box[0] || box[3] < box[1])
    throw InputError(where, object.source + ": its corners are in the wrong order or no numbers");
  if (box[0] > width || box[1] > height || box[2] < 0 || box[3] < 0)
    throw InputError(where, object.source + ": lies outside of the picture of " +
                                size_text(width, height) + " pixels");
}

}  // namespace

std::vector<double> turned_corners(const std::array<double, 4>& box, double pivot_x, double pivot_y,
                                   double degrees) {
  const double angle = degrees * std::numbers::pi / 180, c = std::cos(angle), s = std::sin(angle);
  std::vector<double> outline;
  for (const auto& [x, y] : {std::pair(box[0], box[1]), std::pair(box[2], box[1]),
                             std::pair(box[2], box[3]), std::pair(box[0], box[3])}) {
    outline.push_back(pivot_x + (x - pivot_x) * c - (y - pivot_y) * s);
    outline.push_back(pivot_y + (x - pivot_x) * s + (y - pivot_y) * c);
  }
  return outline;
}

PictureObject in_pixels(const DrawnObject& drawn, int width, int height, const std::string& where) {
  if (drawn.width > 0 && (drawn.width != width || drawn.height != height))
    throw InputError(where, drawn.object.source + ": was drawn on a picture of " +
                                size_text(drawn.width, drawn.height) +
                                " pixels, but the video has " + size_text(width, height) +
                                "; it is another video, or one that was scaled");
  PictureObject object = drawn.object;
  if (drawn.relative) {
    for (std::size_t i = 0; i < 4; ++i) object.box[i] *= i % 2 ? height : width;
    for (auto& outline : object.outlines)
      for (std::size_t i = 0; i < outline.size(); ++i) outline[i] *= i % 2 ? height : width;
  }
  if (drawn.rotation != 0) {
    object.outlines = {turned_corners(object.box, object.box[0], object.box[1], drawn.rotation)};
    object.shape = ObjectShape::kPolygon;
  }
  if (!object.runs.empty()) {
    std::uint64_t pixels = 0;
    for (const std::uint32_t run : object.runs) pixels += run;
    if (pixels != static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height))
      throw InputError(where, object.source + ": its mask has " + std::to_string(pixels) +
                                  " pixels, but the video has " + size_text(width, height));
    const auto box = box_of_runs(object.runs, height);
    if (!box) throw InputError(where, object.source + ": its mask is empty");
    object.box = *box;
  } else if (!object.outlines.empty()) {
    object.box = box_around(object.outlines);
  }
  require_inside(object, width, height, where);
  return object;
}

namespace {
std::vector<std::uint32_t> scaled_runs(const PictureObject& object, int from_width, int from_height,
                                       int to_width, int to_height) {
  std::vector<bool> inside;
  inside.reserve(static_cast<std::size_t>(from_width) * static_cast<std::size_t>(from_height));
  for (std::size_t i = 0; i < object.runs.size(); ++i)
    inside.insert(inside.end(), object.runs[i], i % 2 == 1);
  inside.resize(static_cast<std::size_t>(from_width) * static_cast<std::size_t>(from_height));
  // The pixel whose middle is nearest to that of the new one.
  const auto source = [](int at, int from, int to) {
    return static_cast<std::size_t>((2 * std::int64_t{at} + 1) * from / (2 * std::int64_t{to}));
  };
  const auto rows = static_cast<std::size_t>(from_height);
  auto runs = runs_of(to_width, to_height, [&](int x, int y) {
    return inside[source(x, from_width, to_width) * rows + source(y, from_height, to_height)];
  });
  if (box_of_runs(runs, to_height)) return runs;
  const auto middle = [](double low, double high, int from, int to) {
    return std::clamp(static_cast<int>((low + high) / 2 * to / from), 0, to - 1);
  };
  const int x0 = middle(object.box[0], object.box[2], from_width, to_width),
            y0 = middle(object.box[1], object.box[3], from_height, to_height);
  return runs_of(to_width, to_height, [&](int x, int y) { return x == x0 && y == y0; });
}
}  // namespace

PictureObject scaled(const PictureObject& object, int from_width, int from_height, int to_width,
                     int to_height) {
  PictureObject result = object;
  if (from_width == to_width && from_height == to_height) return result;
  const double sx = static_cast<double>(to_width) / from_width,
               sy = static_cast<double>(to_height) / from_height;
  for (std::size_t i = 0; i < 4; ++i) result.box[i] *= i % 2 ? sy : sx;
  for (auto& outline : result.outlines)
    for (std::size_t i = 0; i < outline.size(); ++i) outline[i] *= i % 2 ? sy : sx;
  if (!object.runs.empty()) {
    result.runs = scaled_runs(object, from_width, from_height, to_width, to_height);
    result.box = *box_of_runs(result.runs, to_height);
  } else if (!result.outlines.empty()) {
    result.box = box_around(result.outlines);
  }
  return result;
}

FrameTable read_frame_table(std::string_view text, const std::string& where) {
  std::size_t at = 0, line = 1;
  const Fields header = next_record(text, at);
  const auto column = [&](std::initializer_list<const char*> names) -> std::optional<std::size_t> {
    for (const char* name : names) {
      const auto found = std::find(header.begin(), header.end(), name);
      if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
    }
    return std::nullopt;
  };
  FrameTable table;
  const auto picture = column({"picture", "file_name", "image_id"});
  std::optional<std::size_t> value;
  for (const auto& [name, key] :
       {std::pair("pts", FrameTable::Key::kPts), std::pair("time_ns", FrameTable::Key::kTime),
        std::pair("frame", FrameTable::Key::kFrame)})
    if (!value && (value = column({name}))) table.key = key;
  if (!picture || !value)
    throw InputError(where,
                     "line 1: a frame table needs the column picture (or file_name, image_id) and "
                     "one of frame, pts or time_ns");
  while (at < text.size()) {
    ++line;
    const Fields fields = next_record(text, at);
    if (fields.size() == 1 && fields[0].empty()) continue;
    const std::string place = "line " + std::to_string(line);
    if (fields.size() != header.size())
      throw InputError(where, place + ": has " + std::to_string(fields.size()) +
                                  " fields, expected " + std::to_string(header.size()));
    const std::string& number = fields[*value];
    std::int64_t parsed = 0;
    const auto [stop, error] =
        std::from_chars(number.data(), number.data() + number.size(), parsed);
    if (error != std::errc() || stop != number.data() + number.size())
      throw InputError(where, place + ": '" + number + "' is no whole number");
    if (!table.of.emplace(fields[*picture], parsed).second)
      throw InputError(where, place + ": the picture '" + fields[*picture] + "' is there twice");
  }
  return table;
}

}  // namespace reelcell::labelio
