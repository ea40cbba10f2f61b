#include "reelcell/pipeline/recipe.hpp"

#include <algorithm>

#include "internal/recipe_parameters.hpp"
#include "internal/stills.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/curate/registry.hpp"
#include "reelcell/labelio/labels.hpp"
#include "reelcell/segment/registry.hpp"
#include "reelcell/writers/registry.hpp"

namespace reelcell::pipeline {
namespace {

GridRule read_grid(JsonObject object) {
  GridRule grid;
  if (object.find("rate_hz"))
    grid.rate = at_place(object.where("rate_hz"),
                         [&] { return rate_from_number(object.number("rate_hz")); });
  constexpr double kMostRows = 1e6;  // a second; a slip of units must not take all memory
  if (grid.rate &&
      static_cast<double>(grid.rate->num) > kMostRows * static_cast<double>(grid.rate->den))
    object.fail("rate_hz", "asks for more than 1000000 rows a second");
  grid.anchor = object.text_or("anchor", "");
  if (auto policy = object.object("policy")) {
    for (const auto& [stream, value] : object.raw("policy").items()) {
      JsonObject entry(value, policy->where(stream));
      timeline::JoinPolicy join;
      join.method = at_place(entry.where("method"), [&] {
        return timeline::parse_join_method(entry.text_or("method", "nearest"));
      });
      if (entry.find("tolerance")) {
        join.tolerance = at_place(entry.where("tolerance"),
                                  [&] { return parse_duration(entry.text("tolerance")); });
        if (join.tolerance.count() < 0)
          entry.fail("tolerance", "is negative; \"0s\" stands for no limit");
      }
      entry.finish();
      grid.policy[stream] = join;
    }
  }
  object.finish();
  return grid;
}

FeatureRule read_feature(JsonObject object) {
  FeatureRule feature;
  feature.name = object.text("name");
  if (feature.name.empty() || feature.name.find('/') != std::string::npos)
    object.fail("name",
                "'" + feature.name + "' cannot name a feature: it must not be empty or hold '/'");
  feature.video = object.text_or("video", "");
  if (const Json* from = object.find("from"))
    feature.from = from->is_string() ? std::vector<std::string>{from->get<std::string>()}
                                     : object.texts_or_empty("from");
  if (feature.video.empty() == feature.from.empty())
    throw InputError(
        object.where(),
        "feature '" + feature.name + "' needs either \"from\" (columns) or \"video\" (a stream)");
  if (object.find("dtype"))
    feature.dtype =
        at_place(object.where("dtype"), [&] { return parse_dtype(object.text("dtype")); });
  feature.modality = object.text_or("modality", "");
  object.finish();
  return feature;
}

SegmentRule read_segment(JsonObject object, const Json& source) {
  SegmentRule rule;
  rule.row = at_place(object.where("kind"),
                      [&] { return &segment::segmenter_named(object.text("kind")); });
  rule.options = OptionValues::parse(source, rule.row->options, object.where(), {"kind"});
  return rule;
}

GateRule read_gate(JsonObject object, const Json& source) {
  GateRule rule;
  rule.row =
      at_place(object.where("kind"), [&] { return &curate::gate_named(object.text("kind")); });
  const std::string action = object.text_or("action", "drop");
  if (action != "drop" && action != "quarantine")
    object.fail("action", unknown_name("action", action, {"drop", "quarantine"}));
  rule.action = action == "drop" ? GateAction::kDrop : GateAction::kQuarantine;
  rule.options = OptionValues::parse(source, rule.row->options, object.where(), {"kind", "action"});
  return rule;
}

OutputRule read_output(JsonObject object, const Json& source) {
  OutputRule rule;
  rule.row = at_place(object.where("format"),
                      [&] { return &writers::writer_named(object.text("format")); });
  rule.folder = object.text_or("folder", rule.row->name);
  at_place(object.where("folder"), [&] { return safe_join("/", rule.folder); });
  rule.options =
      OptionValues::parse(source, rule.row->options, object.where(), {"format", "folder"});
  return rule;
}

template <class T, class Read>
std::vector<T> read_list(JsonObject& object, const char* key, Read read) {
  std::vector<T> list;
  std::size_t i = 0;
  for (JsonObject& entry : object.objects(key)) list.push_back(read(entry, object.raw(key)[i++]));
  return list;
}

void check_outputs(const std::vector<OutputRule>& outputs, const std::string& where) {
  for (std::size_t i = 0; i < outputs.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (outputs[i].folder == outputs[j].folder)
        throw InputError(where, "two outputs write to the folder '" + outputs[i].folder +
                                    "'; give each its own \"folder\"");
}

const Json& default_document() {
  static const Json document = {
      {"version", 1},
      {"name", "corpus"},
      {"segments", Json::array({{{"kind", "session"}}})},
      {"outputs", Json::array({{{"format", "lerobot_v3"}, {"folder", "lerobot"}}})}};
  return document;
}

/// Values of parameters belong to what is hashed; their spelling on the command line does not.
std::string recipe_hash(const Json& document, const label::Parameters& parameters) {
  Json canonical = document;
  canonical.erase("variants");
  canonical.erase("comment");
  canonical.erase("$schema");
  Json values = Json::object();
  for (const auto& entry : parameters.entries)
    values[entry.name] = {{"value", to_json(entry.value)}, {"unit", entry.unit}};
  canonical["parameters"] = values;
  return hash_bytes(as_bytes(nlohmann::json(canonical).dump()))
      .sha256;  // keys sorted by the plain json type
}

/// The document with the values that variant and overrides gave, so that who reads it again gets
/// the same recipe.
Json with_values(Json document, const label::Parameters& parameters) {
  for (const auto& entry : parameters.entries) {
    if (entry.origin == "default") continue;
    Json& stated = document["parameters"][entry.name];
    (stated.is_object() ? stated["value"] : stated) = to_json(entry.value);
  }
  return document;
}

}  // namespace

std::vector<OptionSpec> object_options() {
  std::vector<OptionSpec> options = {
      {.name = "file", .help = "Label file, relative to the session folder"},
      {.name = "format", .help = "label_studio, cvat or coco"}};
  for (OptionSpec& option : labelio::frame_options(labelio::CameraNeed::kAlways))
    options.push_back(std::move(option));
  options.push_back(
      {.name = "frame_table",
       .help = "CSV, relative to the session folder, that says which frame each picture is: "
               "picture (or file_name, image_id), and frame (from 0), pts or time_ns",
       .optional = true});
  return options;
}

Recipe parse_recipe(Json document, const std::string& where, const std::string& variant,
                    const std::vector<std::string>& overrides) {
  JsonObject given(document, where + ": ");
  const std::int64_t version = given.integer("version");
  if (version != 1)
    given.fail("version", "found " + std::to_string(version) + ", this program reads version 1");
  Recipe recipe;
  recipe.parameters = label::Parameters::parse(given.find("parameters"), given.find("variants"),
                                               variant, overrides, where);
  const Json resolved = with_parameters(document, recipe.parameters, where);
  JsonObject object(resolved, where + ": ");
  for (const char* known : {"version", "parameters", "variants"}) object.ignore(known);
  recipe.where = where;
  recipe.name = object.text_or("name", "corpus");
  recipe.description = object.text_or("description", "");
  recipe.license = object.text_or("license", "unknown");
  recipe.url = object.text_or("url", "");
  recipe.creator = object.text_or("creator", "");
  recipe.robot_type = object.text_or("robot_type", "unknown");
  if (auto grid = object.object("grid")) recipe.grid = read_grid(*grid);
  recipe.features = read_list<FeatureRule>(
      object, "features", [](JsonObject& o, const Json&) { return read_feature(o); });
  recipe.segments = read_list<SegmentRule>(
      object, "segments", [](JsonObject& o, const Json& j) { return read_segment(o, j); });
  if (recipe.segments.empty()) {
    const SegmenterRow& row = segment::segmenter_named("session");
    recipe.segments.push_back({&row, OptionValues::defaults(row.options)});
  }
  if (const Json* labels = object.find("labels"))
    recipe.labels = label::parse_label_rules(*labels, object.where("labels"));
  recipe.objects = read_list<OptionValues>(object, "objects", [](JsonObject& o, const Json& j) {
    return OptionValues::parse(j, object_options(), o.where());
  });
  recipe.task = object.text_or("task", "");
  recipe.gates = read_list<GateRule>(object, "gates",
                                     [](JsonObject& o, const Json& j) { return read_gate(o, j); });
  if (const Json* splits = object.find("splits"))
    recipe.splits = curate::parse_split_rule(*splits, object.where("splits"));
  recipe.outputs = read_list<OutputRule>(
      object, "outputs", [](JsonObject& o, const Json& j) { return read_output(o, j); });
  check_outputs(recipe.outputs, object.where("outputs"));
  if (const Json* video = object.find("video")) {
    Json encode = *video;
    if (!encode.is_object()) object.fail("video", "expected an object");
    const std::string copy = encode.value("copy", "auto");
    if (copy != "auto" && copy != "never")
      object.fail("video/copy", unknown_name("value", copy, {"auto", "never"}));
    recipe.always_encode = copy == "never";
    encode.erase("copy");
    recipe.names_codec = encode.contains("codec");
    recipe.names_pix_fmt = encode.contains("pix_fmt");
    recipe.encode = media::encode_options(
        OptionValues::parse(encode, media::encode_option_specs(), object.where("video")));
  } else {
    recipe.encode = media::encode_options(OptionValues::defaults(media::encode_option_specs()));
  }
  recipe.image_stats = object.text_or("image_stats", "all");
  if (recipe.image_stats != "all" && recipe.image_stats != "sampled" &&
      recipe.image_stats != "none")
    object.fail("image_stats",
                unknown_name("value", recipe.image_stats, {"all", "sampled", "none"}));
  recipe.native = object.boolean_or("native", true);
  recipe.true_times = object.boolean_or("true_times", true);
  if (auto stills = object.object("stills"))
    recipe.stills = read_stills(*stills, recipe.parameters);
  object.finish();
  recipe.hash = recipe_hash(document, recipe.parameters);
  recipe.document = with_values(std::move(document), recipe.parameters);
  return recipe;
}

Recipe read_recipe(const RecipeRequest& request) {
  if (request.file.empty())
    return parse_recipe(default_document(), "default recipe", request.variant, request.overrides);
  return parse_recipe(read_json_file(request.file), request.file.string(), request.variant,
                      request.overrides);
}

}  // namespace reelcell::pipeline
