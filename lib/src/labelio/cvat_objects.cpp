// The shapes of CVAT XML 1.1: of videos by track and frame, of images by the picture's name.
#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "internal/cvat.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::labelio {
namespace {

double number_of(std::string_view text, const XmlElement& shape, const std::string& where) {
  double value = 0;
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size())
    throw InputError(where, shape.place() + ": '" + std::string(text) + "' is no number");
  return value;
}
double number_of(const XmlElement& shape, const char* name, const std::string& where) {
  return number_of(shape.attribute(name), shape, where);
}

/// "1.5,2;3,4" or "1, 2, 3".
std::vector<double> list_of_numbers(std::string_view text, const XmlElement& shape,
                                    const std::string& where) {
  std::vector<double> values;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(",;"), text.size());
    values.push_back(number_of(text.substr(0, end), shape, where));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return values;
}

/// Runs of rows within a rectangle become runs of columns of the whole picture.
void take_mask(const XmlElement& shape, int width, int height, const std::string& where,
               PictureObject& object) {
  if (width <= 0 || height <= 0)
    throw InputError(where, shape.place() + ": a mask needs <original_size> in <meta>");
  const auto whole = [&](const char* name) {
    return static_cast<std::int64_t>(number_of(shape, name, where));
  };
  const std::int64_t left = whole("left"), top = whole("top"), w = whole("width"),
                     h = whole("height");
  if (left < 0 || top < 0 || w < 1 || h < 1 || left + w > width || top + h > height)
    throw InputError(where, shape.place() + ": its mask leaves the picture");
  std::vector<bool> inside(static_cast<std::size_t>(w * h));
  std::size_t at = 0;
  bool in = false;
  for (const double run : list_of_numbers(shape.attribute("rle"), shape, where)) {
    if (!(run >= 0) || run > static_cast<double>(inside.size() - at))
      throw InputError(where, shape.place() + ": its mask has more pixels than its rectangle");
    for (const std::size_t end = at + static_cast<std::size_t>(run); at < end; ++at)
      inside[at] = in;
    in = !in;
  }
  object.runs = runs_of(width, height, [&](int x, int y) {
    const std::int64_t column = x - left, row = y - top;
    return column >= 0 && row >= 0 && column < w && row < h &&
           inside[static_cast<std::size_t>(row * w + column)];
  });
}

struct Kind {
  const char* name;
  ObjectShape shape;
};
constexpr Kind kKinds[] = {{"box", ObjectShape::kBox},
                           {"polygon", ObjectShape::kPolygon},
                           {"polyline", ObjectShape::kPolyline},
                           {"points", ObjectShape::kPoints},
                           {"mask", ObjectShape::kMask}};

class Reader {
 public:
  Reader(ObjectFile& file, int width, int height, std::string where)
      : file_(file), width_(width), height_(height), where_(std::move(where)) {}

  void track(const XmlElement& track) {
    std::vector<Shape> shapes;
    for (const Kind& kind : kKinds)
      for (const XmlElement& element : track.children(kind.name))
        shapes.push_back({element, kind.shape, element.integer("frame"),
                          element.find("outside").value_or("0") == "1"});
    for (const char* other : {"ellipse", "cuboid", "skeleton"})
      file_.left_out += track.children(other).size();
    std::stable_sort(shapes.begin(), shapes.end(),
                     [](const Shape& a, const Shape& b) { return a.frame < b.frame; });
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      if (shapes[i].outside) continue;
      const DrawnObject drawn = object_of(track, shapes[i], width_, height_);
      if (i > 0 && !shapes[i - 1].outside) between(track, shapes[i - 1], shapes[i]);
      file_.objects.push_back(drawn);
    }
  }

  void image(const XmlElement& image) {
    const int width = static_cast<int>(image.integer("width")),
              height = static_cast<int>(image.integer("height"));
    for (const Kind& kind : kKinds)
      for (const XmlElement& element : image.children(kind.name)) {
        DrawnObject drawn = object_of(element, {element, kind.shape, 0, false}, width, height);
        drawn.picture = image.attribute("name");
        file_.objects.push_back(std::move(drawn));
      }
    for (const char* other : {"ellipse", "cuboid", "skeleton", "tag"})
      file_.left_out += image.children(other).size();
  }

 private:
  struct Shape {
    XmlElement element;
    ObjectShape shape;
    std::int64_t frame = 0;
    bool outside = false;
  };

  /// `named` has the label: the track, or the shape itself.
  DrawnObject object_of(const XmlElement& named, const Shape& shape, int width, int height) const {
    const XmlElement& element = shape.element;
    if (shape.frame < 0 || shape.frame > 1'000'000'000'000)
      throw InputError(
          where_, element.place() + ": frame " + std::to_string(shape.frame) + " does not exist");
    DrawnObject drawn;
    drawn.frame = shape.frame;
    drawn.width = width;
    drawn.height = height;
    PictureObject& object = drawn.object;
    object.label = named.attribute("label");
    object.track = named.find("id").value_or("");
    object.shape = shape.shape;
    object.source = element.place();
    object.occluded = element.find("occluded").value_or("0") == "1";
    object.interpolated = element.find("keyframe").value_or("1") == "0";
    if (shape.shape == ObjectShape::kBox) {
      object.box = {number_of(element, "xtl", where_), number_of(element, "ytl", where_),
                    number_of(element, "xbr", where_), number_of(element, "ybr", where_)};
      if (const auto rotation = element.find("rotation"))
        turn(number_of(*rotation, element, where_), object);
    } else if (shape.shape == ObjectShape::kMask) {
      take_mask(element, width, height, where_, object);
    } else {
      object.outlines = {list_of_numbers(element.attribute("points"), element, where_)};
      if (object.outlines[0].size() < 2 || object.outlines[0].size() % 2)
        throw InputError(where_, element.place() + ": its points are no pairs of numbers");
    }
    for (const XmlElement& attribute : element.children("attribute"))
      object.attributes.emplace_back(attribute.attribute("name"), attribute.text());
    return drawn;
  }

  /// CVAT turns a box about its middle; the corners are those before.
  static void turn(double degrees, PictureObject& object) {
    if (degrees == 0) return;
    object.attributes.emplace_back("rotation", degrees);
    const auto& box = object.box;
    object.outlines = {turned_corners(box, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, degrees)};
    object.shape = ObjectShape::kPolygon;
  }

  /// A box moves evenly from one placed frame to the next. How other shapes move is not said.
  void between(const XmlElement& track, const Shape& from, const Shape& to) {
    if (from.shape != ObjectShape::kBox || to.shape != ObjectShape::kBox) return;
    if (to.frame - from.frame > 10'000'000)
      throw InputError(where_, to.element.place() + ": lies too far behind the shape before it");
    const DrawnObject a = object_of(track, from, width_, height_),
                      b = object_of(track, to, width_, height_);
    if (!a.object.outlines.empty() || !b.object.outlines.empty()) return;
    for (std::int64_t frame = from.frame + 1; frame < to.frame; ++frame) {
      DrawnObject drawn = a;
      drawn.frame = frame;
      drawn.object.interpolated = true;
      const double share =
          static_cast<double>(frame - from.frame) / static_cast<double>(to.frame - from.frame);
      for (std::size_t i = 0; i < 4; ++i)
        drawn.object.box[i] += share * (b.object.box[i] - a.object.box[i]);
      file_.objects.push_back(std::move(drawn));
    }
  }

  ObjectFile& file_;
  int width_, height_;
  std::string where_;
};

}  // namespace

ObjectFile read_cvat_objects(std::string_view text, const std::string& where) {
  const XmlDocument document(text, where);
  const XmlElement root = document.root();
  require_cvat(root, where);
  const CvatMeta meta = read_cvat_meta(root, where);
  ObjectFile file;
  file.frames = meta.frames;
  file.media = meta.media;
  Reader reader(file, meta.width, meta.height, where);
  const auto images = root.children("image");
  file.pictures = !images.empty();
  for (const XmlElement& image : images) reader.image(image);
  for (const XmlElement& track : root.children("track")) reader.track(track);
  return file;
}

}  // namespace reelcell::labelio
