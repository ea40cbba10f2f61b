#include "internal/describe.hpp"

namespace reelcell::webdataset {
namespace {

Json labels_json(const Segment& segment) {
  Json labels = Json::object();
  for (const Label& label : segment.labels) {
    Json& entry = labels[label.name];
    entry = {{"value", to_json(label.value)},
             {"confidence", label.confidence},
             {"rule", label.rule},
             {"inputs", label.inputs}};
    if (!label.explanation.empty()) entry["explanation"] = label.explanation;
  }
  return labels;
}

Json lineage_json(const SourceLineage& source) {
  Json json = Json::object();
  if (!source.stream.empty()) json["stream"] = source.stream;
  json["path"] = source.path;
  if (!source.stream.empty()) {
    json["format"] = source.format;
    json["item"] = source.item;
  }
  if (!source.roles.empty()) json["roles"] = source.roles;
  json["xxh3_128"] = source.xxh3_128;
  json["sha256"] = source.sha256;
  if (!source.no_hash.empty()) json["no_hash"] = source.no_hash;
  if (source.timed) {
    json["first_pts"] = source.first_pts;
    json["last_pts"] = source.last_pts;
    json["time_base"] = {source.time_base.num, source.time_base.den};
    json["first_ns"] = ns_of(source.first);
    json["last_ns"] = ns_of(source.last);
  }
  if (!source.stream.empty()) json["clock_map"] = source.clock_map;
  return json;
}

Json attributes_json(const std::vector<std::pair<std::string, Value>>& attributes) {
  Json json = Json::object();
  for (const auto& [name, value] : attributes) json[name] = to_json(value);
  return json;
}

}  // namespace

Json describe_episode(const Episode& episode, const CorpusSchema& schema) {
  Json segment = to_json(episode.segment);
  segment.erase("labels");  // labels and task stand at the top, where loaders look
  segment.erase("task");
  Json lineage = Json::array();
  for (const SourceLineage& source : episode.lineage) lineage.push_back(lineage_json(source));
  return {{"format", "reelcell-webdataset"},
          {"version", 1},
          {"key", episode.key},
          {"episode", episode.index},
          {"split", episode.split},
          {"task", episode.segment.task},
          {"labels", labels_json(episode.segment)},
          {"session", episode.session_id},
          {"session_attributes", attributes_json(episode.session_attributes)},
          {"segment", segment},
          {"rows", episode.rows},
          {"rate", {schema.rate.num, schema.rate.den}},
          {"robot_type", schema.robot_type},
          {"lineage", lineage}};
}

Json describe_feature(const FeatureSpec& feature, const std::string& member) {
  Json parts = Json::array();
  for (const auto& [source, width] : feature.parts)
    parts.push_back({{"from", source}, {"width", width}});
  return {{"member", member},       {"dtype", to_string(feature.dtype)},
          {"shape", feature.shape}, {"names", feature.names},
          {"unit", feature.unit},   {"parts", parts}};
}

Json describe_clip(const EpisodeClip& clip, const std::string& member) {
  return {{"member", member},
          {"stream", clip.stream},
          {"codec", clip.packets.format.codec},
          {"width", clip.packets.format.width},
          {"height", clip.packets.format.height},
          {"frames", clip.packets.frames},
          {"copied", clip.packets.copied},
          {"reason", clip.packets.reason}};
}

Json describe_still(const EpisodeStill& still, const std::string& member) {
  return {{"member", member},
          {"feature", still.feature},
          {"name", still.name},
          {"time_ns", ns_of(still.time)},
          {"pts", still.pts}};
}

}  // namespace reelcell::webdataset
