// COCO: pictures by id, categories, annotations with a box and, where there is one, a segmentation
// (polygons, or the runs of a mask). It knows no video and no time.
#include <map>

#include "reelcell/base/error.hpp"
#include "reelcell/base/json.hpp"
#include "reelcell/labelio/labels.hpp"
#include "reelcell/labelio/objects.hpp"

namespace reelcell::labelio {
namespace {
struct Picture {
  std::string name;
  int width = 0, height = 0;
};

std::string id_text(const Json& id) { return id.is_string() ? id.get<std::string>() : id.dump(); }

int size_of(const Json& picture, const char* key) {
  const Json value = picture.value(key, Json());
  if (!value.is_number_integer()) return 0;
  const auto size = value.get<std::int64_t>();
  return size > 0 && size < 100'000 ? static_cast<int>(size) : 0;
}

std::vector<double> numbers(const Json& list, const std::string& place, const std::string& where) {
  std::vector<double> values;
  if (!list.is_array()) throw InputError(where, place + ": expected a list of numbers");
  for (const Json& value : list) {
    if (!value.is_number()) throw InputError(where, place + ": expected a list of numbers");
    values.push_back(value.get<double>());
  }
  return values;
}

void take_mask(const Json& mask, PictureObject& object, DrawnObject& drawn,
               const std::string& where) {
  const std::string& place = object.source;
  const Json size = mask.value("size", Json());
  if (!size.is_array() || size.size() != 2 || !size[0].is_number_integer() ||
      !size[1].is_number_integer())
    throw InputError(where, place + ": a mask needs \"size\": [height, width]");
  const auto height = size[0].get<std::int64_t>(), width = size[1].get<std::int64_t>();
  if (height < 1 || width < 1 || height > 100'000 || width > 100'000)
    throw InputError(where, place + ": a mask of that size cannot be");
  drawn.height = static_cast<int>(height);
  drawn.width = static_cast<int>(width);
  object.shape = ObjectShape::kMask;
  const Json counts = mask.value("counts", Json());
  if (counts.is_string()) {
    object.runs = at_place(where, [&] { return runs_from_text(counts.get<std::string>()); });
    return;
  }
  for (const double run : numbers(counts, place, where)) {
    if (!(run >= 0 && run < 4e9)) throw InputError(where, place + ": a run of the mask cannot be");
    object.runs.push_back(static_cast<std::uint32_t>(run));
  }
}

void take_segmentation(const Json& annotation, PictureObject& object, DrawnObject& drawn,
                       const std::string& where) {
  const Json segmentation = annotation.value("segmentation", Json());
  if (segmentation.is_object()) return take_mask(segmentation, object, drawn, where);
  if (!segmentation.is_array() || segmentation.empty()) return;
  for (const Json& outline : segmentation) {
    object.outlines.push_back(numbers(outline, object.source, where));
    if (object.outlines.back().size() < 6 || object.outlines.back().size() % 2)
      throw InputError(where, object.source + ": a polygon needs three points or more, x and y");
  }
  object.shape = ObjectShape::kPolygon;
}

void take_box(const Json& annotation, PictureObject& object, const std::string& where) {
  const auto box = numbers(annotation.value("bbox", Json::array()), object.source, where);
  if (box.size() == 4) {
    object.box = {box[0], box[1], box[0] + box[2], box[1] + box[3]};
  } else if (object.outlines.empty() && object.runs.empty()) {
    throw InputError(where,
                     object.source + ": has neither a bbox of four numbers nor a segmentation");
  }
}

ObjectFile read_objects(std::string_view text, const std::string& where) {
  const Json document = parse_json(text, where);
  for (const char* key : {"images", "annotations", "categories"})
    if (!document.is_object() || !document.contains(key) || !document[key].is_array())
      throw InputError(where, std::string("is no COCO document: it has no list \"") + key + "\"");
  std::map<std::string, Picture> pictures;
  for (const Json& picture : document["images"]) {
    if (!picture.is_object() || !picture.contains("id"))
      throw InputError(where, "an image has no id");
    const std::string id = id_text(picture["id"]);
    pictures[id] = {picture.value("file_name", id), size_of(picture, "width"),
                    size_of(picture, "height")};
  }
  std::map<std::string, std::string> categories;
  for (const Json& category : document["categories"])
    if (category.is_object() && category.contains("id"))
      categories[id_text(category["id"])] = category.value("name", "");
  ObjectFile file;
  file.pictures = true;
  for (const Json& annotation : document["annotations"]) {
    if (!annotation.is_object() || !annotation.contains("image_id"))
      throw InputError(where, "an annotation has no image_id");
    DrawnObject& drawn = file.objects.emplace_back();
    PictureObject& object = drawn.object;
    object.source = "annotation " + id_text(annotation.value("id", Json(file.objects.size())));
    const auto picture = pictures.find(id_text(annotation["image_id"]));
    if (picture == pictures.end())
      throw InputError(where,
                       object.source + ": there is no image " + id_text(annotation["image_id"]));
    drawn.picture = picture->second.name;
    drawn.width = picture->second.width;
    drawn.height = picture->second.height;
    const auto category = categories.find(id_text(annotation.value("category_id", Json())));
    if (category == categories.end())
      throw InputError(where, object.source + ": its category is not listed");
    object.label = category->second;
    if (annotation.contains("track_id")) object.track = id_text(annotation["track_id"]);
    take_segmentation(annotation, object, drawn, where);
    take_box(annotation, object, where);
    if (annotation.value("iscrowd", Json(0)) == Json(1))
      object.attributes.emplace_back("iscrowd", true);
    const Json attributes = annotation.value("attributes", Json::object());
    for (const auto& [name, value] : attributes.items()) {
      if (name == "occluded" && value.is_boolean())
        object.occluded = value.get<bool>();
      else
        object.attributes.emplace_back(name, value_from_json(value));
    }
  }
  return file;
}

LabelFile read(std::string_view, const std::string& where) {
  throw InputError(where,
                   "COCO holds objects in pictures, not spans of time; name it in the recipe's "
                   "\"objects\"");
}
}  // namespace

const FormatRow& coco_labels() {
  static const FormatRow row{"coco", "COCO JSON: boxes, polygons and masks, with a frame table",
                             read, nullptr, read_objects};
  return row;
}

}  // namespace reelcell::labelio
