#include "internal/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace reelcell::pipeline {
namespace {

Json lineage_json(const SourceLineage& line) {
  Json json = Json::object();
  if (!line.stream.empty()) json["stream"] = line.stream;
  json["path"] = line.path;
  if (!line.stream.empty()) {
    json["format"] = line.format;
    json["item"] = line.item;
  }
  if (!line.roles.empty()) json["roles"] = line.roles;
  if (line.timed) {
    json["first_pts"] = line.first_pts;
    json["last_pts"] = line.last_pts;
    json["time_base"] =
        std::to_string(line.time_base.num) + "/" + std::to_string(line.time_base.den);
    json["first_ns"] = ns_of(line.first);
    json["last_ns"] = ns_of(line.last);
  }
  if (!line.stream.empty()) json["clock_map"] = line.clock_map;
  if (!line.sha256.empty()) {
    json["xxh3_128"] = line.xxh3_128;
    json["sha256"] = line.sha256;
  }
  if (!line.no_hash.empty()) json["no_hash"] = line.no_hash;
  return json;
}

Json file_json(const CorpusFile& file) {
  return {{"path", file.path},
          {"bytes", file.digests.bytes},
          {"xxh3_128", file.digests.xxh3_128},
          {"sha256", file.digests.sha256}};
}

std::string human_rate(Rational rate) {
  return rate.den == 1 ? std::to_string(rate.num)
                       : std::to_string(rate.num) + "/" + std::to_string(rate.den);
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// How far rows are from the samples that stand for them.
std::string times_section(const BuildReport& report) {
  if (report.alignment.empty()) return "";
  std::string text =
      "\n## Times\n\nEvery row keeps its reference time and the true time of each sample in it. "
      "How far they are apart:\n\n"
      "| stream | rows | without a sample | half within [ms] | 95 % within [ms] | all within [ms] "
      "|\n|---|---|---|---|---|---|\n";
  for (const timeline::StreamAlignment& line : report.alignment)
    text += fmt::format("| {} | {} | {} | {:.3f} | {:.3f} | {:.3f} |\n", line.stream, line.rows,
                        line.gap_rows, line.skew_p50_ms, line.skew_p95_ms, line.skew_max_ms);
  return text;
}

}  // namespace

void ManifestBuilder::count(const Episode& episode, const std::string& group) {
  auto split = std::find_if(splits_.begin(), splits_.end(),
                            [&](const auto& s) { return s.first == episode.split; });
  if (split == splits_.end()) split = splits_.insert(splits_.end(), {episode.split, {}});
  split->second.episodes += 1;
  split->second.rows += episode.rows;
  auto& groups = split->second.groups;
  if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
  for (const Label& label : episode.segment.labels) {
    auto entry = std::find_if(labels_.begin(), labels_.end(),
                              [&](const auto& known) { return known.first == label.name; });
    if (entry == labels_.end()) entry = labels_.insert(labels_.end(), {label.name, {}});
    entry->second.add(label.value);
  }
}

void ManifestBuilder::adopt(const Episode& episode, const Json& entry) {
  count(episode, entry.value("group", ""));
  statistics_.add_columns(episode);
  samples_.add(entry);
  ++adopted_;
}

Json ManifestBuilder::places_json(const std::vector<SamplePlace>& places) const {
  Json stored = Json::array();
  for (std::size_t i = 0; i < places.size(); ++i) {
    Json entry = {{"output", plan_->recipe.outputs[i].folder}, {"file", places[i].file}};
    if (!places[i].details.empty()) entry["details"] = places[i].details;
    stored.push_back(std::move(entry));
  }
  return stored;
}

void ManifestBuilder::carry(const Episode& episode, Json entry,
                            const std::vector<SamplePlace>& places) {
  entry["episode"] = episode.index;
  entry["places"] = places_json(places);
  count(episode, entry.value("group", ""));
  statistics_.add(episode);
  samples_.add(entry);
  ++adopted_;
}

void ManifestBuilder::adopt_corpus(const Json& manifest, Json generations, bool pictures) {
  generations_ = std::move(generations);
  const Json statistics = manifest.value("statistics", Json::object());
  if (pictures) statistics_.add_pictures(statistics.value("pictures", Json::object()));
  const Json labels = statistics.value("labels", Json::object());
  for (const auto& [name, figures] : labels.items()) {
    std::string unit = figures.value("unit", "-");
    if (const auto now = label_units_.find(name); now != label_units_.end())
      join_unit(unit, now->second);
    label_units_[name] = std::move(unit);
  }
}

Json ManifestBuilder::generations() const {
  Json all = generations_;
  Json sessions = Json::array();
  for (const SessionRef& ref : plan_->sessions) sessions.push_back(ref.id);
  all.push_back({{"version", REELCELL_VERSION},
                 {"sessions", sessions},
                 {"episodes", samples_.size() - adopted_}});
  return all;
}

/// One that was tried again is one session.
std::size_t ManifestBuilder::sessions() const {
  std::set<std::string> ids;
  for (const Json& generation : generations_)
    for (const Json& id : generation["sessions"]) ids.insert(id.get<std::string>());
  for (const SessionRef& ref : plan_->sessions) ids.insert(ref.id);
  return ids.size();
}

void ManifestBuilder::add(const Episode& episode, const std::string& group,
                          const std::vector<SamplePlace>& places, const Json& more) {
  count(episode, group);
  statistics_.add(episode);
  Json clips = Json::array();
  for (const EpisodeClip& clip : episode.clips) {
    if (clip.packets.packets.empty()) continue;
    Json entry = {{"feature", clip.feature},          {"stream", clip.stream},
                  {"copied", clip.packets.copied},    {"frames", clip.packets.frames},
                  {"bytes", clip.packets.bytes},      {"copied_frames", clip.copied_frames},
                  {"copied_bytes", clip.copied_bytes}};
    if (!clip.packets.copied) entry["why_encoded"] = clip.packets.reason;
    clips.push_back(std::move(entry));
  }
  Json attributes = Json::object();
  for (const auto& [name, value] : episode.session_attributes)
    attributes[name] = reelcell::to_json(value);
  Json lineage = Json::array();
  for (const SourceLineage& line : episode.lineage) lineage.push_back(lineage_json(line));
  Json sample = {{"episode", episode.index},
                 {"key", episode.key},
                 {"session", episode.session_id},
                 {"session_attributes", attributes},
                 {"split", episode.split},
                 {"group", group},
                 {"rows", episode.rows},
                 {"segment", to_json(episode.segment)},
                 {"clips", clips},
                 {"lineage", lineage},
                 {"places", places_json(places)}};
  sample.update(more);
  samples_.add(sample);
}

void ManifestBuilder::add_output(const OutputRule& output, const WriterReport& report,
                                 bool with_options) {
  Json files = Json::array();
  for (const CorpusFile& file : report.files) files.push_back(file_json(file));
  Json entry = {{"format", output.row->name},
                {"folder", output.folder},
                {"summary", report.summary},
                {"files", files}};
  if (with_options) entry["options"] = output.options.all();
  outputs_.push_back(std::move(entry));
}

Json ManifestBuilder::features() const {
  Json features = Json::array();
  for (const FeatureSpec& spec : plan_->schema.features) {
    Json entry = {{"name", spec.name},
                  {"dtype", spec.is_video ? "video" : std::string(to_string(spec.dtype))},
                  {"shape", spec.shape},
                  {"names", spec.names}};
    if (!spec.unit.empty()) entry["unit"] = spec.unit;
    Json from = Json::array(), widths = Json::array();
    for (const auto& [part, width] : spec.parts) {
      from.push_back(part);
      widths.push_back(width);
    }
    if (!from.empty()) entry["from"] = from;
    if (!spec.modality.empty()) entry["modality"] = spec.modality;
    if (!widths.empty()) entry["from_widths"] = widths;
    features.push_back(std::move(entry));
  }
  return features;
}

Json ManifestBuilder::counts(const BuildReport& report) const {
  return {{"sessions", sessions()},
          {"sessions_quarantined", report.quarantined.size()},
          {"segments", report.decisions.size()},
          {"episodes", report.episodes},
          {"rows", report.rows},
          {"dropped", report.decisions.count(GateAction::kDrop)},
          {"quarantined", report.decisions.count(GateAction::kQuarantine)}};
}

std::string ManifestBuilder::unit_of(const std::string& label) const {
  const auto known = label_units_.find(label);
  return known == label_units_.end() || known->second == "-" ? "" : known->second;
}

Json ManifestBuilder::statistics() const {
  Json labels = Json::object();
  for (const auto& [name, summary] : labels_) {
    labels[name] = summary.json();
    if (const std::string unit = unit_of(name); !unit.empty()) labels[name]["unit"] = unit;
  }
  Json statistics = {{"features", statistics_.json()}, {"labels", labels}};
  if (Json pictures = statistics_.pictures(); !pictures.empty())
    statistics["pictures"] = std::move(pictures);
  return statistics;
}

void ManifestBuilder::write(JsonStream& stream, const BuildReport& report, const Json& more,
                            const JsonFilter& filter) const {
  const auto member = [&](const char* name, const Json& json) {
    stream.member(name, filter ? filter(json) : json);
  };
  Json splits = Json::object();
  for (const auto& [name, count] : splits_)
    splits[name] = {{"episodes", count.episodes}, {"rows", count.rows}, {"groups", count.groups}};
  Json own = Json::array();
  for (const CorpusFile& file : own_files_) own.push_back(file_json(file));
  const CorpusSchema& schema = plan_->schema;
  stream.begin_object();
  stream.member("version", 1);
  member("name", plan_->recipe.name);
  member("generator", {{"name", "reelcell"}, {"version", REELCELL_VERSION}});
  member("recipe", {{"hash", plan_->recipe.hash}, {"document", plan_->recipe.document}});
  member("rate", {{"num", schema.rate.num}, {"den", schema.rate.den}});
  member("features", features());
  member("robot_type", schema.robot_type);
  member("true_times", schema.true_times);
  member("time_streams", schema.time_streams);
  member("counts", counts(report));
  member("splits", splits);
  member("statistics", statistics());
  member("outputs", outputs_);
  member("files", own);
  stream.key("samples");
  stream.begin_array();
  samples_.for_each(
      [&](Json&& sample, std::uint64_t) { stream.value(filter ? filter(sample) : sample); });
  stream.end();
  if (with_generation_) member("generations", generations());
  stream.members(filter ? filter(more) : more);
  stream.end();
}

std::string ManifestBuilder::data_card(const BuildReport& report) const {
  const CorpusSchema& schema = plan_->schema;
  std::string text = "# " + schema.name + "\n\n";
  if (!schema.description.empty()) text += schema.description + "\n\n";
  const std::size_t used = sessions() - report.quarantined.size();
  text += "Made by Reelcell " REELCELL_VERSION " from " + counted(used, "session") +
          ". `corpus.json` lists every file with its hashes and every sample with its lineage; "
          "`report.json` says what every gate measured.\n\n";
  text += "| | |\n|---|---|\n| episodes | " + std::to_string(report.episodes) + " |\n| rows | " +
          std::to_string(report.rows) + " |\n| rows per second | " + human_rate(schema.rate) +
          " |\n| robot | " + schema.robot_type + " |\n| licence | " + schema.license +
          " |\n| recipe | `" + plan_->recipe.hash.substr(0, 16) + "` |\n\n";
  text += "## Features\n\n| name | type | shape | unit |\n|---|---|---|---|\n";
  for (const FeatureSpec& spec : schema.features) {
    std::string shape;
    for (const auto n : spec.shape) shape += (shape.empty() ? "" : " x ") + std::to_string(n);
    text += "| " + spec.name + " | " +
            (spec.is_video ? "video" : std::string(to_string(spec.dtype))) + " | " + shape + " | " +
            spec.unit + " |\n";
  }
  text += "\n## Splits\n\n| split | episodes | rows | groups |\n|---|---|---|---|\n";
  for (const auto& [name, count] : splits_)
    text += "| " + name + " | " + std::to_string(count.episodes) + " | " +
            std::to_string(count.rows) + " | " + std::to_string(count.groups.size()) + " |\n";
  text += "\nSplit by " + plan_->recipe.splits.by + ": no group is in two splits.\n";
  if (!labels_.empty()) {
    text += "\n## Labels\n\n| label | value | unit | episodes |\n|---|---|---|---|\n";
    for (const auto& [name, summary] : labels_) text += summary.rows(name, unit_of(name));
  }
  text += "\n## Files\n\n| folder | format | files | bytes |\n|---|---|---|---|\n";
  for (const Json& output : outputs_) {
    std::uint64_t bytes = 0;
    for (const Json& file : output["files"]) bytes += file["bytes"].get<std::uint64_t>();
    text += "| " + output["folder"].get<std::string>() + " | " +
            output["format"].get<std::string>() + " | " + std::to_string(output["files"].size()) +
            " | " + std::to_string(bytes) + " |\n";
  }
  text += times_section(report);
  if (!report.clips.empty())
    text +=
        "\n## Video\n\n| feature | frames copied | frames encoded | bytes copied | bytes encoded "
        "|\n|---|---|---|---|---|\n";
  for (const auto& [feature, account] : report.clips)
    text += "| " + feature + " | " + std::to_string(account.copied_frames) + " | " +
            std::to_string(account.encoded_frames) + " | " + std::to_string(account.copied_bytes) +
            " | " + std::to_string(account.encoded_bytes) + " |\n";
  text += "\n## Left out\n\n";
  bool any = false;
  for (const auto& [key, action, reason] : report.decisions.left_out()) {
    any = true;
    text += "* " + key + " (" + std::string(to_string(action)) + "): " + reason + "\n";
  }
  for (const QuarantinedSession& session : report.quarantined) {
    any = true;
    text += "* session " + session.id + " (quarantine): " + session.reason + "\n";
  }
  if (!any) text += "Nothing.\n";
  return text;
}

}  // namespace reelcell::pipeline
