#include "internal/dataset.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>

#include "reelcell/base/error.hpp"
#include "reelcell/media/video_file.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::readers::lerobot {

namespace {
constexpr const char* kDataV2 =
    "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet";
constexpr const char* kVideoV2 =
    "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4";
constexpr const char* kDataV3 = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet";
constexpr const char* kVideoV3 =
    "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4";
constexpr std::size_t kMostDatasets = 4, kMostVideos = 16;

/// names may be null, ["a", ..], [["a", ..]] or {"motors": ["a", ..]}.
void flatten_names(const Json& names, std::vector<std::string>& out) {
  if (names.is_string())
    out.push_back(names.get<std::string>());
  else if (names.is_structured())
    for (const Json& item : names) flatten_names(item, out);
}
}  // namespace

std::size_t Feature::width() const {
  std::size_t width = 1;
  for (const std::int64_t side : shape) width *= static_cast<std::size_t>(side);
  return width;
}

namespace {
/// Of an episode_name(); -1 for another text.
std::int64_t index_of(std::string_view name) {
  constexpr std::string_view kHead = "episode_";
  std::int64_t index = -1;
  if (name.starts_with(kHead))
    std::from_chars(name.data() + kHead.size(), name.data() + name.size(), index);
  return index;
}
}  // namespace

std::string episode_name(std::int64_t index) {
  std::string digits = std::to_string(index);
  if (digits.size() < 6) digits.insert(0, 6 - digits.size(), '0');
  return "episode_" + digits;
}

std::string fill_template(const std::string& text,
                          const std::map<std::string, std::int64_t>& numbers,
                          const std::string& video_key) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '{') {
      out += text[at];
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (end == std::string::npos) throw InputError("path template '" + text + "' has no '}'");
    const std::string field = text.substr(at + 1, end - at - 1);
    at = end;
    const std::size_t colon = field.find(':');
    const std::string name = field.substr(0, colon);
    const std::string format = colon == std::string::npos ? "" : field.substr(colon + 1);
    if (name == "video_key") {
      out += video_key;
      continue;
    }
    const auto found = numbers.find(name);
    if (found == numbers.end())
      throw InputError("path template '" + text + "' asks for '" + name +
                       "', which this layout does not have");
    std::string digits = std::to_string(found->second);
    const bool padded =
        format.size() >= 2 && format.size() <= 4 && format.front() == '0' && format.back() == 'd' &&
        std::all_of(format.begin(), format.end() - 1, [](char c) { return c >= '0' && c <= '9'; });
    if (padded) {
      const std::size_t width = std::stoul(format.substr(0, format.size() - 1));
      if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
    } else if (!format.empty() && format != "d") {
      throw InputError("path template '" + text + "': the format ':" + format +
                       "' is not known; ':03d' is");
    }
    out += digits;
  }
  return out;
}

fs::path Dataset::root_of(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_regular_file(path / "meta" / "info.json", ignored)) return path;
  if (path.filename() == "info.json" && path.has_parent_path() &&
      path.parent_path().filename() == "meta" && fs::is_regular_file(path, ignored)) {
    const fs::path root = path.parent_path().parent_path();
    return root.empty() ? fs::path(".") : root;
  }
  return {};
}

std::shared_ptr<const Dataset> Dataset::open(const fs::path& path) {
  struct Kept {
    fs::path root;
    fs::file_time_type changed;
    std::shared_ptr<const Dataset> dataset;
  };
  static std::mutex mutex;
  static std::vector<Kept> kept;
  const fs::path found = root_of(path);
  if (found.empty())
    throw InputError(path.string(), "not a LeRobot data set: meta/info.json is missing");
  const fs::path root = fs::canonical(found);
  const auto changed = fs::last_write_time(root / "meta" / "info.json");
  const std::lock_guard lock(mutex);
  std::erase_if(kept, [&](const Kept& k) { return k.root == root && k.changed != changed; });
  for (const Kept& k : kept)
    if (k.root == root) return k.dataset;
  std::shared_ptr<const Dataset> dataset(new Dataset(root));
  if (kept.size() == kMostDatasets) kept.erase(kept.begin());
  kept.push_back({root, changed, dataset});
  return dataset;
}

Dataset::Dataset(fs::path root) : root_(std::move(root)) {
  read_info();
  read_features();
  read_tasks();
  read_modality_file();
  read_episodes();
}

std::string Dataset::name() const { return root_.filename().string(); }

void Dataset::read_info() {
  const fs::path path = root_ / "meta" / "info.json";
  info_ = read_json_file(path);
  JsonObject info(info_, path.string() + ": ");
  version_ = info.text_or("codebase_version", "");
  data_template_ = info.text_or("data_path", "");
  if (const Json* video = info.find("video_path"); video && video->is_string())
    video_template_ = video->get<std::string>();
  chunks_size_ = info.integer_or("chunks_size", 1000);
  if (chunks_size_ < 1) info.fail("chunks_size", "at least 1 is expected");
  rate_ = at_place(info.where("fps"), [&] { return rate_from_number(info.number("fps")); });
  // The layout counts, not the name: some sets say v3.0 and keep one file an episode.
  if (data_template_.empty())
    shared_files_ = version_.starts_with("v3") || fs::is_directory(root_ / "meta" / "episodes");
  else
    shared_files_ = data_template_.find("{file_index") != std::string::npos;
  if (version_.empty()) {
    version_ = shared_files_ ? "v3.0" : "v2.1";
    warnings_.emplace_back("lerobot-no-version",
                           "meta/info.json has no codebase_version; read as " + version_);
  }
  if (!version_.starts_with("v2.") && !version_.starts_with("v3."))
    info.fail("codebase_version", "found '" + version_ + "', v2.0, v2.1 and v3.0 can be read");
  if (version_.starts_with("v3.") && !shared_files_)
    warnings_.emplace_back("lerobot-layout", "codebase_version is " + version_ +
                                                 ", but data_path keeps one file an episode as v2 "
                                                 "does; LeRobot itself cannot load this");
}

void Dataset::read_features() {
  JsonObject info(info_, (root_ / "meta" / "info.json").string() + ": ");
  const Json& features = info.raw("features");
  if (!features.is_object()) info.fail("features", "an object of features is expected");
  for (const auto& [name, spec] : features.items()) {
    JsonObject object(spec, info.where("features") + "/" + name);
    Feature feature;
    feature.name = name;
    feature.dtype = object.text("dtype");
    const Json& shape = object.raw("shape");
    if (!shape.is_array()) object.fail("shape", "an array of sizes is expected");
    std::int64_t total = 1;
    for (const Json& side : shape) {
      // 2^40 values a row are a mistake, and would be an allocation.
      if (!side.is_number_integer() || side.get<std::int64_t>() < 0 ||
          side.get<std::int64_t>() > (std::int64_t{1} << 40) / std::max<std::int64_t>(1, total))
        object.fail("shape", "sizes of 0 or more are expected, found " + shape.dump());
      feature.shape.push_back(side.get<std::int64_t>());
      total *= feature.shape.back();
    }
    if (const Json* names = object.find("names")) flatten_names(*names, feature.element_names);
    if (feature.element_names.size() != feature.width()) feature.element_names.clear();
    feature.json = spec;
    features_.push_back(std::move(feature));
  }
}

void Dataset::read_modality_file() {
  try {
    modality_ = read_modality(root_);
  } catch (const InputError& error) {
    warnings_.emplace_back(
        "lerobot-modality",
        std::string(error.what()) +
            ": meta/modality.json is passed over; index columns that it would name stay numbers");
  }
}

void Dataset::read_tasks() {
  TaskTexts tasks;
  const fs::path table = root_ / "meta" / "tasks.parquet", lines = root_ / "meta" / "tasks.jsonl";
  if (fs::exists(table)) {
    for (const Json& row : table::read_parquet_rows(table)) {
      if (!row.contains("task_index") || !row["task_index"].is_number_integer())
        throw InputError(table.string(), "the column 'task_index' is missing or has no values");
      // The text is pandas' index: "task", or "__index_level_0__" in older files.
      for (const auto& [name, value] : row.items())
        if (value.is_string()) tasks[row["task_index"].get<std::int64_t>()] = value;
    }
  } else if (fs::exists(lines)) {
    const std::string text = read_text_file(lines);
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size(); ++number) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string line = text.substr(at, end - at);
      at = end + 1;
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      const std::string where = lines.string() + ": line " + std::to_string(number + 1);
      const Json json = parse_json(line, where);
      JsonObject object(json, where);
      tasks[object.integer("task_index")] = object.text("task");
    }
  }
  tasks_ = std::make_shared<const TaskTexts>(std::move(tasks));
  if (tasks_->empty())
    warnings_.emplace_back("lerobot-no-tasks",
                           "meta/ has no task texts (tasks.jsonl or tasks.parquet)");
}

const std::string& Dataset::task(std::int64_t index) const {
  static const std::string none;
  const auto found = tasks_->find(index);
  return found == tasks_->end() ? none : found->second;
}

const EpisodeEntry& Dataset::episode(const std::string& name) const {
  if (name.empty() && episodes_.size() == 1) return episodes_[0];
  const auto found = std::lower_bound(
      episodes_.begin(), episodes_.end(), index_of(name),
      [](const EpisodeEntry& entry, std::int64_t index) { return entry.index < index; });
  if (found != episodes_.end() && episode_name(found->index) == name) return *found;
  if (episodes_.empty()) throw InputError(root_.string(), "the data set has no episodes");
  throw InputError(root_.string(),
                   (name.empty() ? "which episode is not said" : "no episode '" + name + "'") +
                       std::string("; expected one of the ") + std::to_string(episodes_.size()) +
                       " from '" + episode_name(episodes_.front().index) + "' to '" +
                       episode_name(episodes_.back().index) + "'");
}

std::string Dataset::split_of(std::int64_t episode) const {
  if (!info_.contains("splits") || !info_["splits"].is_object()) return "";
  for (const auto& [name, range] : info_["splits"].items()) {
    if (!range.is_string()) continue;
    std::istringstream ranges(range.get<std::string>());  // "0:80", or "0:80,100:140"
    for (std::string part; std::getline(ranges, part, ',');) {
      long long first = 0, end = 0;
      if (std::sscanf(part.c_str(), "%lld:%lld", &first, &end) == 2 && episode >= first &&
          episode < end)
        return name;
    }
  }
  return "";
}

fs::path Dataset::find(const std::string& text, const std::string& usual_text,
                       const std::map<std::string, std::int64_t>& numbers,
                       const std::string& video_key, bool* usual) const {
  *usual = false;
  const auto join = [&](const std::string& t) {
    return safe_join(root_, fill_template(t, numbers, video_key));
  };
  std::error_code ignored;
  const fs::path stated = join(text.empty() ? usual_text : text);
  if (text.empty() || text == usual_text || fs::exists(stated, ignored)) return stated;
  const fs::path other = join(usual_text);
  *usual = fs::exists(other, ignored);
  return *usual ? other : stated;
}

fs::path Dataset::data_path(const EpisodeEntry& episode, bool* usual) const {
  if (shared_files_)
    return find(data_template_, kDataV3,
                {{"chunk_index", episode.data_chunk}, {"file_index", episode.data_file}}, "",
                usual);
  return find(data_template_, kDataV2,
              {{"episode_chunk", episode.index / chunks_size_}, {"episode_index", episode.index}},
              "", usual);
}

fs::path Dataset::video_path(const EpisodeEntry& episode, const Feature& feature,
                             bool* usual) const {
  if (!shared_files_)
    return find(video_template_, kVideoV2,
                {{"episode_chunk", episode.index / chunks_size_}, {"episode_index", episode.index}},
                feature.name, usual);
  const auto span = episode.videos.find(feature.name);
  if (span == episode.videos.end())
    throw InputError("meta/episodes has no place for the frames of '" + feature.name + "'");
  return find(video_template_, kVideoV3,
              {{"chunk_index", span->second.chunk}, {"file_index", span->second.file}},
              feature.name, usual);
}

std::shared_ptr<SharedVideo> Dataset::shared_video(const fs::path& path) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [known, video] : shared_videos_)
    if (known == path) return video;
  auto video = std::make_shared<SharedVideo>();
  video->source = media::open_video_file(path, -1, video->diagnostics);
  if (shared_videos_.size() == kMostVideos) shared_videos_.erase(shared_videos_.begin());
  shared_videos_.emplace_back(path, video);
  return video;
}

media::TrackInfo Dataset::video_track(const fs::path& path) const {
  if (shared_files_) {
    const std::lock_guard lock(mutex_);
    if (const auto known = shared_tracks_.find(path); known != shared_tracks_.end())
      return known->second;
  }
  for (const media::TrackInfo& track : media::probe_file(path).tracks) {
    if (track.kind != "video") continue;
    const std::lock_guard lock(mutex_);
    if (shared_files_) shared_tracks_.emplace(path, track);
    return track;
  }
  throw InputError(path.string(), "has no video track");
}

}  // namespace reelcell::readers::lerobot
