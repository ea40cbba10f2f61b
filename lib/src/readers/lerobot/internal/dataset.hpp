// A LeRobot data set's metadata: info.json, tasks, and where each episode's rows and frames are.
// v2.x keeps one file an episode and feature; v3.0 packs episodes into shared files.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/base/json.hpp"
#include "reelcell/base/time.hpp"
#include "reelcell/media/video_file.hpp"
#include "reelcell/model/series.hpp"
#include "reelcell/model/video.hpp"
#include "reelcell/readers/modality.hpp"

namespace reelcell::readers::lerobot {

struct Feature {
  std::string name;
  std::string dtype;  ///< numpy's name, "string", "image" or "video"
  std::vector<std::int64_t> shape;
  std::vector<std::string> element_names;  ///< flattened; empty unless they fit the shape
  Json json;                               ///< as in info.json
  bool is_video() const { return dtype == "video"; }
  std::size_t width() const;
};

/// Where an episode's frames of one camera are in a shared file.
struct VideoSpan {
  std::int64_t chunk = 0, file = 0;
  double from_s = 0, to_s = 0;  ///< seconds, as the format has them
};

struct EpisodeEntry {
  std::int64_t index = 0;
  std::int64_t length = -1;  ///< rows; -1 = not said
  std::vector<std::string> tasks;
  // v3.0 only:
  std::int64_t data_chunk = 0, data_file = 0;
  std::int64_t from_row = 0, to_row = 0;  ///< in the data set
  std::int64_t file_row = 0;              ///< of from_row, in its data file
  std::map<std::string, VideoSpan> videos;
};

/// A shared video file that several episodes window on: opened and scanned once.
struct SharedVideo {
  Diagnostics diagnostics;  ///< of the scan; each episode takes over what lies in its window
  std::shared_ptr<VideoSource> source;
};

using TaskTexts = std::map<std::int64_t, std::string>;

class Dataset {
 public:
  /// From the data set's folder or its info.json. Kept for the next call while info.json has not
  /// changed: a build opens every episode in turn. Thread-safe. Throws InputError.
  static std::shared_ptr<const Dataset> open(const fs::path& path);
  /// The folder that holds meta/info.json, "" when `path` is no data set.
  static fs::path root_of(const fs::path& path);

  const fs::path& root() const { return root_; }
  std::string name() const;  ///< the folder's
  const std::string& version() const { return version_; }
  bool shared_files() const { return shared_files_; }  ///< v3.0's layout
  Rational rate() const { return rate_; }
  const Json& info() const { return info_; }
  const std::vector<Feature>& features() const { return features_; }
  const std::vector<EpisodeEntry>& episodes() const { return episodes_; }
  const EpisodeEntry& episode(const std::string& name) const;  ///< throws InputError
  std::string split_of(std::int64_t episode) const;            ///< "" when in none
  /// "" for an index that has no text.
  const std::string& task(std::int64_t index) const;
  const TaskTexts& tasks() const { return *tasks_; }
  std::shared_ptr<const TaskTexts> shared_tasks() const { return tasks_; }
  const Modality& modality() const { return modality_; }
  /// What is odd about the data set as a whole; told at every open.
  const std::vector<std::pair<std::string, std::string>>& warnings() const { return warnings_; }

  /// Each may not exist. `usual` is set when the template of info.json gave no file but the
  /// format's own did.
  fs::path data_path(const EpisodeEntry& episode, bool* usual) const;
  fs::path video_path(const EpisodeEntry& episode, const Feature& feature, bool* usual) const;
  std::shared_ptr<SharedVideo> shared_video(const fs::path& path) const;
  /// The first video track; a shared file is opened once for all its episodes. Throws InputError.
  media::TrackInfo video_track(const fs::path& path) const;

 private:
  explicit Dataset(fs::path root);
  void read_info();
  void read_features();
  void read_tasks();
  void read_modality_file();
  void read_episodes();
  void read_episodes_jsonl();
  void read_episode_tables();
  void count_episodes_from_info();
  void place_rows();
  fs::path find(const std::string& text, const std::string& usual_text,
                const std::map<std::string, std::int64_t>& numbers, const std::string& video_key,
                bool* usual) const;

  fs::path root_;
  Json info_;
  std::string version_;
  bool shared_files_ = false;
  Rational rate_;
  std::int64_t chunks_size_ = 1000;
  std::string data_template_, video_template_;
  std::vector<Feature> features_;
  std::shared_ptr<const TaskTexts> tasks_ = std::make_shared<TaskTexts>();
  Modality modality_;
  std::vector<EpisodeEntry> episodes_;
  std::vector<std::pair<std::string, std::string>> warnings_;
  mutable std::mutex mutex_;
  mutable std::vector<std::pair<fs::path, std::shared_ptr<SharedVideo>>> shared_videos_;
  mutable std::map<fs::path, media::TrackInfo> shared_tracks_;
};

/// "episode_000003".
std::string episode_name(std::int64_t index);
/// Python's str.format for "{name}" and "{name:03d}" with these values. Throws InputError.
std::string fill_template(const std::string& text,
                          const std::map<std::string, std::int64_t>& numbers,
                          const std::string& video_key);

}  // namespace reelcell::readers::lerobot
