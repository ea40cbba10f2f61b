#include "reelcell/pipeline/why.hpp"

#include <algorithm>

#include "edit/stored.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/pipeline/session.hpp"

namespace reelcell::pipeline {
namespace {

std::size_t find_sample(const edit::StoredCorpus& corpus, const std::string& wanted) {
  std::vector<std::string> keys;
  for (const edit::StoredSample& sample : corpus.samples()) {
    if (sample.key == wanted) return keys.size();
    keys.push_back(sample.key);
  }
  for (std::size_t i = 0; i < corpus.samples().size(); ++i)
    if (std::to_string(corpus.samples()[i].episode) == wanted) return i;
  throw InputError(corpus.path().string(),
                   "no sample is called '" + wanted + "' (a key, or an episode number from 0 to " +
                       std::to_string(keys.size() - 1) + ")." + did_you_mean(wanted, keys));
}

/// The files of all outputs by path.
std::map<std::string, Json> files_of(const Json& manifest) {
  std::map<std::string, Json> files;
  for (const Json& output : manifest.value("outputs", Json::array()))
    for (const Json& file : output.value("files", Json::array()))
      files[file.value("path", "")] = file;
  return files;
}

void check_file(Json& entry, const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    entry["check"] = "missing";
    return;
  }
  entry["check"] = hash_file(path).sha256 == entry.value("sha256", "") ? "same" : "changed";
}

/// A file, or a stream that has none of its own. What is not there stays "missing".
void check_source(Json& entry, const SourceLineage& line, const SessionRef& ref) {
  const fs::path root = fs::is_directory(ref.path) ? ref.path : ref.path.parent_path();
  const fs::path path = safe_join(root, line.path);
  std::error_code error;
  if (fs::is_regular_file(path, error)) {
    check_file(entry, path);
    return;
  }
  if (line.stream.empty() || (ref.episode.empty() && !fs::is_directory(path, error))) return;
  try {
    Diagnostics counted;
    const auto session = OpenSession::open(ref, counted);
    entry["check"] =
        session->source_digests(line.stream).sha256 == line.sha256 ? "same" : "changed";
  } catch (const InputError&) {
    entry["check"] = "missing";
  }
}

/// Where the sample lies, with the hash of each file.
Json places(const edit::StoredCorpus& corpus, const Json& manifest, bool check) {
  const std::map<std::string, Json> files = files_of(corpus.manifest());
  Json list = Json::array();
  const auto add = [&](const std::string& output, const std::string& path, Json details) {
    Json entry = {{"output", output}, {"file", path}};
    if (const auto known = files.find(path); known != files.end()) {
      entry["bytes"] = known->second["bytes"];
      entry["sha256"] = known->second["sha256"];
    }
    entry["at"] = std::move(details);
    if (check) check_file(entry, safe_join(corpus.path(), path));
    list.push_back(std::move(entry));
  };
  for (const Json& place : manifest.value("places", Json::array())) {
    const std::string output = place.value("output", "");
    Json details = place.value("details", Json::object());
    const Json videos = details.value("videos", Json::object());
    details.erase("videos");
    if (details.contains("first_row")) details["rows"] = manifest.value("rows", Json());
    add(output, place.value("file", ""), details);
    for (const auto& [feature, video] : videos.items())
      add(output, video.value("file", ""),
          {{"feature", feature},
           {"first_frame", video.value("first_frame", Json())},
           {"frames", video.value("frames", Json())}});
  }
  return list;
}

/// "present and the same", ..: where one of the named folders holds the session.
Json sources(const edit::StoredSample& sample, const std::vector<SourceLineage>& lineage,
             const std::vector<fs::path>& folders) {
  std::vector<SessionRef> refs;
  if (!folders.empty())
    for (const SessionRef& ref : find_sessions(folders))
      if (ref.id == sample.session || sample.session.starts_with(ref.id)) refs.push_back(ref);
  Json list = Json::array();
  for (const SourceLineage& line : lineage) {
    Json entry = {{"stream", line.stream},    {"file", line.path}, {"roles", line.roles},
                  {"format", line.format},    {"item", line.item}, {"sha256", line.sha256},
                  {"xxh3_128", line.xxh3_128}};
    if (line.timed) {
      entry["first_pts"] = line.first_pts;
      entry["last_pts"] = line.last_pts;
      entry["time_base"] =
          std::to_string(line.time_base.num) + "/" + std::to_string(line.time_base.den);
      entry["first_ns"] = ns_of(line.first);
      entry["last_ns"] = ns_of(line.last);
    }
    if (!line.stream.empty()) entry["clock_map"] = line.clock_map;
    if (!line.no_hash.empty()) entry["no_hash"] = line.no_hash;
    if (!folders.empty()) {
      entry["check"] = line.sha256.empty() ? "no hash" : "missing";
      for (const SessionRef& ref : refs) {
        if (!line.sha256.empty()) check_source(entry, line, ref);
        if (entry["check"] == "same") break;
      }
    }
    list.push_back(std::move(entry));
  }
  return list;
}

Json labels(const Segment& segment) {
  Json list = Json::array();
  for (const Label& label : segment.labels)
    list.push_back({{"name", label.name},
                    {"value", reelcell::to_json(label.value)},
                    {"confidence", label.confidence},
                    {"rule", label.rule},
                    {"inputs", label.inputs},
                    {"explanation", label.explanation}});
  return list;
}

}  // namespace

Json why_sample(const WhyRequest& request) {
  const auto corpus = edit::StoredCorpus::open(request.corpus);
  const std::size_t index = find_sample(*corpus, request.sample);
  const edit::StoredSample& sample = corpus->samples()[index];
  const edit::SampleDetails details = corpus->details(index);
  Json segment = reelcell::to_json(details.segment);
  segment.erase("labels");
  segment.erase("task");
  Json attributes = Json::object();
  for (const auto& [name, value] : details.session_attributes)
    attributes[name] = reelcell::to_json(value);
  const Json decision = corpus->decision(sample.key);
  const Json gates = decision.is_object() ? decision.value("gates", Json::array()) : Json::array();
  const Json& manifest = corpus->manifest();
  Json document = {{"version", 1},
                   {"key", sample.key},
                   {"episode", sample.episode},
                   {"session", sample.session},
                   {"session_attributes", attributes},
                   {"split", sample.split},
                   {"group", sample.group},
                   {"rows", sample.rows},
                   {"task", details.segment.task},
                   {"segment", segment},
                   {"labels", labels(details.segment)},
                   {"gates", gates},
                   {"sources", sources(sample, details.lineage, request.sources)},
                   {"clips", details.manifest.value("clips", Json::array())},
                   {"places", places(*corpus, details.manifest, request.check_files)},
                   {"recipe", {{"name", corpus->recipe().name}, {"hash", corpus->recipe().hash}}},
                   {"origin", details.manifest.value("origin", Json::array())},
                   {"edits", manifest.value("edits", Json::array())},
                   {"corpus_sha256", corpus->hash()}};
  if (manifest.contains("generator")) document["generator"] = manifest["generator"];
  bool intact = true;
  for (const char* part : {"sources", "places"})
    for (const Json& entry : document[part]) {
      const std::string check = entry.value("check", "");
      intact =
          intact && check != "changed" && !(check == "missing" && part == std::string("places"));
    }
  document["intact"] = intact;
  return document;
}

}  // namespace reelcell::pipeline
