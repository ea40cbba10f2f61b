// Where things go in a replay: pure functions of sizes and times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reelcell/base/time.hpp"
#include "reelcell/model/value.hpp"

namespace reelcell::replay {

/// Pixels, origin at the top left.
struct Box {
  int x = 0, y = 0, width = 0, height = 0;
  int right() const { return x + width; }
  int bottom() const { return y + height; }
  friend bool operator==(const Box&, const Box&) = default;
};
struct PictureSize {
  int width = 0, height = 0;
};

/// Equal tiles in rows, filled from the left; as many columns as bring the whole nearest to 16:9.
struct TileGrid {
  int columns = 0, rows = 0;
  int tile_width = 0, tile_height = 0;  ///< with the caption
  Box tile(std::size_t index) const;
  int width() const { return columns * tile_width; }
  int height() const { return rows * tile_height; }
};
/// Tiles are as wide as the widest picture at `picture_height` needs; even numbers throughout, as
/// 4:2:0 video asks for.
TileGrid arrange_tiles(std::span<const PictureSize> pictures, int picture_height,
                       int caption_height);
/// The largest box of the picture's shape inside `area`, centred.
Box fit_inside(PictureSize picture, Box area);

/// Lane of each range such that those of one lane do not overlap: the first free lane, in order of
/// start; what finds none of `most` lanes free goes into the last. Input sorted by start.
std::vector<std::size_t> assign_lanes(std::span<const TimeRange> ranges, std::size_t most);

/// Pixel column of `time` when `range` is drawn over `width` pixels from `left`; not clipped.
int time_to_x(SessionTime time, TimeRange range, int left, int width);

/// The part of the session shown around `now`, `length` long, the cursor in its middle.
TimeRange window_around(SessionTime now, Nanos length);

/// Ordinal of the frame nearest to `time` (ties: the earlier), nothing when it is further than
/// `tolerance` or there are no frames. `times` increases.
std::optional<std::uint32_t> frame_at(std::span<const SessionTime> times, SessionTime time,
                                      Nanos tolerance);
/// Median interval of increasing times; 0 with fewer than two.
Nanos median_period(std::span<const SessionTime> times);

enum class Verdict { kNone, kOk, kNg, kUndecided };
/// What a value says of a part: "OK", "pass", true .. or "NG", "fail", false ..; kUndecided for a
/// word that says so ("unknown", "undecided", ..); kNone for all else.
Verdict verdict_of(const Value& value);

/// Printable ASCII, which is all that the fonts of putText have: degree and mu are spelled out,
/// each other character that is not ASCII becomes one '?', control characters a blank.
std::string printable(std::string_view utf8);
/// Seconds with `digits` decimals, rounded to nearest: "12.480".
std::string seconds_text(Nanos time, int digits = 3);

/// Positions of at most `most` of `count` things, evenly spread, first and last among them.
std::vector<std::size_t> spread(std::size_t count, std::size_t most);

}  // namespace reelcell::replay
