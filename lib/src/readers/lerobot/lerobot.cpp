// LeRobot data sets v2.0, v2.1 (also GR00T's) and v3.0: each episode is a session.
#include <algorithm>
#include <mutex>
#include <set>

#include "internal/dataset.hpp"
#include "internal/frames.hpp"
#include "internal/pictures.hpp"
#include "internal/window.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/model/recording.hpp"
#include "reelcell/readers/registry.hpp"

namespace reelcell::readers {

namespace lerobot {
namespace {
constexpr const char* kFrames = "frames";
constexpr const char* kTasks = "tasks";

struct Camera {
  const Feature* feature = nullptr;
  fs::path path;  ///< of its video; empty: its pictures are in the table
};

class EpisodeRecording : public Recording {
 public:
  EpisodeRecording(std::shared_ptr<const Dataset> dataset, const EpisodeEntry& episode,
                   Diagnostics& diagnostics);
  const std::vector<StreamInfo>& streams() const override {
    open_cameras();
    return streams_;
  }
  std::vector<std::pair<std::string, Value>> attributes() const override;
  std::unique_ptr<SeriesCursor> open_series(const std::string& item,
                                            Diagnostics& diagnostics) const override;
  std::unique_ptr<EventCursor> open_events(const std::string& item,
                                           Diagnostics& diagnostics) const override;
  std::shared_ptr<VideoSource> open_video(const std::string& item,
                                          Diagnostics& diagnostics) const override;

 private:
  void add_frames();
  void add_tasks();
  void find_camera(const Feature& feature);
  void open_cameras() const;
  StreamInfo stream_of(const Camera& camera) const;
  StreamInfo pictures_of(const Feature& feature) const;
  std::string where(const Feature& feature) const;
  void tell_unreadable(const Feature& feature, const InputError& error) const;
  void name_streams() const;
  [[noreturn]] void no_item(const std::string& item, StreamKind kind) const;

  std::shared_ptr<const Dataset> dataset_;
  const EpisodeEntry& episode_;
  FramesPlan plan_;
  Diagnostics& diagnostics_;
  // Whoever reads rows only opens no video.
  mutable std::once_flag opened_;
  mutable std::vector<Camera> cameras_;
  mutable std::vector<StreamInfo> streams_;
};

EpisodeRecording::EpisodeRecording(std::shared_ptr<const Dataset> dataset,
                                   const EpisodeEntry& episode, Diagnostics& diagnostics)
    : dataset_(std::move(dataset)), episode_(episode), diagnostics_(diagnostics) {
  for (const auto& [code, message] : dataset_->warnings())
    diagnostics.warn(code, dataset_->root().string(), message);
  plan_ = plan_frames(*dataset_, episode_, diagnostics);
  add_frames();
  add_tasks();
  for (const Feature& feature : dataset_->features())
    if (feature.is_video())
      find_camera(feature);
    else if (feature.dtype == "image" && has_pictures(plan_, feature.name))
      cameras_.push_back({&feature, {}});
}

void EpisodeRecording::add_frames() {
  StreamInfo info;
  info.item = kFrames;
  info.suggested_name = kFrames;
  info.kind = StreamKind::kSeries;
  info.columns = plan_.columns;
  info.count = plan_.rows;
  info.rate_hz = static_cast<double>(plan_.rate.num) / static_cast<double>(plan_.rate.den);
  info.time_field = "timestamp";
  info.details = {{"path", fs::relative(plan_.path, dataset_->root()).generic_string()},
                  {"first_row", plan_.first_row},
                  {"features", dataset_->info()["features"]}};
  for (const auto& [column, groups] : dataset_->modality().groups)
    info.details["groups"][column] = {{"section", groups.section}, {"widths", groups.widths}};
  streams_.push_back(std::move(info));
}

void EpisodeRecording::add_tasks() {
  if (!plan_.task_index) return;
  StreamInfo info;
  info.item = kTasks;
  info.suggested_name = kTasks;
  info.kind = StreamKind::kEvents;
  info.time_field = "timestamp";
  streams_.push_back(std::move(info));
}

std::string EpisodeRecording::where(const Feature& feature) const {
  return dataset_->root().string() + ": " + episode_name(episode_.index) + ": " + feature.name;
}

void EpisodeRecording::find_camera(const Feature& feature) {
  try {
    bool usual = false;
    const fs::path path = dataset_->video_path(episode_, feature, &usual);
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) {
      diagnostics_.loss(
          "lerobot-missing-video", where(feature),
          "the camera has no file " + path.string() + "; the other streams go on without it");
      return;
    }
    if (usual)
      diagnostics_.warn(
          "lerobot-path-template", dataset_->root().string(),
          "video_path of meta/info.json leads to no file; the format's usual path does");
    cameras_.push_back({&feature, path});
  } catch (const InputError& error) {
    tell_unreadable(feature, error);
  }
}

void EpisodeRecording::tell_unreadable(const Feature& feature, const InputError& error) const {
  diagnostics_.loss("lerobot-unreadable-video", where(feature),
                    std::string(error.what()) + "; the other streams go on without it");
}

void EpisodeRecording::open_cameras() const {
  std::call_once(opened_, [this] {
    std::erase_if(cameras_, [this](const Camera& camera) {
      try {
        streams_.push_back(stream_of(camera));
        return false;
      } catch (const InputError& error) {
        tell_unreadable(*camera.feature, error);
        return true;
      }
    });
    name_streams();
  });
}

StreamInfo EpisodeRecording::stream_of(const Camera& camera) const {
  const Feature& feature = *camera.feature;
  if (camera.path.empty()) return pictures_of(feature);
  const media::TrackInfo track = dataset_->video_track(camera.path);
  StreamInfo info;
  info.item = feature.name;
  info.kind = StreamKind::kVideo;
  info.time_field = "pts";
  info.video = track.video;
  if (!dataset_->shared_files() && track.frames_from_header)
    info.count = static_cast<std::uint64_t>(*track.frames_from_header);
  info.rate_hz = streams_[0].rate_hz;
  info.details = {{"path", fs::relative(camera.path, dataset_->root()).generic_string()},
                  {"feature", feature.json}};
  if (const auto span = episode_.videos.find(feature.name); span != episode_.videos.end()) {
    info.details["from_timestamp"] = span->second.from_s;
    info.details["to_timestamp"] = span->second.to_s;
  }
  return info;
}

StreamInfo EpisodeRecording::pictures_of(const Feature& feature) const {
  StreamInfo info;
  info.item = feature.name;
  info.kind = StreamKind::kVideo;
  info.time_field = "timestamp";
  info.video = picture_format(plan_, feature.name);
  info.rate_hz = streams_[0].rate_hz;
  info.details = {{"path", fs::relative(plan_.path, dataset_->root()).generic_string()},
                  {"feature", feature.json}};
  return info;
}

/// The part of a feature's name that tells the cameras apart: "observation.images.wrist" ->
/// "wrist".
void EpisodeRecording::name_streams() const {
  std::multiset<std::string> shorts;
  const auto short_name = [](const std::string& item) { return item.substr(item.rfind('.') + 1); };
  for (const StreamInfo& stream : streams_) shorts.insert(short_name(stream.item));
  for (StreamInfo& stream : streams_)
    if (stream.suggested_name.empty())
      stream.suggested_name =
          shorts.count(short_name(stream.item)) == 1 ? short_name(stream.item) : stream.item;
}

std::vector<std::pair<std::string, Value>> EpisodeRecording::attributes() const {
  std::vector<std::pair<std::string, Value>> out;
  const Json& info = dataset_->info();
  out.emplace_back("dataset", dataset_->name());
  if (info.contains("codebase_version"))  // else it is a guess, which the opening warned of
    out.emplace_back("codebase_version", dataset_->version());
  if (info.contains("robot_type") && info["robot_type"].is_string())
    out.emplace_back("robot_type", info["robot_type"].get<std::string>());
  out.emplace_back("fps", value_from_json(info["fps"]));
  out.emplace_back("episode_index", episode_.index);
  if (const std::string split = dataset_->split_of(episode_.index); !split.empty())
    out.emplace_back("split", split);
  if (!episode_.tasks.empty()) out.emplace_back("task", episode_.tasks[0]);
  if (episode_.tasks.size() > 1) out.emplace_back("tasks", Json(episode_.tasks).dump());
  return out;
}

void EpisodeRecording::no_item(const std::string& item, StreamKind kind) const {
  std::vector<std::string> names;
  for (const StreamInfo& stream : streams())
    if (stream.kind == kind) names.push_back(stream.item);
  throw InputError(dataset_->root().string() + ": " + episode_name(episode_.index),
                   unknown_name(std::string(to_string(kind)) + " item", item, names));
}

std::unique_ptr<SeriesCursor> EpisodeRecording::open_series(const std::string& item,
                                                            Diagnostics& diagnostics) const {
  if (item != kFrames) no_item(item, StreamKind::kSeries);
  return open_frames(plan_, diagnostics);
}

std::unique_ptr<EventCursor> EpisodeRecording::open_events(const std::string& item,
                                                           Diagnostics& diagnostics) const {
  if (item != kTasks || !plan_.task_index) no_item(item, StreamKind::kEvents);
  return open_tasks(dataset_, plan_, diagnostics);
}

std::shared_ptr<VideoSource> EpisodeRecording::open_video(const std::string& item,
                                                          Diagnostics& diagnostics) const {
  open_cameras();
  for (const Camera& camera : cameras_) {
    if (camera.feature->name != item) continue;
    if (camera.path.empty()) return open_pictures(plan_, item, diagnostics);
    if (!dataset_->shared_files()) return media::open_video_file(camera.path, -1, diagnostics);
    return make_window(dataset_->shared_video(camera.path), episode_.videos.at(item), plan_.rate,
                       episode_.length, camera.path.string() + ": " + episode_name(episode_.index),
                       diagnostics);
  }
  no_item(item, StreamKind::kVideo);
}

int sniff(const fs::path& path, ByteView) {
  const fs::path root = Dataset::root_of(path);
  return root.empty() ? 0 : 95;
}

std::vector<std::string> episodes(const fs::path& path) {
  std::vector<std::string> names;
  for (const EpisodeEntry& entry : Dataset::open(path)->episodes())
    names.push_back(episode_name(entry.index));
  return names;
}

std::unique_ptr<Recording> open(const OpenRequest& request, Diagnostics& diagnostics) {
  auto dataset = Dataset::open(request.path);
  const EpisodeEntry& episode = dataset->episode(request.episode);
  return std::make_unique<EpisodeRecording>(dataset, episode, diagnostics);
}

/// The texts of its tasks with their numbers; of every task where the metadata do not say its own.
Json tasks_of(const Dataset& dataset, const EpisodeEntry& episode) {
  Json tasks = Json::object();
  for (const auto& [number, text] : dataset.tasks())
    if (episode.tasks.empty() ||
        std::find(episode.tasks.begin(), episode.tasks.end(), text) != episode.tasks.end())
      tasks[std::to_string(number)] = text;
  return tasks;
}

/// What its annotations name. A file that cannot be read is told when the episode is opened.
Json texts_by_number(const Dataset& dataset, const EpisodeEntry& episode, const fs::path& file) {
  Json texts = Json::object();
  try {
    for (const auto& [number, task] : annotation_texts(dataset, episode, file))
      texts[std::to_string(number)] = task;
  } catch (const InputError&) {
    return {};
  }
  return texts;
}

/// Totals and split borders grow with the set; that is no change of the episodes there are.
Json info_of_each_episode(const Dataset& dataset) {
  Json info = Json::object();
  for (const auto& [name, value] : dataset.info().items())
    if (name != "splits" && !name.starts_with("total_")) info[name] = value;
  return info;
}

EpisodeParts parts(const fs::path& path, const std::string& name) {
  const auto dataset = Dataset::open(path);
  const EpisodeEntry& episode = dataset->episode(name);
  Json text = {{"info", info_of_each_episode(*dataset)},
               {"split", dataset->split_of(episode.index)},
               {"index", episode.index},
               {"length", episode.length},
               {"tasks", episode.tasks},
               {"task_texts", tasks_of(*dataset, episode)}};
  if (dataset->shared_files()) text["file_row"] = episode.file_row;
  EpisodeParts found;
  bool usual = false;
  found.files.push_back(dataset->data_path(episode, &usual));
  for (const Feature& feature : dataset->features()) {
    if (!feature.is_video()) continue;
    if (dataset->shared_files()) {
      const auto span = episode.videos.find(feature.name);
      if (span == episode.videos.end()) continue;
      text["videos"][feature.name] = {span->second.from_s, span->second.to_s};
    }
    found.files.push_back(dataset->video_path(episode, feature, &usual));
  }
  if (!dataset->modality().json.empty()) {
    text["modality"] = dataset->modality().json;
    text["annotations"] = texts_by_number(*dataset, episode, found.files[0]);
  }
  found.description = text.dump();
  return found;
}
}  // namespace
}  // namespace lerobot

EpisodeParts lerobot_parts(const fs::path& path, const std::string& episode) {
  return lerobot::parts(path, episode);
}

const ReaderRow& lerobot_reader() {
  static const ReaderRow row{
      .name = "lerobot",
      .summary = "LeRobot data sets v2.0, v2.1 and v3.0; each episode is a session",
      .extensions = {},
      .options = {},
      .sniff = lerobot::sniff,
      .episodes = lerobot::episodes,
      .open = lerobot::open,
      .verify = nullptr,
  };
  return row;
}

}  // namespace reelcell::readers
