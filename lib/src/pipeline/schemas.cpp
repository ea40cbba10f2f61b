#include "reelcell/pipeline/schemas.hpp"

#include "internal/schema_documents.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/curate/registry.hpp"
#include "reelcell/media/clip.hpp"
#include "reelcell/segment/registry.hpp"
#include "reelcell/writers/registry.hpp"

namespace reelcell::pipeline {
namespace {

/// One alternative a registered stage: {kind: const NAME, its options}.
template <class Rows>
Json stage_items(const Rows& rows, const char* discriminator, const Json& extra) {
  Json alternatives = Json::array();
  for (const auto* row : rows) {
    Json schema = options_schema(row->options);
    schema["title"] = row->name;
    schema["description"] = row->summary;
    schema["properties"]["comment"] = {{"type", "string"}};
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
  properties["gates"]["items"] = stage_items(curate::all_gates(), "kind", action);
  const Json folder = {
      {"folder",
       {{"type", "string"}, {"description", "Folder in the corpus; default: the format's name."}}}};
  properties["outputs"]["items"] = stage_items(writers::all_writers(), "format", folder);
  Json video = options_schema(media::encode_option_specs());
  properties["video"]["properties"] = video["properties"];
  properties["video"]["properties"]["copy"] = {
      {"enum", {"auto", "never"}},
      {"default", "auto"},
      {"description", "auto: copy packets wherever that is exact."}};
  properties["video"]["additionalProperties"] = false;
  return schema;
}

}  // namespace

std::vector<std::string> schema_names() { return {"corpus", "recipe", "report", "session"}; }

Json schema_named(const std::string& name) {
  if (name == "corpus") return corpus_schema();
  if (name == "recipe") return full_recipe_schema();
  if (name == "report") return report_schema();
  if (name == "session") return session_schema();
  throw InputError(unknown_name("document", name, schema_names()));
}

}  // namespace reelcell::pipeline
