// What people marked in single pictures: boxes, polygons, masks.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "reelcell/model/value.hpp"

namespace reelcell {

enum class ObjectShape { kBox, kPolygon, kPolyline, kPoints, kMask };
std::string_view to_string(ObjectShape shape);
ObjectShape parse_object_shape(std::string_view text);  ///< InputError with the allowed names

/// Coordinates are pixels of the picture that it was drawn on, (0, 0) its upper left corner; x to
/// the right, y down.
struct PictureObject {
  std::string label;  ///< class
  std::string track;  ///< the same thing in other pictures, "" = not said
  ObjectShape shape = ObjectShape::kBox;
  std::array<double, 4> box{};                ///< x0, y0, x1, y1: around all of it
  std::vector<std::vector<double>> outlines;  ///< x, y, x, y, ..; polygons have one or more
  /// Of a mask: lengths of runs of pixels outside and inside in turn, outside first, column by
  /// column (COCO's order); they add up to width * height.
  std::vector<std::uint32_t> runs;
  bool occluded = false;
  bool interpolated = false;  ///< between two pictures in which a person placed it
  std::vector<std::pair<std::string, Value>> attributes;
  std::string source;  ///< "cvat labels/front.xml line 12"
};

/// The objects of one camera's clip, by row: a row has those of the frame that it shows.
struct ClipObjects {
  std::string feature, stream;
  int width = 0, height = 0;  ///< of the pictures they were drawn on [px]
  struct Entry {
    std::uint32_t row = 0;
    PictureObject object;
  };
  std::vector<Entry> entries;  ///< in the order of rows
};

/// The document that stands beside a sample ("objects.json").
Json objects_to_json(const std::vector<ClipObjects>& clips);
/// InputError for what objects_to_json() does not write.
std::vector<ClipObjects> objects_from_json(const Json& document, const std::string& where);

}  // namespace reelcell
