#include "reelcell/replay/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace reelcell::replay {
namespace {

int even(double pixels) { return 2 * static_cast<int>(std::ceil(pixels / 2)); }
int even(int pixels) { return pixels + pixels % 2; }

std::int64_t magnitude(Nanos d) { return d.count() < 0 ? -d.count() : d.count(); }

}  // namespace

Box TileGrid::tile(std::size_t index) const {
  const int position = static_cast<int>(index);
  return {position % columns * tile_width, position / columns * tile_height, tile_width,
          tile_height};
}

TileGrid arrange_tiles(std::span<const PictureSize> pictures, int picture_height,
                       int caption_height) {
  if (pictures.empty()) return {};
  double widest = 0;
  for (const PictureSize& size : pictures)
    if (size.height > 0)
      widest = std::max(widest, static_cast<double>(size.width) / static_cast<double>(size.height));
  // Neither a sliver nor a banner decides the width of all tiles.
  widest = std::clamp(widest, 0.75, 2.4);
  TileGrid best;
  double best_distance = 0;
  const int count = static_cast<int>(pictures.size());
  for (int columns = 1; columns <= count; ++columns) {
    TileGrid grid{columns, (count + columns - 1) / columns, even(widest * picture_height),
                  even(picture_height + caption_height)};
    const double shape = static_cast<double>(grid.width()) / grid.height();
    const double distance = std::abs(std::log(shape / (16.0 / 9.0)));
    if (columns > 1 && distance >= best_distance) continue;
    best = grid;
    best_distance = distance;
  }
  return best;
}

Box fit_inside(PictureSize picture, Box area) {
  if (picture.width <= 0 || picture.height <= 0) return area;
  const double scale = std::min(static_cast<double>(area.width) / picture.width,
                                static_cast<double>(area.height) / picture.height);
  const int width = std::clamp(static_cast<int>(std::lround(picture.width * scale)), 1, area.width);
  const int height =
      std::clamp(static_cast<int>(std::lround(picture.height * scale)), 1, area.height);
  return {area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height};
}

std::vector<std::size_t> assign_lanes(std::span<const TimeRange> ranges, std::size_t most) {
  std::vector<SessionTime> free_from;
  std::vector<std::size_t> lanes;
  for (const TimeRange& range : ranges) {
    std::size_t lane = 0;
    while (lane < free_from.size() && free_from[lane] > range.start) ++lane;
    lane = std::min(lane, most - 1);
    if (lane == free_from.size()) free_from.push_back(range.end);
    free_from[lane] = std::max(free_from[lane], range.end);
    lanes.push_back(lane);
  }
  return lanes;
}

int time_to_x(SessionTime time, TimeRange range, int left, int width) {
  if (range.empty()) return left;
  const double share = static_cast<double>((time - range.start).count()) /
                       static_cast<double>(range.length().count());
  // Far outside is as good as just outside; drawing wants coordinates that stay small.
  return left + static_cast<int>(std::lround(std::clamp(share, -4.0, 5.0) * width));
}

TimeRange window_around(SessionTime now, Nanos length) {
  const SessionTime start = now - length / 2;
  return {start, start + length};
}

std::optional<std::uint32_t> frame_at(std::span<const SessionTime> times, SessionTime time,
                                      Nanos tolerance) {
  if (times.empty()) return std::nullopt;
  auto nearest = std::lower_bound(times.begin(), times.end(), time);
  if (nearest == times.end())
    --nearest;
  else if (nearest != times.begin() &&
           magnitude(time - *(nearest - 1)) <= magnitude(*nearest - time))
    --nearest;
  if (magnitude(*nearest - time) > tolerance.count()) return std::nullopt;
  return static_cast<std::uint32_t>(nearest - times.begin());
}

Nanos median_period(std::span<const SessionTime> times) {
  if (times.size() < 2) return Nanos{0};
  std::vector<std::int64_t> periods;
  periods.reserve(times.size() - 1);
  for (std::size_t i = 1; i < times.size(); ++i)
    periods.push_back((times[i] - times[i - 1]).count());
  const auto middle = periods.begin() + static_cast<std::ptrdiff_t>(periods.size() / 2);
  std::nth_element(periods.begin(), middle, periods.end());
  return Nanos{*middle};
}

Verdict verdict_of(const Value& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? Verdict::kOk : Verdict::kNg;
  const std::string* text = std::get_if<std::string>(&value);
  if (!text) return Verdict::kNone;
  std::string word;
  for (const char c : *text) word += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  const auto is_one_of = [&](std::initializer_list<const char*> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  if (is_one_of({"ok", "pass", "passed", "good", "io"})) return Verdict::kOk;
  if (is_one_of({"ng", "nok", "fail", "failed", "bad", "defect", "nio"})) return Verdict::kNg;
  if (is_one_of({"unknown", "undecided", "uncertain", "unsure", "review"}))
    return Verdict::kUndecided;
  return Verdict::kNone;
}

std::string printable(std::string_view utf8) {
  std::string text;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte >= 0x20 && byte < 0x7f) {
      text += utf8[i];
    } else if (byte < 0x80) {
      text += ' ';
    } else if ((byte & 0xc0) == 0xc0) {
      const std::string_view pair = utf8.substr(i, 2);
      if (pair == "\u00b0")
        text += "deg";
      else if (pair == "\u00b5" || pair == "\u03bc")
        text += 'u';
      else
        text += '?';
    }  // else a continuation byte: its first byte stood for it
  }
  return text;
}

std::string seconds_text(Nanos time, int digits) {
  std::int64_t unit = 1'000'000'000;
  for (int i = 0; i < digits; ++i) unit /= 10;
  std::int64_t steps = mul_div(magnitude(time), 1, unit, Rounding::kNearest);
  const char* sign = time.count() < 0 && steps != 0 ? "-" : "";
  const std::int64_t per_second = 1'000'000'000 / unit;
  if (digits == 0) return fmt::format("{}{}", sign, steps);
  return fmt::format("{}{}.{:0{}}", sign, steps / per_second, steps % per_second, digits);
}

std::vector<std::size_t> spread(std::size_t count, std::size_t most) {
  const std::size_t chosen = std::min(count, most);
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < chosen; ++i)
    positions.push_back(chosen == 1 ? 0 : i * (count - 1) / (chosen - 1));
  return positions;
}

}  // namespace reelcell::replay
