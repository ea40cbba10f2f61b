// Samples of our WebDataset shards, found through the index beside each.
#include <algorithm>

#include "edit/npy.hpp"
#include "edit/stored.hpp"
#include "internal/pixel_pass.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/base/json_array.hpp"
#include "reelcell/media/memory_file.hpp"
#include "reelcell/media/video_file.hpp"
#include "reelcell/stats/stats.hpp"

namespace reelcell::pipeline::edit {
namespace {

/// The members of one sample.
class Sample {
 public:
  Sample(const fs::path& shard, const std::string& key, const Json& members)
      : file_(shard), where_(shard.string() + ": " + key), members_(&members) {
    document_ = parse_json(as_text(bytes("json")), where_ + ".json");
  }
  const Json& document() const { return document_; }
  const std::string& where() const { return where_; }
  bool has(const std::string& extension) const { return find(extension) != nullptr; }
  Bytes bytes(const std::string& extension) const {
    const Json* member = find(extension);
    if (!member) throw InputError(where_, "has no member '." + extension + "'");
    const std::uint64_t offset = member->value("offset", std::uint64_t{0});
    const std::uint64_t size = member->value("bytes", std::uint64_t{0});
    if (offset > file_.size() || size > file_.size() - offset)
      throw InputError(where_, "the index places '." + extension + "' beyond the shard's end");
    Bytes out(size);
    if (file_.read_at(offset, out) != size)
      throw InputError(where_, "'." + extension + "' breaks off");
    Hasher hasher(Hasher::Kinds::kXxh3Only);
    hasher.update(out);
    if (hasher.finish().xxh3_128 != member->value("xxh3_128", ""))
      throw InputError(where_, "'." + extension + "' has other bytes than the index says");
    return out;
  }
  /// By its full extension, or by its name without ".npy" and ".npy.zst".
  NpyArray array(const std::string& name) const {
    return at_place(where_ + ": " + name, [&] {
      for (const std::string& extension : {name, name + ".npy", name + ".npy.zst"})
        if (has(extension)) return read_array(bytes(extension), extension.ends_with(".zst"));
      throw InputError("there is no such array");
    });
  }
  std::vector<std::int64_t> integers(const std::string& name) const {
    NpyArray found = array(name);
    auto* values = std::get_if<std::vector<std::int64_t>>(&found.data);
    if (!values) throw InputError(where_ + ": " + name, "integers were expected");
    return std::move(*values);
  }

 private:
  const Json* find(const std::string& extension) const {
    for (const Json& member : *members_)
      if (member.value("extension", "") == extension) return &member;
    return nullptr;
  }
  InputFile file_;
  std::string where_;
  const Json* members_;
  Json document_;
};

void need(bool condition, const Sample& sample, const char* message) {
  if (!condition) throw InputError(sample.where(), message);
}

void take_columns(const Sample& sample, const CorpusSchema& schema, Episode& episode) {
  for (const FeatureSpec& spec : schema.features) {
    if (spec.is_video) continue;
    const Json& features = sample.document()["features"];
    if (!features.contains(spec.name))
      throw InputError(sample.where(), "has no feature '" + spec.name + "'");
    NpyArray array = sample.array(features[spec.name]["member"].get<std::string>());
    const auto width = static_cast<std::size_t>(spec.shape.empty() ? 1 : spec.shape[0]);
    Column column;
    column.spec = {spec.name, spec.dtype, width, spec.unit, spec.names};
    column.data = std::move(array.data);
    if (column.data.index() != empty_data(spec.dtype).index() || column.rows() != episode.rows)
      throw InputError(sample.where(), "feature '" + spec.name + "' does not fit the manifest");
    episode.columns.push_back(std::move(column));
  }
}

void take_times(const Sample& sample, Episode& episode) {
  for (const std::int64_t ns : sample.integers("time_ns")) episode.time.push_back(session_time(ns));
  need(episode.time.size() == episode.rows, sample, "'time_ns' does not cover every row");
  if (!sample.document().contains("source_streams")) return;
  const auto time = sample.integers("source_time_ns"), skew = sample.integers("source_skew_ns"),
             flag = sample.integers("source_flag");
  const std::size_t n = episode.rows;
  const Json& streams = sample.document()["source_streams"];
  need(
      time.size() == n * streams.size() && skew.size() == time.size() && flag.size() == time.size(),
      sample, "the sources' times do not cover every row");
  for (std::size_t s = 0; s < streams.size(); ++s) {
    RowTimes times;
    times.stream = streams[s].get<std::string>();
    for (std::size_t row = s * n; row < (s + 1) * n; ++row) {
      times.source.push_back(session_time(time[row]));
      times.skew_ns.push_back(skew[row]);
      times.flag.push_back(static_cast<JoinFlag>(flag[row]));
    }
    episode.row_times.push_back(std::move(times));
  }
}

void take_native(const Sample& sample, Episode& episode) {
  if (!sample.document().contains("native")) return;
  for (const auto& [stream, entry] : sample.document()["native"].items()) {
    NativeSeries series;
    series.stream = stream;
    for (const std::int64_t ns : sample.integers(entry["time_ns"].get<std::string>()))
      series.samples.times.push_back(session_time(ns));
    const auto ranges = sample.integers(entry["row_ranges"].get<std::string>());
    const std::size_t n = ranges.size() / 2;
    for (std::size_t i = 0; i < n; ++i) {
      series.begin.push_back(static_cast<std::uint32_t>(ranges[i]));
      series.end.push_back(static_cast<std::uint32_t>(ranges[n + i]));
    }
    for (const auto& [name, described] : entry["columns"].items()) {
      NpyArray array = sample.array(described["member"].get<std::string>());
      Column column;
      column.spec.name = name;
      column.spec.dtype = array.dtype;
      column.spec.width = array.shape.size() > 1 ? static_cast<std::size_t>(array.shape[1]) : 1;
      column.spec.unit = described.value("unit", "");
      column.data = std::move(array.data);
      need(column.rows() == series.samples.size(), sample, "a native series has ragged columns");
      series.samples.columns.push_back(std::move(column));
    }
    episode.native.push_back(std::move(series));
  }
}

void take_attributes(const Sample& sample, Episode& episode) {
  if (!episode.session_attributes.empty() || !sample.document().contains("session_attributes"))
    return;
  for (const auto& [name, value] : sample.document()["session_attributes"].items())
    episode.session_attributes.emplace_back(name, value_from_json(value));
}

void take_stills(const Sample& sample, Episode& episode) {
  if (!sample.document().contains("stills")) return;
  for (const Json& described : sample.document()["stills"]) {
    EpisodeStill still;
    const std::string member = described["member"].get<std::string>();
    still.feature = described["feature"].get<std::string>();
    still.name = described["name"].get<std::string>();
    still.time = session_time(described["time_ns"].get<std::int64_t>());
    still.pts = described["pts"].get<std::int64_t>();
    still.extension = member.substr(member.rfind('.') + 1);
    still.data = sample.bytes(member);
    episode.stills.push_back(std::move(still));
  }
}

void take_objects(const Sample& sample, Episode& episode) {
  if (!sample.document().contains("objects")) return;
  const std::string member = sample.document()["objects"]["member"].get<std::string>();
  const std::string where = sample.where() + "." + member;
  episode.objects = objects_from_json(parse_json(as_text(sample.bytes(member)), where), where);
}

/// The frames' times in the recording they came from, as a source that only tells them.
void take_source_pts(const Sample& sample, Episode& episode) {
  if (!sample.document().contains("source_pts")) return;
  const Json& described = sample.document()["source_pts"];
  const auto pts = sample.integers(described["member"].get<std::string>());
  const Json& videos = described["videos"];
  need(pts.size() == videos.size() * episode.rows, sample, "'source_pts' does not cover every row");
  for (std::size_t v = 0; v < videos.size(); ++v)
    for (EpisodeClip& clip : episode.clips) {
      if (clip.feature != videos[v].get<std::string>()) continue;
      media::PacketList list;
      list.format = clip.packets.format;
      list.description = sample.where() + ": " + clip.feature;
      list.table.packets = static_cast<std::uint32_t>(episode.rows);
      clip.frame.clear();
      for (std::size_t row = 0; row < episode.rows; ++row) {
        FrameRecord frame;
        frame.pts = pts[v * episode.rows + row];
        frame.packet = static_cast<std::uint32_t>(row);
        list.table.frames.push_back(frame);
        clip.frame.push_back(frame.packet);
      }
      list.load = [where = list.description](std::uint32_t) -> std::shared_ptr<const Bytes> {
        throw InputError(where, "tells only the frames' times; the recording is elsewhere");
      };
      clip.source = media::make_packet_source(std::move(list));
    }
}

void take_clips(const Sample& sample, const CorpusSchema& schema, const LoadOptions& options,
                LoadedEpisode& loaded) {
  for (const FeatureSpec& spec : schema.features) {
    if (!spec.is_video) continue;
    const Json& videos = sample.document()["videos"];
    if (!videos.contains(spec.name))
      throw InputError(sample.where(), "has no video '" + spec.name + "'");
    const Json& described = videos[spec.name];
    const media::MemoryFile file(sample.bytes(described["member"].get<std::string>()));
    const std::shared_ptr<const VideoSource> source =
        media::open_video_file(file.path(), -1, *loaded.losses);
    EpisodeClip clip;
    clip.feature = spec.name;
    clip.stream = described.value("stream", "");
    std::vector<std::uint32_t> frames(source->frames().frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = static_cast<std::uint32_t>(i);
    need(frames.size() == loaded.episode.rows, sample, "a clip has not one frame a row");
    take_clip(source, frames, options, clip, loaded);
    if (options.wants_pixels) {
      const std::vector<bool> wanted = rows_for_stats(options.pixel_rows, frames.size());
      std::erase_if(frames, [&](std::uint32_t frame) { return !wanted[frame]; });
      loaded.episode.video_stats[spec.name] = decode_pixels(source, frames, loaded);
    }
    loaded.episode.clips.push_back(std::move(clip));
  }
}

}  // namespace

WebDatasetFolder::WebDatasetFolder(fs::path folder) : folder_(std::move(folder)) {
  for (const std::string& name : list_files(folder_)) {
    if (!name.ends_with(".index.json") || name.find('/') != std::string::npos) continue;
    std::vector<std::string> keys;
    std::vector<Json> members;
    const Json index = read_json_array(folder_ / name, "samples", [&](Json&& sample) {
      keys.push_back(sample.value("key", ""));
      members.push_back(sample.value("members", Json::array()));
    });
    const std::string shard = JsonObject(index, (folder_ / name).string() + ": ").text("shard");
    safe_join(folder_, shard);
    for (std::size_t i = 0; i < keys.size(); ++i)
      places_[keys[i]] = shelf_.add({{"shard", shard}, {"members", std::move(members[i])}});
  }
}

WebDatasetFolder::Place WebDatasetFolder::place(const std::string& key) const {
  const auto found = places_.find(key);
  if (found == places_.end())
    throw InputError(folder_.string(), "no index lists the sample '" + key + "'");
  const Json kept = shelf_.at(found->second);
  return {kept.at("shard").get<std::string>(), kept.at("members")};
}

void WebDatasetFolder::load(const std::string& key, const CorpusSchema& schema,
                            const LoadOptions& options, LoadedEpisode& loaded) const {
  const Place at = place(key);
  try {
    const Sample sample(folder_ / at.shard, key, at.members);
    Episode& episode = loaded.episode;
    if (episode.rows == 0) episode.rows = sample.document()["rows"].get<std::size_t>();
    take_columns(sample, schema, episode);
    take_times(sample, episode);
    take_native(sample, episode);
    take_clips(sample, schema, options, loaded);
    take_stills(sample, episode);
    take_objects(sample, episode);
    take_source_pts(sample, episode);
    take_attributes(sample, episode);
  } catch (const Json::exception& error) {
    throw InputError(
        (folder_ / at.shard).string() + ": " + key,
        std::string("its json member is not as this program writes it: ") + error.what());
  }
}

void WebDatasetFolder::load_rows(const std::string& key, const CorpusSchema& schema,
                                 LoadedEpisode& loaded) const {
  const Place at = place(key);
  try {
    const Sample sample(folder_ / at.shard, key, at.members);
    take_columns(sample, schema, loaded.episode);
    take_times(sample, loaded.episode);
    take_objects(sample, loaded.episode);
  } catch (const Json::exception& error) {
    throw InputError(
        (folder_ / at.shard).string() + ": " + key,
        std::string("its json member is not as this program writes it: ") + error.what());
  }
}

void WebDatasetFolder::add_extras(const std::string& key, LoadedEpisode& loaded) const {
  const Place at = place(key);
  try {
    const Sample sample(folder_ / at.shard, key, at.members);
    if (sample.document().contains("native")) {
      // The rows' ranges are kept here as they were made.
      loaded.episode.native.clear();
      take_native(sample, loaded.episode);
    }
    take_stills(sample, loaded.episode);
    take_objects(sample, loaded.episode);
    take_source_pts(sample, loaded.episode);
    take_attributes(sample, loaded.episode);
  } catch (const Json::exception& error) {
    throw InputError(
        (folder_ / at.shard).string() + ": " + key,
        std::string("its json member is not as this program writes it: ") + error.what());
  }
}

}  // namespace reelcell::pipeline::edit
