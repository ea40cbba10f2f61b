// A LeRobot folder's metadata: which episodes, features, times and figures it has.
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "edit/stored.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/readers/modality.hpp"
#include "reelcell/stats/figures.hpp"
#include "reelcell/table/parquet.hpp"
#include "reelcell/table/parquet_rows.hpp"

namespace reelcell::pipeline::edit {
namespace {

/// A row of meta/objects.parquet.
PictureObject object_of(const Json& row) {
  PictureObject object;
  object.label = row["label"].get<std::string>();
  object.track = row["track"].get<std::string>();
  object.shape = parse_object_shape(row["shape"].get<std::string>());
  object.box = {row["x0"].get<double>(), row["y0"].get<double>(), row["x1"].get<double>(),
                row["y1"].get<double>()};
  auto points = row["points"].get<std::vector<double>>();
  auto at = points.begin();
  for (const auto count : row["outline_points"].get<std::vector<std::ptrdiff_t>>()) {
    if (count < 0 || 2 * count > points.end() - at)
      throw InputError("meta/objects.parquet", "outline_points do not fit points");
    object.outlines.emplace_back(at, at + 2 * count);
    at += 2 * count;
  }
  object.runs = row["mask_runs"].get<std::vector<std::uint32_t>>();
  object.occluded = row["occluded"].get<bool>();
  object.interpolated = row["interpolated"].get<bool>();
  const Json attributes =
      parse_json(row["attributes"].get<std::string>(), "meta/objects.parquet: attributes");
  for (const auto& [name, value] : attributes.items())
    object.attributes.emplace_back(name, value_from_json(value));
  object.source = row["source"].get<std::string>();
  return object;
}

constexpr std::uint64_t kMostEpisodes = 10'000'000;

/// Takes each line that is not blank as JSON, with where it begins and its length.
template <class Take>
void for_each_json_line(const fs::path& file, Take&& take) {
  std::ifstream text(file, std::ios::binary);
  if (!text) throw InputError(file.string(), "cannot be opened");
  std::size_t number = 0;
  std::uint64_t begin = 0;
  for (std::string line; std::getline(text, line); begin += line.size() + 1) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = file.string() + ": line " + std::to_string(number);
    const Json row = parse_json(line, where);
    const auto index = row.find("episode_index");
    if (index == row.end() || !index->is_number_integer() || index->get<std::int64_t>() < 0)
      throw InputError(where, "an object with \"episode_index\" was expected");
    take(index->get<std::uint64_t>(), row, begin, line.size());
  }
  if (text.bad()) throw InputError(file.string(), "cannot be read to its end");
}

void flatten_names(const Json& names, std::vector<std::string>& out) {
  if (names.is_string()) out.push_back(names.get<std::string>());
  if (names.is_structured())
    for (const Json& item : names) flatten_names(item, out);
}

bool is_own_column(const std::string& name) {
  static const std::set<std::string> kOwn = {"timestamp", "frame_index", "episode_index", "index",
                                             "task_index"};
  return kOwn.contains(name) || name.starts_with("reelcell.");
}

/// "reelcell.wrist.time_ns" -> "wrist"; "" for another column.
std::string time_stream(const std::string& column) {
  constexpr std::string_view kHead = "reelcell.", kTail = ".time_ns";
  if (!column.starts_with(kHead) || !column.ends_with(kTail) ||
      column.size() <= kHead.size() + kTail.size())
    return "";
  return column.substr(kHead.size(), column.size() - kHead.size() - kTail.size());
}

/// What GR00T's modality.json says of a feature.
void read_parts(const readers::Modality& modality, FeatureSpec& spec) {
  const auto found = modality.groups.find(spec.name);
  if (found == modality.groups.end() ||
      found->second.width() != static_cast<std::size_t>(spec.shape[0]))
    return;
  spec.modality = found->second.section;
  spec.parts = found->second.widths;
}

}  // namespace

LeRobotFolder::LeRobotFolder(fs::path folder, std::vector<std::string> streams)
    : folder_(std::move(folder)), streams_(std::move(streams)) {
  info_ = read_json_file(folder_ / "meta" / "info.json");
  JsonObject info(info_, (folder_ / "meta" / "info.json").string() + ": ");
  rate_ = at_place(info.where("fps"), [&] { return rate_from_number(info.number("fps")); });
  read_features();
  read_rows();
  read_pixels();
  read_objects();
}

std::string LeRobotFolder::stream_of(const std::string& safe) const {
  for (const std::string& stream : streams_)
    if (safe_stream_name(stream) == safe) return stream;
  return safe;
}

void LeRobotFolder::read_features() {
  const std::string where = (folder_ / "meta" / "info.json").string() + ": /features";
  if (!info_.contains("features") || !info_["features"].is_object())
    throw InputError(where, "an object of features is expected");
  const readers::Modality modality = readers::read_modality(folder_);
  for (const auto& [name, feature] : info_["features"].items()) {
    JsonObject object(feature, where + "/" + name);
    const std::string dtype = object.text("dtype");
    if (name == "reelcell.time_ns") true_times_ = true;
    if (const std::string stream = time_stream(name); !stream.empty())
      time_streams_.push_back(stream_of(stream));
    if (is_own_column(name)) continue;
    if (dtype == "image")
      throw InputError(where + "/" + name,
                       "keeps pictures in the table; an edit copies only cameras with video files. "
                       "Make a set with video of it first: 'reelcell build'");
    FeatureSpec spec;
    spec.name = name;
    spec.is_video = dtype == "video";
    for (const Json& side : object.raw("shape")) spec.shape.push_back(side.get<std::int64_t>());
    if (const Json* names = object.find("names")) flatten_names(*names, spec.names);
    if (const Json* own = object.find("info"); own && own->is_object())
      spec.unit = own->value("unit", "");
    if (spec.is_video) {
      spec.modality = "video";
      // Others write channels first.
      if (spec.shape.size() == 3 && spec.shape[0] == 3)
        spec.shape = {spec.shape[1], spec.shape[2], 3};
      spec.names = {"height", "width", "channels"};
    } else {
      if (spec.shape.size() > 1)
        throw InputError(where + "/" + name, "has the shape " + object.raw("shape").dump() +
                                                 "; an edit writes features of one dimension");
      if (spec.shape.empty()) spec.shape = {1};
      spec.dtype = at_place(object.where("dtype"), [&] { return parse_dtype(dtype); });
      // As the reader gives it.
      if (modality.is_index(name, spec.dtype, static_cast<std::size_t>(spec.shape[0])))
        spec.dtype = DType::kString;
      if (static_cast<std::int64_t>(spec.names.size()) != spec.shape[0]) spec.names.clear();
      read_parts(modality, spec);
    }
    features_.push_back(std::move(spec));
  }
}

void LeRobotFolder::read_rows() {
  std::set<std::string> videos;
  for (const FeatureSpec& spec : features_)
    if (spec.is_video) videos.insert(spec.name);
  const fs::path tables = folder_ / "meta" / "episodes",
                 lines = folder_ / "meta" / "episodes.jsonl";
  if (fs::is_directory(tables)) {
    for (const std::string& name : list_files(tables)) {
      if (!name.ends_with(".parquet")) continue;
      std::vector<std::string> columns;
      for (const table::ParquetColumn& column : table::parquet_info(tables / name).columns) {
        const std::size_t last = column.name.rfind('/');
        const bool figure = column.name.starts_with("stats/");
        if (!figure || (last > 6 && videos.contains(column.name.substr(6, last - 6))))
          columns.push_back(column.name);
      }
      table::for_each_parquet_row(tables / name, columns, [&](const Json& all) {
        const auto index = all.find("episode_index");
        if (index == all.end() || !index->is_number_integer())
          throw InputError((tables / name).string(), "'episode_index' is missing");
        const auto episode = index->get<std::uint64_t>();
        Json row = Json::object(), figures = Json::object();
        for (const auto& [column, value] : all.items()) {
          if (!column.starts_with("stats/")) {
            row[column] = value;
          } else if (!value.is_null()) {
            const std::size_t last = column.rfind('/');
            figures[column.substr(6, last - 6)][column.substr(last + 1)] = value;
          }
        }
        if (rows_.size() >= kMostEpisodes)
          throw InputError((tables / name).string(),
                           "lists more than " + std::to_string(kMostEpisodes) + " episodes");
        rows_[episode] = shelf_.add(row);
        if (!figures.empty()) figures_[episode] = shelf_.add(figures);
      });
    }
  } else if (fs::exists(lines)) {
    for_each_json_line(lines, [&](std::uint64_t episode, const Json& row, std::uint64_t,
                                  std::size_t) { rows_[episode] = shelf_.add(row); });
    const fs::path stats = folder_ / "meta" / "episodes_stats.jsonl";
    if (fs::exists(stats))
      for_each_json_line(stats,
                         [&](std::uint64_t episode, const Json& row, std::uint64_t, std::size_t) {
                           if (!row.contains("stats") || !row["stats"].is_object()) return;
                           Json figures = Json::object();
                           for (const auto& [name, values] : row["stats"].items())
                             if (videos.contains(name)) figures[name] = values;
                           if (!figures.empty()) figures_[episode] = shelf_.add(figures);
                         });
  } else {
    throw InputError(folder_.string(),
                     "lists no episodes: meta/episodes/*.parquet or meta/episodes.jsonl was "
                     "expected");
  }
}

void LeRobotFolder::read_objects() {
  const fs::path file = folder_ / "meta/objects.parquet";
  if (!fs::exists(file)) return;
  constexpr std::uint64_t kMost = 20'000'000;
  try {
    for (const Json& row : table::read_parquet_rows(file, kMost)) {
      std::vector<ClipObjects>& clips = objects_[row["episode_index"].get<std::uint64_t>()];
      const std::string feature = row["feature"].get<std::string>();
      auto clip = std::find_if(clips.begin(), clips.end(),
                               [&](const ClipObjects& c) { return c.feature == feature; });
      if (std::none_of(object_clips_.begin(), object_clips_.end(),
                       [&](const ClipObjects& c) { return c.feature == feature; }))
        object_clips_.push_back({feature,
                                 row["stream"].get<std::string>(),
                                 row["width"].get<int>(),
                                 row["height"].get<int>(),
                                 {}});
      if (clip == clips.end())
        clip = clips.insert(clips.end(), {feature,
                                          row["stream"].get<std::string>(),
                                          row["width"].get<int>(),
                                          row["height"].get<int>(),
                                          {}});
      clip->entries.push_back({row["frame_index"].get<std::uint32_t>(), object_of(row)});
    }
  } catch (const Json::exception& error) {
    throw InputError(file.string(),
                     std::string("is not as this program writes it: ") + error.what());
  }
}

std::vector<ClipObjects> LeRobotFolder::objects_of(std::uint64_t episode) const {
  std::vector<ClipObjects> clips = object_clips_;
  const auto found = objects_.find(episode);
  if (found == objects_.end()) return clips;
  for (ClipObjects& clip : clips)
    for (const ClipObjects& own : found->second)
      if (own.feature == clip.feature) clip.entries = own.entries;
  return clips;
}

void LeRobotFolder::read_pixels() {
  const fs::path file = folder_ / "meta" / "pixels.jsonl";
  if (!fs::exists(file)) return;
  for_each_json_line(
      file, [&](std::uint64_t episode, const Json&, std::uint64_t begin, std::size_t size) {
        pixels_[episode] = {begin, size};
      });
}

Json LeRobotFolder::row(std::uint64_t episode) const {
  const auto found = rows_.find(episode);
  return found == rows_.end() ? Json::object() : shelf_.at(found->second);
}

std::vector<std::uint64_t> LeRobotFolder::episodes() const {
  std::vector<std::uint64_t> list;
  for (const auto& [episode, row] : rows_) list.push_back(episode);
  return list;
}

std::string LeRobotFolder::task(std::uint64_t episode) const {
  const Json entry = row(episode);
  const auto tasks = entry.find("tasks");
  if (tasks == entry.end()) return "";
  if (tasks->is_string()) return tasks->get<std::string>();
  return tasks->is_array() && !tasks->empty() && tasks->front().is_string()
             ? tasks->front().get<std::string>()
             : "";
}

std::string LeRobotFolder::split(std::uint64_t episode) const {
  const Json own = row(episode);
  if (own.contains("reelcell/split") && own["reelcell/split"].is_string())
    return own["reelcell/split"].get<std::string>();
  if (info_.contains("splits") && info_["splits"].is_object())
    for (const auto& [name, range] : info_["splits"].items()) {
      if (!range.is_string()) continue;
      std::istringstream ranges(range.get<std::string>());  // "0:80", or "0:80,100:140"
      for (std::string part; std::getline(ranges, part, ',');) {
        unsigned long long first = 0, end = 0;
        if (std::sscanf(part.c_str(), "%llu:%llu", &first, &end) == 2 && episode >= first &&
            episode < end)
          return name;
      }
    }
  return "train";
}

namespace {
bool has_moments(const Json& figures) {
  for (const char* name : {"min", "max", "mean", "std", "count"})
    if (!figures.contains(name) || figures[name].is_null()) return false;
  return true;
}
/// Squares of bytes that overflowed give a spread of nothing; such figures are not carried on.
bool can_be_true(const Json& figures) {
  const auto of = [&](const char* name) { return stats::numbers_in(figures[name]); };
  const auto low = of("min"), high = of("max"), mean = of("mean"), spread = of("std");
  if (low.size() != 3 || high.size() != 3 || mean.size() != 3 || spread.size() != 3) return false;
  for (std::size_t c = 0; c < 3; ++c) {
    const double range = high[c] - low[c];
    if (!(low[c] >= 0 && high[c] <= 1 + 1e-9 && mean[c] >= low[c] && mean[c] <= high[c]))
      return false;
    if (range > 0.1 && !(spread[c] > 1e-3)) return false;
  }
  return true;
}
}  // namespace

Json LeRobotFolder::stored_pixels(std::uint64_t episode, const std::string& feature) const {
  if (const auto line = pixels_.find(episode); line != pixels_.end()) {
    const fs::path file = folder_ / "meta" / "pixels.jsonl";
    Bytes text(line->second.second);
    text.resize(InputFile(file).read_at(line->second.first, text));
    const Json row = parse_json(as_text(text), file.string());
    if (row.contains("features") && row["features"].contains(feature))
      return row["features"][feature];
  }
  const auto own = figures_.find(episode);
  if (own == figures_.end()) return {};
  const Json all = shelf_.at(own->second);
  const auto figures = all.find(feature);
  if (figures == all.end() || !has_moments(*figures) || !can_be_true(*figures)) return {};
  return {{"figures", *figures}};
}

}  // namespace reelcell::pipeline::edit
