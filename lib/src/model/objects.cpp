#include "reelcell/model/objects.hpp"

#include <algorithm>

#include "reelcell/base/error.hpp"

namespace reelcell {
namespace {
constexpr std::pair<ObjectShape, std::string_view> kShapes[] = {
    {ObjectShape::kBox, "box"},
    {ObjectShape::kPolygon, "polygon"},
    {ObjectShape::kPolyline, "polyline"},
    {ObjectShape::kPoints, "points"},
    {ObjectShape::kMask, "mask"}};

Json object_json(const PictureObject& object) {
  Json json = {{"label", object.label}, {"shape", to_string(object.shape)}, {"box", object.box}};
  if (!object.track.empty()) json["track"] = object.track;
  if (!object.outlines.empty()) json["outlines"] = object.outlines;
  if (!object.runs.empty()) json["runs"] = object.runs;
  json["occluded"] = object.occluded;
  json["interpolated"] = object.interpolated;
  if (!object.attributes.empty()) {
    Json& attributes = json["attributes"] = Json::object();
    for (const auto& [name, value] : object.attributes) attributes[name] = to_json(value);
  }
  json["source"] = object.source;
  return json;
}

PictureObject read_object(JsonObject json) {
  PictureObject object;
  object.label = json.text("label");
  object.shape =
      at_place(json.where("shape"), [&] { return parse_object_shape(json.text("shape")); });
  object.box = json.raw("box").get<std::array<double, 4>>();
  object.track = json.text_or("track", "");
  if (const Json* outlines = json.find("outlines"))
    object.outlines = outlines->get<std::vector<std::vector<double>>>();
  if (const Json* runs = json.find("runs")) object.runs = runs->get<std::vector<std::uint32_t>>();
  object.occluded = json.boolean_or("occluded", false);
  object.interpolated = json.boolean_or("interpolated", false);
  if (const Json* attributes = json.find("attributes"))
    for (const auto& [name, value] : attributes->items())
      object.attributes.emplace_back(name, value_from_json(value));
  object.source = json.text_or("source", "");
  json.finish();
  return object;
}

ClipObjects read_clip(JsonObject json) {
  ClipObjects clip;
  clip.feature = json.text("feature");
  clip.stream = json.text("stream");
  clip.width = static_cast<int>(json.integer("width"));
  clip.height = static_cast<int>(json.integer("height"));
  for (JsonObject& row : json.objects("rows")) {
    const std::int64_t number = row.integer("row");
    if (number < 0 || number > UINT32_MAX) row.fail("row", "is no row");
    for (JsonObject& object : row.objects("objects"))
      clip.entries.push_back({static_cast<std::uint32_t>(number), read_object(object)});
    row.finish();
  }
  json.finish();
  return clip;
}
}  // namespace

std::string_view to_string(ObjectShape shape) {
  for (const auto& [known, name] : kShapes)
    if (known == shape) return name;
  return "box";
}
ObjectShape parse_object_shape(std::string_view text) {
  std::vector<std::string> names;
  for (const auto& [shape, name] : kShapes) {
    if (name == text) return shape;
    names.emplace_back(name);
  }
  throw InputError(unknown_name("shape", text, names));
}

Json objects_to_json(const std::vector<ClipObjects>& clips) {
  Json list = Json::array();
  for (const ClipObjects& clip : clips) {
    Json rows = Json::array();
    for (std::size_t i = 0; i < clip.entries.size(); ++i) {
      if (i == 0 || clip.entries[i].row != clip.entries[i - 1].row)
        rows.push_back({{"row", clip.entries[i].row}, {"objects", Json::array()}});
      rows.back()["objects"].push_back(object_json(clip.entries[i].object));
    }
    list.push_back({{"feature", clip.feature},
                    {"stream", clip.stream},
                    {"width", clip.width},
                    {"height", clip.height},
                    {"rows", std::move(rows)}});
  }
  return {{"format", "reelcell-objects"}, {"version", 1}, {"clips", std::move(list)}};
}

std::vector<ClipObjects> objects_from_json(const Json& document, const std::string& where) {
  try {
    JsonObject json(document, where);
    if (json.text("format") != "reelcell-objects" || json.integer("version") != 1)
      json.fail("format", "expected \"reelcell-objects\", version 1");
    std::vector<ClipObjects> clips;
    for (JsonObject& clip : json.objects("clips")) clips.push_back(read_clip(clip));
    json.finish();
    return clips;
  } catch (const Json::exception& error) {
    throw InputError(where, error.what());
  }
}

}  // namespace reelcell
