// Which video files there should be, and the checks of one of them.
#pragma once

#include <string>
#include <vector>

#include "checks.hpp"

namespace reelcell::writers::lerobot {

/// One episode's stretch of a file.
struct ClipEntry {
  std::int64_t episode = 0;
  double from = 0;                    ///< s
  std::optional<double> to;           ///< s, v3 only
  std::uint64_t length = 0;           ///< rows
  const EpisodeRows* rows = nullptr;  ///< null when the data is missing
};
struct VideoFile {
  std::string path;
  const Feature* camera = nullptr;
  std::vector<ClipEntry> clips;  ///< by `from`
};

/// Files that exist, with their episodes; what is missing or too many is reported.
std::vector<VideoFile> collect_videos(const DataSet& set, const RowsResult& rows, Grouped& found);

struct FileResult {
  Grouped found;
  VideoResult counts;
};
/// `of_clip`: so many frames of each clip are decoded for the statistics; 0: all. Deep only.
FileResult check_video_file(const DataSet& set, const VideoFile& file, bool deep,
                            std::uint64_t of_clip);

}  // namespace reelcell::writers::lerobot
