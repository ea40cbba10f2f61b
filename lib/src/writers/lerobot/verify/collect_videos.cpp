#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "internal/codes.hpp"
#include "internal/video_files.hpp"

namespace reelcell::writers::lerobot {

namespace {
struct Missing {
  std::string first;
  std::vector<std::int64_t> episodes;
};

/// The file of this name in a folder of the camera, where a wrong template should have led.
std::string elsewhere(const DataSet& set, const std::string& camera, const std::string& wanted) {
  const std::string tail = camera + "/" + fs::path(wanted).filename().string();
  for (const std::string& file : set.video_files)
    if (file.ends_with("/" + tail)) return file;
  return "";
}

ClipEntry clip_of(const EpisodeEntry& entry, const VideoPlace& place, const RowsResult& rows) {
  ClipEntry clip;
  clip.episode = entry.index;
  clip.from = place.from.value_or(0);
  clip.to = place.to;
  clip.rows = rows.find(entry.index);
  clip.length =
      clip.rows ? clip.rows->rows
                : static_cast<std::uint64_t>(std::max<std::int64_t>(entry.length.value_or(0), 0));
  return clip;
}

void report(const Feature& camera, const Missing& missing, bool any, Grouped& found) {
  if (missing.episodes.empty()) return;
  if (!any) {
    found.error(code::kVideoCamera, missing.first, "/features/" + camera.name,
                fmt::format("'{}' is a video feature, but no file of it is there ({} episodes): "
                            "add the files or take the "
                            "feature out of meta/info.json",
                            camera.name, missing.episodes.size()));
  } else {
    found.error(code::kVideoMissing, missing.first, "/features/" + camera.name,
                fmt::format("'{}' has no file for {} episodes: {}", camera.name,
                            missing.episodes.size(), ranges_text(missing.episodes)));
  }
}

class Collector {
 public:
  Collector(const DataSet& set, const RowsResult& rows, Grouped& found)
      : set_(set), rows_(rows), found_(found) {}
  void camera(const Feature& feature);
  std::vector<VideoFile> finish();

 private:
  VideoFile& file_at(const std::string& path, const Feature* camera) {
    const auto [at, fresh] = index_.try_emplace(path, files_.size());
    if (fresh) files_.push_back({path, camera, {}});
    return files_[at->second];
  }

  const DataSet& set_;
  const RowsResult& rows_;
  Grouped& found_;
  std::map<std::string, std::size_t> index_;
  std::vector<VideoFile> files_;
};

void Collector::camera(const Feature& feature) {
  Missing missing;
  bool any = false;
  for (const EpisodeEntry& entry : set_.episodes) {
    const auto place = entry.videos.find(feature.name);
    if (place == entry.videos.end() || place->second.path.empty()) continue;
    std::string path = place->second.path;
    if (!is_file(set_, path)) {
      const std::string other = set_.major == 2 ? elsewhere(set_, feature.name, path) : "";
      if (other.empty()) {
        if (missing.episodes.empty()) missing.first = path;
        missing.episodes.push_back(entry.index);
        continue;
      }
      found_.error(code::kInfoPath, "meta/info.json", "/video_path",
                   fmt::format("leads to {} for {}, the file is {}: readers do not find it", path,
                               entry.where(), other));
      path = other;
    }
    any = true;
    file_at(path, &feature).clips.push_back(clip_of(entry, place->second, rows_));
  }
  report(feature, missing, any, found_);
}

std::vector<VideoFile> Collector::finish() {
  std::vector<std::string> stray;
  for (const std::string& path : set_.video_files)
    if (!index_.contains(path)) stray.push_back(path);
  if (!stray.empty())
    found_.warning(code::kVideoUnreferenced, stray.front(), "",
                   fmt::format("{} file(s) below videos/ that no episode names", stray.size()));
  for (VideoFile& file : files_)
    std::stable_sort(file.clips.begin(), file.clips.end(),
                     [](const ClipEntry& a, const ClipEntry& b) { return a.from < b.from; });
  return std::move(files_);
}
}  // namespace

std::vector<VideoFile> collect_videos(const DataSet& set, const RowsResult& rows, Grouped& found) {
  Collector collector(set, rows, found);
  for (const Feature& feature : set.features)
    if (feature.is_video()) collector.camera(feature);
  return collector.finish();
}

}  // namespace reelcell::writers::lerobot
