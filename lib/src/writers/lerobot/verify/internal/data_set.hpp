// A LeRobot data set as its metadata describes it, read with as much forgiveness as possible.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "grouped.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/base/json.hpp"
#include "reelcell/model/series.hpp"

namespace reelcell::writers::lerobot {

struct Feature {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  Json raw;
  bool is_video() const { return dtype == "video"; }
  bool is_picture() const { return dtype == "video" || dtype == "image"; }
  /// Values a row: the product of the shape.
  std::int64_t width() const;
  /// The dtype when it is a number's; otherwise empty.
  std::optional<DType> number() const;
};

/// Where an episode's frames of one camera should be.
struct VideoPlace {
  std::string path;                ///< relative to the data set; "" when the metadata does not say
  std::optional<double> from, to;  ///< s, v3 only
};

struct EpisodeEntry {
  std::int64_t index = 0;
  std::optional<std::int64_t> length;
  std::vector<std::string> tasks;
  std::optional<std::int64_t> from_index, to_index;  ///< v3
  std::string data_path;
  std::map<std::string, VideoPlace> videos;
  std::string where() const { return "episode " + std::to_string(index); }
};

struct DataSet {
  fs::path root;
  fs::path info_file;  ///< empty: meta/info.json below the root
  Json info = Json::object();
  int major = 0;         ///< 2 or 3
  std::string version;   ///< as stated, "" when missing
  std::int64_t fps = 0;  ///< 0 when unusable
  std::int64_t chunks_size = 1000;
  std::vector<Feature> features;
  std::vector<EpisodeEntry> episodes;  ///< as the metadata lists them, or as the data files show
  bool episodes_listed = false;        ///< false: there is no episode table
  std::vector<std::string> tasks;
  bool tasks_listed = false;
  std::vector<std::string> annotations;  ///< features that GR00T reads as indices of tasks
  std::vector<std::string> data_files;   ///< found below data/, sorted
  std::vector<std::string> video_files;  ///< found below videos/, sorted
  const Feature* feature(std::string_view name) const;
};

/// Reads meta/info.json and checks it on its own. False when nothing more can be done.
bool load_info(DataSet& set, Grouped& found);
/// Lists the files on disk. Needs info.
void load_files(DataSet& set);
void load_tasks(DataSet& set, Grouped& found);
/// Needs info and files. Fills in where every episode's rows and frames should be.
void load_episodes(DataSet& set, Grouped& found);

/// Is the path, as metadata gave it, a file of the set? Paths that lead out of it are none.
bool is_file(const DataSet& set, const std::string& relative);

/// Fills a template such as "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet". Empty
/// when it asks for a name that is not given, or a format other than 0Nd; then `trouble` says what.
std::optional<std::string> fill_template(const std::string& text,
                                         const std::map<std::string, std::int64_t>& numbers,
                                         const std::map<std::string, std::string>& texts,
                                         std::string* trouble);

}  // namespace reelcell::writers::lerobot
