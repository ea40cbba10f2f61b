// A LeRobot data set without a corpus around it: each episode a sample, its files its lineage.
#include <algorithm>
#include <set>

#include "edit/stored.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/writers/registry.hpp"

namespace reelcell::pipeline::edit {
namespace {

std::string clean_key(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-') c = '_';
  return text;
}

std::string text_of(const Json& row, const char* name, const std::string& fallback) {
  const auto found = row.find(name);
  return found != row.end() && found->is_string() ? found->get<std::string>() : fallback;
}

std::int64_t integer_of(const Json& row, const char* name, std::int64_t fallback) {
  const auto found = row.find(name);
  return found != row.end() && found->is_number_integer() ? found->get<std::int64_t>() : fallback;
}

class BareSet : public StoredCorpus {
 public:
  explicit BareSet(const fs::path& folder) : set_(folder, {}) {
    path_ = folder;
    name_ = fs::canonical(folder).filename().string();
    read_schema();
    read_recipe_of();
    read_samples();
    read_labels();
    hash_ = hash_of_metadata();
  }

  LoadedEpisode load(std::size_t index, const LoadOptions& options) const override {
    const StoredSample& sample = samples_.at(index);
    LoadedEpisode loaded = begin_episode(sample, details(index));
    set_.load(sample.episode, schema_, options, loaded);
    return loaded;
  }

  LoadedEpisode load_rows(std::size_t index) const override {
    const StoredSample& sample = samples_.at(index);
    LoadedEpisode loaded = begin_episode(sample, details(index));
    set_.load_rows(sample.episode, schema_, loaded);
    return loaded;
  }

  Json lerobot_info() const override { return set_.info(); }

  SampleDetails details(std::size_t index) const override {
    SampleDetails details;
    details.segment = segments_.at(index);
    return details;
  }

 private:
  void read_schema() {
    schema_.name = name_;
    schema_.rate = set_.rate();
    const Json& info = set_.info();
    if (info.contains("robot_type") && info["robot_type"].is_string())
      schema_.robot_type = info["robot_type"].get<std::string>();
    schema_.features = set_.features();
    leave_out_cameras_without_files();
    // Nobody knows the true times of a set that does not keep them.
    schema_.true_times = set_.has_true_times();
    schema_.time_streams = set_.time_streams();
  }

  /// A camera that no episode has a file of. One that some have stays: without it these would lose
  /// theirs.
  void leave_out_cameras_without_files() {
    const std::string usual = "/{video_key}/";
    const Json& place = set_.info().value("video_path", Json());
    if (place.is_string() && place.get<std::string>().find(usual) == std::string::npos)
      return;  // its files cannot be told by their folder
    std::set<std::string> folders;
    if (fs::is_directory(path_ / "videos"))
      for (const std::string& file : list_files(path_ / "videos"))
        for (const fs::path& part : fs::path(file).parent_path()) folders.insert(part.string());
    std::erase_if(schema_.features, [&](const FeatureSpec& spec) {
      if (!spec.is_video || folders.contains(spec.name)) return false;
      losses_.loss("edit-camera-left-out", path_.string(),
                   "'" + spec.name +
                       "' is a camera of meta/info.json of which no episode has a file; the new "
                       "set is made without it");
      return true;
    });
  }

  /// The same format again, in the folder itself, with the sizes that info.json states.
  void read_recipe_of() {
    const Json& info = set_.info();
    const bool shared = fs::is_directory(path_ / "meta" / "episodes");
    const std::string format = shared ? "lerobot_v3" : "lerobot_v21";
    Json options = Json::object();
    for (const char* name : {"chunks_size", "data_files_size_in_mb", "video_files_size_in_mb"}) {
      const bool known = shared || std::string(name) == "chunks_size";
      if (known && info.contains(name) && info[name].is_number_integer() &&
          info[name].get<std::int64_t>() > 0)
        options[name] = info[name];
    }
    if (fs::exists(path_ / "meta" / "modality.json")) options["gr00t"] = true;
    const Json document = {{"version", 1}, {"name", name_}, {"robot_type", schema_.robot_type}};
    recipe_ = parse_recipe(document, name_, "", {});
    const WriterRow& row = writers::writer_named(format);
    recipe_.outputs = {{&row, "", OptionValues::parse(options, row.options, name_)}};
    recipe_.true_times = schema_.true_times;
  }

  void read_samples() {
    const std::string base = clean_key(name_);
    for (const std::uint64_t episode : set_.episodes()) {
      const Json row = set_.row(episode);
      StoredSample sample;
      sample.episode = episode;
      std::string digits = std::to_string(episode);
      digits.insert(0, digits.size() < 6 ? 6 - digits.size() : 0, '0');
      sample.key = text_of(row, "reelcell/key", base + "_episode_" + digits);
      sample.session = text_of(row, "reelcell/session", sample.key);
      sample.group = sample.session;
      sample.split = set_.split(episode);
      const std::int64_t length = integer_of(row, "length", 0);
      if (length > 0) sample.rows = static_cast<std::uint64_t>(length);
      Segment& segment = segments_.emplace_back();
      segment.kind = text_of(row, "reelcell/segment_kind", "session");
      segment.name = text_of(row, "reelcell/segment", "session");
      const std::int64_t start = integer_of(row, "reelcell/start_ns", 0);
      segment.range = {session_time(start),
                       session_time(integer_of(row, "reelcell/end_ns",
                                               start + tick_time(length, schema_.rate).count()))};
      segment.begin.source = segment.finish.source = "data set";
      segment.task = set_.task(episode);
      samples_.push_back(std::move(sample));
    }
    if (samples_.empty()) throw InputError(path_.string(), "has no episodes");
  }

  void read_labels() {
    const fs::path file = path_ / "meta" / "labels.jsonl";
    if (!fs::exists(file)) return;
    const std::string text = read_text_file(file, 1ull << 32);
    std::map<std::string, std::size_t> by_key;
    for (std::size_t i = 0; i < samples_.size(); ++i) by_key[samples_[i].key] = i;
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const Json row = parse_json(text.substr(at, end - at),
                                  file.string() + ": line " + std::to_string(++number));
      at = end + 1;
      const auto known = by_key.find(row.value("key", ""));
      if (known != by_key.end()) {
        Segment& segment = segments_[known->second];
        for (const Json& label : row.value("labels", Json::array())) {
          const std::string name = label.value("name", "");
          segment.labels.push_back(read_label(name, label));
          auto& names = schema_.label_names;
          if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
      }
    }
  }

  std::string hash_of_metadata() const {
    Hasher hasher;
    for (const std::string& file : list_files(path_ / "meta")) {
      const std::string line = file + " " + hash_file(path_ / "meta" / file).sha256 + "\n";
      hasher.update(as_bytes(line));
    }
    return hasher.finish().sha256;
  }

  LeRobotFolder set_;
  std::vector<Segment> segments_;  ///< of the samples
};

}  // namespace

std::unique_ptr<StoredCorpus> open_bare_set(const fs::path& folder) {
  return std::make_unique<BareSet>(folder);
}

}  // namespace reelcell::pipeline::edit
