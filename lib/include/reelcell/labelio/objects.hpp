// Boxes, polygons and masks that people drew in other tools, as those tools wrote them: before they
// are tied to the frames of a video.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reelcell/model/objects.hpp"

namespace reelcell::labelio {

struct DrawnObject {
  std::int64_t frame = 0;  ///< number of the frame, the first is 0
  std::string picture;     ///< name or id of the picture, where the tool knows no video
  PictureObject object;
  int width = 0, height = 0;  ///< of the picture as the tool knew it [px], 0 = not said
  bool relative = false;      ///< coordinates are shares of width and height, not pixels
  double rotation = 0;        ///< of a box, clockwise about its first corner [degrees]
};

struct ObjectFile {
  std::vector<DrawnObject> objects;
  bool pictures = false;               ///< objects name pictures: a FrameTable places them
  std::optional<std::int64_t> frames;  ///< of the video as the tool counted them
  std::string media;                   ///< the video's name as the tool knew it
  std::uint64_t left_out = 0;          ///< entries of other kinds
};

/// Which frame of a video a picture is: a CSV with the column picture (or file_name, image_id) and
/// one of frame (ordinal from 0), pts (as in the container) or time_ns (on the stream's own clock).
struct FrameTable {
  enum class Key { kFrame, kPts, kTime };
  Key key = Key::kFrame;
  std::map<std::string, std::int64_t> of;
};
FrameTable read_frame_table(std::string_view text, const std::string& where);

/// In pixels of a picture of this size, with its box; turned boxes become polygons. InputError when
/// it was drawn on a picture of another size, or lies nowhere in this one.
PictureObject in_pixels(const DrawnObject& drawn, int width, int height, const std::string& where);

/// As in a picture that was scaled to another size: each side by its own ratio, masks by the
/// nearest pixel. A mask keeps a pixel at least.
PictureObject scaled(const PictureObject& object, int from_width, int from_height, int to_width,
                     int to_height);

/// The corners of a box, turned clockwise about a point.
std::vector<double> turned_corners(const std::array<double, 4>& box, double pivot_x, double pivot_y,
                                   double degrees);

// Masks. `runs` as in PictureObject.

/// Of pixels in rows; `inside(x, y)`.
template <class Inside>
std::vector<std::uint32_t> runs_of(int width, int height, Inside inside) {
  std::vector<std::uint32_t> runs;
  std::uint32_t length = 0;
  bool in = false;
  for (int x = 0; x < width; ++x)
    for (int y = 0; y < height; ++y) {
      if (static_cast<bool>(inside(x, y)) != in) {
        runs.push_back(length);
        length = 0;
        in = !in;
      }
      ++length;
    }
  runs.push_back(length);
  return runs;
}
/// x0, y0, x1, y1 around what is inside; nullopt for an empty mask.
std::optional<std::array<double, 4>> box_of_runs(const std::vector<std::uint32_t>& runs,
                                                 int height);
/// COCO's compressed text form. InputError for what is none.
std::vector<std::uint32_t> runs_from_text(std::string_view text);
/// Label Studio's packed pixels (RGBA; alpha says what is inside). InputError for what is none.
std::vector<std::uint32_t> runs_from_packed(const std::vector<std::uint8_t>& packed, int width,
                                            int height);

}  // namespace reelcell::labelio
