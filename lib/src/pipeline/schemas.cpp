#include "reelcell/pipeline/schemas.hpp"

#include <utility>

#include "internal/recipe_parameters.hpp"
#include "internal/schema_documents.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/curate/registry.hpp"
#include "reelcell/media/clip.hpp"
#include "reelcell/pipeline/recipe.hpp"
#include "reelcell/segment/registry.hpp"
#include "reelcell/writers/registry.hpp"

namespace reelcell::pipeline {
namespace {

/// Of the options of a part of the recipe, in which the name of a parameter may stand for a number:
/// which names there are is checked when the recipe is read.
Json recipe_options_schema(const std::vector<OptionSpec>& specs) {
  Json schema = options_schema(specs);
  for (const OptionSpec& spec : specs) {
    if (!takes_parameter(spec)) continue;
    Json& option = schema["properties"][spec.name];
    option.erase("pattern");
    if (spec.type == OptionType::kNumber || spec.type == OptionType::kInteger)
      option["type"] = Json::array({option["type"], "string"});
    option["description"] = option["description"].get<std::string>() + "; or a parameter's name";
  }
  return schema;
}

/// One alternative a registered stage: {kind: const NAME, its options}.
template <class Rows>
Json stage_items(const Rows& rows, const char* discriminator, const Json& extra) {
  Json alternatives = Json::array();
  for (const auto* row : rows) {
    Json schema = recipe_options_schema(row->options);
    schema["title"] = row->name;
    schema["description"] = row->summary;
    schema["properties"]["comment"] = {{"type", "string"},
                                       {"description", "For people; not read."}};
    schema["properties"][discriminator] = {{"const", row->name}, {"description", row->summary}};
    for (const auto& [key, value] : extra.items()) schema["properties"][key] = value;
    Json required = Json::array({discriminator});
    for (const Json& name : schema.value("required", Json::array())) required.push_back(name);
    schema["required"] = required;
    alternatives.push_back(std::move(schema));
  }
  return {{"oneOf", alternatives}};
}

Json full_recipe_schema() {
  Json schema = recipe_schema();
  Json& properties = schema["properties"];
  properties["segments"]["items"] = stage_items(segment::all_segmenters(), "kind", Json::object());
  const Json action = {{"action",
                        {{"enum", {"drop", "quarantine"}},
                         {"default", "drop"},
                         {"description",
                          "drop: not in the corpus; quarantine: not in it, and the build says so "
                          "with exit code 3."}}}};
  properties["objects"]["items"] = recipe_options_schema(object_options());
  properties["objects"]["items"]["description"] = "One label file.";
  properties["gates"]["items"] = stage_items(curate::all_gates(), "kind", action);
  const Json folder = {
      {"folder",
       {{"type", "string"}, {"description", "Folder in the corpus; default: the format's name."}}}};
  properties["outputs"]["items"] = stage_items(writers::all_writers(), "format", folder);
  Json video = recipe_options_schema(media::encode_option_specs());
  properties["video"]["properties"] = video["properties"];
  properties["video"]["properties"]["copy"] = {
      {"enum", {"auto", "never"}},
      {"default", "auto"},
      {"description", "auto: copy packets wherever that is exact."}};
  properties["video"]["additionalProperties"] = false;
  return schema;
}

constexpr std::pair<const char*, Json (*)()> kDocuments[] = {
    {"alignment", alignment_schema},
    {"build-plan", build_plan_schema},
    {"corpus", corpus_schema},
    {"diff", diff_schema},
    {"edit", edit_schema},
    {"findings", findings_schema},
    {"formats", formats_schema},
    {"info", info_schema},
    {"labels", labels_schema},
    {"parts", parts_schema},
    {"recipe", full_recipe_schema},
    {"replay", replay_schema},
    {"report", report_schema},
    {"session", session_schema},
    {"watch", watch_schema},
    {"webdataset-index", webdataset_index_schema},
    {"webdataset-sample", webdataset_sample_schema},
    {"why", why_schema},
};

/// Adds the shared parts that `json` refers to, and those that these refer to.
void add_parts(const Json& json, const Json& parts, Json& definitions) {
  static const std::string kPrefix = "#/definitions/";
  if (json.is_object() && json.contains("$ref")) {
    const std::string name = json["$ref"].get<std::string>().substr(kPrefix.size());
    if (definitions.contains(name)) return;
    definitions[name] = parts.at(name);
    add_parts(parts.at(name), parts, definitions);
  } else if (json.is_structured()) {
    for (const Json& child : json) add_parts(child, parts, definitions);
  }
}

Json with_parts(Json schema) {
  Json definitions = schema.value("definitions", Json::object());
  add_parts(Json(schema), schema_parts(), definitions);
  if (!definitions.empty()) schema["definitions"] = std::move(definitions);
  return schema;
}

}  // namespace

std::vector<std::string> schema_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : kDocuments) names.emplace_back(name);
  return names;
}

Json schema_named(const std::string& name) {
  for (const auto& [known, make] : kDocuments)
    if (name == known) return with_parts(make());
  throw InputError(unknown_name("document", name, schema_names()));
}

}  // namespace reelcell::pipeline
