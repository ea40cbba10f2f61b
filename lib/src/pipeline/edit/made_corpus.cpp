// A corpus that this program made: corpus.json says what each sample is, the outputs hold it.
#include <algorithm>

#include "edit/stored.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/base/json_array.hpp"
#include "reelcell/writers/registry.hpp"

namespace reelcell::pipeline::edit {
namespace {

FeatureSpec read_feature(const Json& entry, const std::string& where) {
  JsonObject object(entry, where);
  FeatureSpec spec;
  spec.name = object.text("name");
  const std::string dtype = object.text("dtype");
  spec.is_video = dtype == "video";
  if (!spec.is_video) spec.dtype = parse_dtype(dtype);
  for (const Json& side : object.raw("shape")) spec.shape.push_back(side.get<std::int64_t>());
  spec.names = object.texts_or_empty("names");
  spec.unit = object.text_or("unit", "");
  spec.modality = object.text_or("modality", "");
  const auto from = object.texts_or_empty("from");
  const Json widths = entry.value("from_widths", Json::array());
  for (std::size_t i = 0; i < from.size() && i < widths.size(); ++i)
    spec.parts.emplace_back(from[i], widths[i].get<std::size_t>());
  return spec;
}

Rational read_ratio(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) throw InputError("'" + text + "' is no ratio");
  return {std::stoll(text.substr(0, slash)), std::stoll(text.substr(slash + 1))};
}

SourceLineage read_lineage(const Json& entry) {
  SourceLineage line;
  line.stream = entry.value("stream", "");
  line.path = entry.value("path", "");
  line.format = entry.value("format", "");
  line.item = entry.value("item", "");
  line.roles = entry.value("roles", std::vector<std::string>{});
  line.timed = entry.contains("first_ns");
  line.xxh3_128 = entry.value("xxh3_128", "");
  line.sha256 = entry.value("sha256", "");
  line.no_hash = entry.value("no_hash", "");
  line.first_pts = entry.value("first_pts", std::int64_t{0});
  line.last_pts = entry.value("last_pts", std::int64_t{0});
  line.time_base = read_ratio(entry.value("time_base", "1/1000000000"));
  line.first = session_time(entry.value("first_ns", std::int64_t{0}));
  line.last = session_time(entry.value("last_ns", std::int64_t{0}));
  line.clock_map = entry.value("clock_map", Json());
  return line;
}

Segment read_segment(const Json& entry) {
  Segment segment;
  segment.name = entry.value("name", "");
  segment.kind = entry.value("kind", "");
  segment.range = {session_time(entry["start_ns"].get<std::int64_t>()),
                   session_time(entry["end_ns"].get<std::int64_t>())};
  const auto boundary_of = [&](const char* name) {
    const Json side = entry.value(name, Json::object());
    Boundary boundary{side.value("source", "")};
    if (side.contains("uncertainty_ns"))
      boundary.uncertainty = Nanos(side["uncertainty_ns"].get<std::int64_t>());
    return boundary;
  };
  segment.begin = boundary_of("begin");
  segment.finish = boundary_of("finish");
  segment.task = entry.value("task", "");
  const Json attributes = entry.value("attributes", Json::object());
  for (const auto& [name, value] : attributes.items())
    segment.attributes.emplace_back(name, value_from_json(value));
  const Json labels = entry.value("labels", Json::object());
  for (const auto& [name, label] : labels.items())
    segment.labels.push_back(read_label(name, label));
  return segment;
}

StoredSample read_sample(const Json& entry) {
  StoredSample sample;
  sample.episode = entry["episode"].get<std::uint64_t>();
  sample.key = entry["key"].get<std::string>();
  sample.session = entry["session"].get<std::string>();
  sample.split = entry["split"].get<std::string>();
  sample.group = entry["group"].get<std::string>();
  sample.rows = entry["rows"].get<std::uint64_t>();
  return sample;
}

SampleDetails read_details(Json&& entry) {
  SampleDetails details;
  details.segment = read_segment(entry["segment"]);
  const Json attributes = entry.value("session_attributes", Json::object());
  for (const auto& [name, value] : attributes.items())
    details.session_attributes.emplace_back(name, value_from_json(value));
  for (const Json& line : entry["lineage"]) details.lineage.push_back(read_lineage(line));
  details.manifest = std::move(entry);
  return details;
}

class MadeCorpus : public StoredCorpus {
 public:
  explicit MadeCorpus(const fs::path& folder) {
    path_ = folder;
    name_ = fs::canonical(folder).filename().string();
    const fs::path file = folder / "corpus.json";
    try {
      Hasher hasher;
      manifest_ = read_json_array(
          file, "samples",
          [&](Json&& entry) { at_place(file.string(), [&] { add(std::move(entry)); }); }, &hasher);
      hash_ = hasher.finish().sha256;
      at_place(file.string(), [&] { read(); });
    } catch (const Json::exception& error) {
      throw InputError(file.string(), std::string("is not as this program writes it: ") +
                                          error.what() + ". See 'reelcell validate'");
    }
    open_outputs();
  }

  LoadedEpisode load(std::size_t index, const LoadOptions& options) const override {
    const StoredSample& sample = samples_.at(index);
    const SampleDetails known = details(index);
    LoadedEpisode loaded = begin_episode(sample, known);
    if (lerobot_) {
      lerobot_->load(sample.episode, schema_, options, loaded);
      if (webdataset_) webdataset_->add_extras(sample.key, loaded);
    } else {
      webdataset_->load(sample.key, schema_, options, loaded);
    }
    keep_clip_history(known.manifest, loaded);
    return loaded;
  }

  LoadedEpisode load_rows(std::size_t index) const override {
    const StoredSample& sample = samples_.at(index);
    const SampleDetails known = details(index);
    LoadedEpisode loaded = begin_episode(sample, known);
    loaded.episode.index = sample.episode;
    loaded.episode.clips = told_clips(known.manifest);
    if (lerobot_)
      lerobot_->load_rows(sample.episode, schema_, loaded);
    else
      webdataset_->load_rows(sample.key, schema_, loaded);
    return loaded;
  }

  Json lerobot_info() const override { return lerobot_ ? lerobot_->info() : Json::object(); }

  SampleDetails details(std::size_t index) const override {
    const std::string file = (path_ / "corpus.json").string();
    try {
      return at_place(file, [&] { return read_details(entries_.at(index)); });
    } catch (const Json::exception& error) {
      throw InputError(file, "sample '" + samples_[index].key +
                                 "' is not as this program writes it: " + error.what() +
                                 ". See 'reelcell validate'");
    }
  }

  Json decision(const std::string& key) const override {
    read_decisions();
    const auto found = decisions_.find(key);
    return found == decisions_.end() ? Json() : decided_.at(found->second);
  }
  void for_each_decision(
      const std::function<void(const std::string&, const Json&)>& take) const override {
    read_decisions();
    for (const auto& [key, number] : decisions_) take(key, decided_.at(number));
  }

 private:
  /// Most who open a corpus ask for none.
  void read_decisions() const {
    std::call_once(decisions_read_, [this] {
      const fs::path report = path_ / "report.json";
      if (!fs::exists(report)) return;
      read_json_array(report, "decisions", [this](Json&& decision) {
        decisions_[decision.value("key", "")] = decided_.add(decision);
      });
    });
  }

  /// The clips as the manifest tells of them, without packets.
  std::vector<EpisodeClip> told_clips(const Json& manifest) const {
    std::vector<EpisodeClip> clips;
    for (const Json& entry : manifest.value("clips", Json::array())) {
      EpisodeClip& clip = clips.emplace_back();
      clip.feature = entry.value("feature", "");
      clip.stream = entry.value("stream", "");
      clip.packets.rate = schema_.rate;
      clip.packets.frames = entry.value("frames", 0u);
      clip.packets.bytes = entry.value("bytes", std::uint64_t{0});
      clip.packets.copied = entry.value("copied", false);
      clip.packets.reason = entry.value("why_encoded", "");
      clip.copied_frames = entry.value("copied_frames", 0u);
      clip.copied_bytes = entry.value("copied_bytes", std::uint64_t{0});
    }
    return clips;
  }

  void add(Json&& entry) {
    samples_.push_back(read_sample(entry));
    if (samples_.back().episode + 1 != samples_.size())
      throw InputError("/samples", "episode numbers must run from 0 without gaps");
    const SampleDetails known = read_details(Json(entry));
    for (const Label& label : known.segment.labels) add_new(schema_.label_names, label.name);
    for (const SourceLineage& line : known.lineage)
      if (line.gave_rows()) add_new(row_streams_, line.stream);
    entries_.add(entry);
  }

  void read() {
    JsonObject object(manifest_, "");
    const std::int64_t version = object.integer("version");
    if (version != 1)
      object.fail("version", "found " + std::to_string(version) + ", version 1 can be edited");
    recipe_ =
        parse_recipe(manifest_["recipe"]["document"], "corpus.json: /recipe/document", "", {});
    recipe_.hash = manifest_["recipe"]["hash"].get<std::string>();
    recipe_.name = object.text("name");
    schema_.name = recipe_.name;
    schema_.rate = {manifest_["rate"]["num"].get<std::int64_t>(),
                    manifest_["rate"]["den"].get<std::int64_t>()};
    schema_.robot_type = manifest_.value("robot_type", recipe_.robot_type);
    schema_.description = recipe_.description;
    schema_.license = recipe_.license;
    schema_.url = recipe_.url;
    schema_.creator = recipe_.creator;
    schema_.true_times = manifest_.value("true_times", recipe_.true_times);
    for (const Json& entry : manifest_["features"])
      schema_.features.push_back(read_feature(entry, "/features"));
    schema_.time_streams = manifest_.contains("time_streams")
                               ? manifest_["time_streams"].get<std::vector<std::string>>()
                               : row_streams_;
    read_outputs();
  }

  static void add_new(std::vector<std::string>& list, const std::string& name) {
    if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
  }

  /// The manifest says which outputs there are; their options stand beside them when an edit
  /// changed them, else in the recipe.
  void read_outputs() {
    std::vector<OutputRule> outputs;
    for (const Json& entry : manifest_["outputs"]) {
      OutputRule rule;
      rule.row = &writers::writer_named(entry["format"].get<std::string>());
      rule.folder = entry["folder"].get<std::string>();
      if (!rule.folder.empty()) safe_join(path_, rule.folder);
      const auto known = std::find_if(
          recipe_.outputs.begin(), recipe_.outputs.end(),
          [&](const OutputRule& r) { return r.row == rule.row && r.folder == rule.folder; });
      if (entry.contains("options"))
        rule.options = OptionValues::parse(entry["options"], rule.row->options, "/outputs/options");
      else if (known != recipe_.outputs.end())
        rule.options = known->options;
      else
        rule.options = OptionValues::defaults(rule.row->options);
      outputs.push_back(std::move(rule));
    }
    recipe_.outputs = std::move(outputs);
  }

  void open_outputs() {
    for (const OutputRule& output : recipe_.outputs) {
      const fs::path folder = output.folder.empty() ? path_ : path_ / output.folder;
      if (!lerobot_ && output.row->name.starts_with("lerobot"))
        lerobot_ = std::make_unique<LeRobotFolder>(folder, streams());
      else if (!webdataset_ && output.row->name == "webdataset")
        webdataset_ = std::make_unique<WebDatasetFolder>(folder);
    }
    if (!lerobot_ && !webdataset_)
      throw InputError(path_.string(),
                       "has no LeRobot or WebDataset output; only those can be edited");
  }

  std::vector<std::string> streams() const {
    std::vector<std::string> names = schema_.time_streams;
    for (const std::string& stream : row_streams_) add_new(names, stream);
    return names;
  }

  /// A clip that this edit copies was copied or encoded once, and that is what lineage tells.
  static void keep_clip_history(const Json& manifest, LoadedEpisode& loaded) {
    const Json clips = manifest.value("clips", Json::array());
    for (EpisodeClip& clip : loaded.episode.clips)
      for (const Json& entry : clips) {
        if (entry.value("feature", "") != clip.feature) continue;
        clip.stream = entry.value("stream", clip.stream);
        if (!clip.packets.copied) continue;
        clip.packets.copied = entry.value("copied", true);
        clip.packets.reason = entry.value("why_encoded", "");
        if (!clip.packets.copied) {
          clip.copied_frames = entry.value("copied_frames", 0u);
          clip.copied_bytes = entry.value("copied_bytes", std::uint64_t{0});
        }
      }
  }

  JsonShelf entries_;  ///< of the samples
  std::vector<std::string> row_streams_;
  mutable std::once_flag decisions_read_;
  mutable JsonShelf decided_;
  mutable std::map<std::string, std::size_t> decisions_;  ///< numbers in decided_
  std::unique_ptr<LeRobotFolder> lerobot_;
  std::unique_ptr<WebDatasetFolder> webdataset_;
};

}  // namespace

std::unique_ptr<StoredCorpus> open_made_corpus(const fs::path& folder) {
  return std::make_unique<MadeCorpus>(folder);
}

}  // namespace reelcell::pipeline::edit
