// Boxes of Label Studio's video tasks (frames from 1, in percent, moving evenly between the frames
// in which a person placed them), and boxes, polygons and brush masks of its picture tasks.
#include <algorithm>

#include "internal/label_studio.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::labelio {
namespace {

double number(const Json& object, const char* key, const std::string& place,
              const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number())
    throw InputError(where, place + ": \"" + key + "\" is no number");
  return found->get<double>();
}

std::string label_of(const Json& value, const std::string& place, const std::string& where) {
  for (const char* key : {"labels", "rectanglelabels", "polygonlabels", "brushlabels"}) {
    const Json labels = value.value(key, Json());
    if (labels.is_array() && !labels.empty() && labels[0].is_string())
      return labels[0].get<std::string>();
  }
  throw InputError(where, place + ": has no label");
}

/// A box in percent, as shares.
void take_box(const Json& value, const std::string& place, const std::string& where,
              DrawnObject& drawn) {
  const double x = number(value, "x", place, where) / 100,
               y = number(value, "y", place, where) / 100;
  drawn.object.box = {x, y, x + number(value, "width", place, where) / 100,
                      y + number(value, "height", place, where) / 100};
  drawn.relative = true;
  drawn.rotation = value.contains("rotation") ? number(value, "rotation", place, where) : 0;
}

DrawnObject drawn_from(const Json& result, const std::string& place, const std::string& where) {
  const Json value = result.value("value", Json::object());
  DrawnObject drawn;
  drawn.object.label = label_of(value, place, where);
  drawn.object.source = place;
  for (const auto& [key, size] :
       {std::pair("original_width", &drawn.width), std::pair("original_height", &drawn.height)}) {
    const Json stated = result.value(key, Json());
    if (!stated.is_number()) continue;
    const double pixels = stated.get<double>();
    if (!(pixels >= 1 && pixels < 100'000))
      throw InputError(where, place + ": a picture of no size");
    *size = static_cast<int>(pixels);
  }
  return drawn;
}

struct KeyFrame {
  std::int64_t frame = 0;
  bool enabled = true;  ///< the box is there after it, too
  DrawnObject drawn;
};

std::vector<KeyFrame> sequence_of(const Json& result, const DrawnObject& common,
                                  const std::string& place, const std::string& where) {
  const Json sequence = result.value("value", Json::object()).value("sequence", Json());
  if (!sequence.is_array())
    throw InputError(where, place + ": a box of a video needs its \"sequence\"");
  std::vector<KeyFrame> keys;
  for (const Json& entry : sequence) {
    if (!entry.is_object())
      throw InputError(where, place + ": an entry of its sequence is no object");
    KeyFrame& key = keys.emplace_back();
    const double frame = number(entry, "frame", place, where);
    if (!(frame >= 1 && frame <= 1e12) ||
        frame != static_cast<double>(static_cast<std::int64_t>(frame)))
      throw InputError(where, place + ": frame " + std::to_string(frame) +
                                  " does not exist; frames count from 1");
    key.frame = static_cast<std::int64_t>(frame) - 1;
    key.enabled = entry.value("enabled", true);
    key.drawn = common;
    take_box(entry, place, where, key.drawn);
  }
  std::stable_sort(keys.begin(), keys.end(),
                   [](const KeyFrame& a, const KeyFrame& b) { return a.frame < b.frame; });
  return keys;
}

void add_between(const KeyFrame& from, const KeyFrame& to, ObjectFile& file) {
  for (std::int64_t frame = from.frame + 1; frame < to.frame; ++frame) {
    const double share =
        static_cast<double>(frame - from.frame) / static_cast<double>(to.frame - from.frame);
    DrawnObject& drawn = file.objects.emplace_back(from.drawn);
    drawn.frame = frame;
    drawn.object.interpolated = true;
    for (std::size_t i = 0; i < 4; ++i)
      drawn.object.box[i] += share * (to.drawn.object.box[i] - from.drawn.object.box[i]);
    drawn.rotation += share * (to.drawn.rotation - from.drawn.rotation);
  }
}

void read_video_box(const Json& result, const std::string& place, const std::string& where,
                    ObjectFile& file) {
  constexpr std::int64_t kLongest = 10'000'000;
  DrawnObject common = drawn_from(result, place, where);
  common.object.track = result.value("id", "");
  const auto frames = result.value("value", Json::object()).value("framesCount", Json());
  if (frames.is_number_integer()) file.frames = frames.get<std::int64_t>();
  const std::vector<KeyFrame> keys = sequence_of(result, common, place, where);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    file.objects.push_back(keys[i].drawn);
    file.objects.back().frame = keys[i].frame;
    if (!keys[i].enabled) continue;
    // Where the last one does not end it, the box stays until the end of the video.
    KeyFrame next = keys[i];
    if (i + 1 < keys.size())
      next = keys[i + 1];
    else if (file.frames)
      next.frame = *file.frames;
    if (next.frame - keys[i].frame > kLongest)
      throw InputError(where,
                       place + ": goes on for more than " + std::to_string(kLongest) + " frames");
    add_between(keys[i], next, file);
  }
}

void read_polygon(const Json& value, const std::string& place, const std::string& where,
                  DrawnObject& drawn) {
  const Json points = value.value("points", Json());
  if (!points.is_array() || points.size() < 3)
    throw InputError(where, place + ": a polygon needs three points or more");
  std::vector<double>& outline = drawn.object.outlines.emplace_back();
  for (const Json& point : points) {
    if (!point.is_array() || point.size() != 2 || !point[0].is_number() || !point[1].is_number())
      throw InputError(where, place + ": a point is no pair of numbers");
    outline.push_back(point[0].get<double>() / 100);
    outline.push_back(point[1].get<double>() / 100);
  }
  drawn.object.shape = ObjectShape::kPolygon;
  drawn.relative = true;
}

void read_brush(const Json& value, const std::string& place, const std::string& where,
                DrawnObject& drawn) {
  const Json packed = value.value("rle", Json());
  if (!packed.is_array()) throw InputError(where, place + ": a brush mask needs its \"rle\"");
  std::vector<std::uint8_t> bytes;
  for (const Json& byte : packed) {
    if (!byte.is_number_integer() || byte.get<std::int64_t>() < 0 || byte.get<std::int64_t>() > 255)
      throw InputError(where, place + ": \"rle\" holds what is no byte");
    bytes.push_back(static_cast<std::uint8_t>(byte.get<std::int64_t>()));
  }
  drawn.object.runs = at_place(where + ": " + place,
                               [&] { return runs_from_packed(bytes, drawn.width, drawn.height); });
  drawn.object.shape = ObjectShape::kMask;
}

void read_picture_object(const Json& result, const std::string& type, const std::string& picture,
                         const std::string& place, const std::string& where, ObjectFile& file) {
  const Json value = result.value("value", Json::object());
  DrawnObject drawn = drawn_from(result, place, where);
  drawn.picture = picture;
  drawn.object.track = "";
  if (type == "rectanglelabels")
    take_box(value, place, where, drawn);
  else if (type == "polygonlabels")
    read_polygon(value, place, where, drawn);
  else
    read_brush(value, place, where, drawn);
  file.objects.push_back(std::move(drawn));
}

/// The picture of a task: the name behind the last slash, as a frame table has it.
std::string picture_of(const Json& task) {
  const Json data = task.value("data", Json::object());
  const Json image = data.is_object() ? data.value("image", Json()) : Json();
  if (!image.is_string()) return "";
  const std::string path = image.get<std::string>();
  return path.substr(path.find_last_of('/') + 1);
}

}  // namespace

ObjectFile read_label_studio_objects(std::string_view text, const std::string& where) {
  const Json document = parse_json(text, where);
  const Json tasks = document.is_array() ? document : Json::array({document});
  ObjectFile file;
  std::size_t videos = 0;
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    const std::string picture = picture_of(tasks[t]);
    const std::string prefix = tasks.size() > 1 ? "task " + std::to_string(t + 1) + " " : "";
    videos += picture.empty();
    file.pictures = file.pictures || !picture.empty();
    if (picture.empty() && tasks[t].is_object() && tasks[t].contains("data") &&
        tasks[t]["data"].is_object())
      file.media = tasks[t]["data"].value("video", "");
    const Json results = the_results(tasks[t], where);
    for (std::size_t i = 0; i < results.size(); ++i) {
      const std::string place = prefix + "result " + std::to_string(i + 1);
      if (!results[i].is_object()) throw InputError(where, place + ": expected an object");
      const std::string type = results[i].value("type", "");
      if (picture.empty() && type == "videorectangle")
        read_video_box(results[i], place, where, file);
      else if (!picture.empty() &&
               (type == "rectanglelabels" || type == "polygonlabels" || type == "brushlabels"))
        read_picture_object(results[i], type, picture, place, where, file);
      else
        ++file.left_out;
    }
  }
  if (videos > 1 || (videos > 0 && file.pictures))
    throw InputError(where,
                     "holds tasks of several videos, or of videos and pictures; export those "
                     "of this camera alone");
  return file;
}

}  // namespace reelcell::labelio
