#include "internal/members.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "internal/describe.hpp"
#include "internal/npy_writer.hpp"
#include "reelcell/base/compress.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/mp4.hpp"

namespace reelcell::webdataset {
namespace {

/// Readers lower-case extensions; only what survives tar, shells and loaders unharmed is kept.
std::string safe_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool good = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') ||
                      lower == '_' || lower == '-' || lower == '.';
    name += good ? lower : '_';
  }
  return name;
}

std::string without_prefix(const std::string& name) {
  for (const std::string_view prefix : {"observation.images.", "observation."})
    if (name.starts_with(prefix) && name.size() > prefix.size())
      return safe_name(std::string_view(name).substr(prefix.size()));
  return safe_name(name);
}

/// Collects members and refuses two of one name.
class Collector {
 public:
  Collector(const Episode& episode, int zstd_level) : episode_(episode), level_(zstd_level) {}

  std::string add(std::string extension, Bytes data) {
    if (!names_.insert(extension).second)
      throw PlanError(episode_.key + ": two members of the sample would be called '" + extension +
                      "'; rename one of the features or streams");
    members_.push_back({std::move(extension), std::move(data)});
    return members_.back().extension;
  }
  std::string add_array(const std::string& name, const Bytes& npy) {
    if (level_ > 0) return add(name + ".npy.zst", zstd_compress(npy, level_));
    return add(name + ".npy", npy);
  }
  std::vector<Member> take() {
    std::sort(members_.begin(), members_.end(),
              [](const Member& a, const Member& b) { return a.extension < b.extension; });
    return std::move(members_);
  }

 private:
  const Episode& episode_;
  int level_;
  std::set<std::string> names_;
  std::vector<Member> members_;
};

using Names = std::map<std::string, std::string>;

Names feature_names(const CorpusSchema& schema) {
  std::vector<std::string> features;
  for (const FeatureSpec& feature : schema.features) features.push_back(feature.name);
  const std::vector<std::string> shorts = short_names(features);
  Names names;
  for (std::size_t i = 0; i < features.size(); ++i) names[features[i]] = shorts[i];
  return names;
}
const std::string& name_of(Names& names, const std::string& feature) {
  const auto [it, is_new] = names.try_emplace(feature);
  if (is_new) it->second = without_prefix(feature);
  return it->second;
}

void add_columns(const Episode& episode, const CorpusSchema& schema, Names& names,
                 Collector& members, Json& document) {
  Json& features = document["features"] = Json::object();
  std::size_t next = 0;
  for (const FeatureSpec& feature : schema.features) {
    if (feature.is_video) continue;
    const Column& column = episode.columns.at(next++);
    // A shape of [1] is a scalar in each row, as it is in LeRobot.
    const bool scalar = column.spec.width == 1 && feature.shape.size() <= 1;
    const std::string member =
        members.add_array(name_of(names, feature.name), npy_of_column(column, scalar));
    features[feature.name] = describe_feature(feature, member);
  }
}

void add_clips(const Episode& episode, Names& names, Collector& members, Json& document) {
  Json& videos = document["videos"] = Json::object();
  Json frames = Json::array();
  std::vector<std::int64_t> pts;
  for (const EpisodeClip& clip : episode.clips) {
    const std::string member =
        members.add(name_of(names, clip.feature) + ".mp4", media::mp4_bytes(clip.packets));
    videos[clip.feature] = describe_clip(clip, member);
    if (!clip.source || clip.frame.size() != episode.rows) continue;
    frames.push_back(clip.feature);
    const FrameTable& table = clip.source->frames();
    for (const std::uint32_t ordinal : clip.frame) pts.push_back(table.frames.at(ordinal).pts);
  }
  if (frames.empty()) return;
  // Which frame of the source each row shows, by its pts there: rows of cameras x rows.
  document["source_pts"] = {
      {"videos", frames},
      {"member",
       members.add_array("source_pts", npy_of_int64(pts, {frames.size(), episode.rows}))}};
}

void add_stills(const Episode& episode, Names& names, Collector& members, Json& document) {
  if (episode.stills.empty()) return;
  Json& stills = document["stills"] = Json::array();
  for (const EpisodeStill& still : episode.stills) {
    const std::string member =
        members.add(name_of(names, still.feature) + "." + safe_name(still.name) + "." +
                        safe_name(still.extension),
                    still.data);
    stills.push_back(describe_still(still, member));
  }
}

/// Of every sample, where label files were named: readers that ask for the member find it.
void add_objects(const Episode& episode, Collector& members, Json& document) {
  if (episode.objects.empty()) return;
  const std::string text = dump_json(objects_to_json(episode.objects));
  const ByteView bytes = as_bytes(text);
  Json counts = Json::object();
  for (const ClipObjects& clip : episode.objects) counts[clip.feature] = clip.entries.size();
  document["objects"] = {{"member", members.add("objects.json", {bytes.begin(), bytes.end()})},
                         {"counts", std::move(counts)}};
}

void add_times(const Episode& episode, bool true_times, Collector& members, Json& document) {
  std::vector<std::int64_t> reference;
  for (const SessionTime t : episode.time) reference.push_back(ns_of(t));
  members.add_array("time_ns", npy_of_int64(reference, {reference.size()}));
  if (!true_times || episode.row_times.empty()) return;
  std::vector<std::int64_t> time, skew;
  std::vector<std::int8_t> flag;
  Json streams = Json::array();
  for (const RowTimes& times : episode.row_times) {
    streams.push_back(times.stream);
    for (const SessionTime t : times.source) time.push_back(ns_of(t));
    skew.insert(skew.end(), times.skew_ns.begin(), times.skew_ns.end());
    for (const JoinFlag f : times.flag) flag.push_back(static_cast<std::int8_t>(f));
  }
  const std::vector<std::size_t> shape = {streams.size(), episode.rows};
  members.add_array("source_time_ns", npy_of_int64(time, shape));
  members.add_array("source_skew_ns", npy_of_int64(skew, shape));
  members.add_array("source_flag", npy_of_int8(flag, shape));
  document["source_streams"] = streams;
  document["source_flags"] = {"exact", "interpolated", "held", "nearest", "gap"};
}

void add_native(const Episode& episode, Collector& members, Json& document) {
  if (episode.native.empty()) return;
  Json& native = document["native"] = Json::object();
  for (const NativeSeries& series : episode.native) {
    const std::string prefix = "native." + safe_name(series.stream) + ".";
    std::vector<std::int64_t> times;
    for (const SessionTime t : series.samples.times) times.push_back(ns_of(t));
    Json& entry = native[series.stream] = {{"samples", times.size()}};
    entry["time_ns"] = members.add_array(prefix + "time_ns", npy_of_int64(times, {times.size()}));
    // Row i of the grid has the samples [begin, end).
    std::vector<std::uint32_t> ranges = series.begin;
    ranges.insert(ranges.end(), series.end.begin(), series.end.end());
    entry["row_ranges"] =
        members.add_array(prefix + "row_ranges", npy_of_uint32(ranges, {2, series.begin.size()}));
    Json& columns = entry["columns"] = Json::object();
    for (const Column& column : series.samples.columns) {
      const std::string member = members.add_array(prefix + safe_name(column.spec.name),
                                                   npy_of_column(column, column.spec.width == 1));
      columns[column.spec.name] = {{"member", member}, {"unit", column.spec.unit}};
    }
  }
}

}  // namespace

std::vector<std::string> short_names(const std::vector<std::string>& features) {
  static const std::set<std::string> kTaken = {
      "json", "txt", "time_ns", "source_pts", "source_time_ns", "source_skew_ns", "source_flag"};
  std::map<std::string, int> uses;
  for (const std::string& feature : features) ++uses[without_prefix(feature)];
  std::vector<std::string> names;
  for (const std::string& feature : features) {
    const std::string name = without_prefix(feature);
    const bool taken = kTaken.contains(name) || name.starts_with("native.");
    names.push_back(uses[name] > 1 || taken ? "feature." + safe_name(feature) : name);
  }
  return names;
}

std::vector<Member> make_members(const Episode& episode, const CorpusSchema& schema,
                                 const MemberOptions& options) {
  Collector members(episode, options.zstd_level);
  Names names = feature_names(schema);
  Json document = describe_episode(episode, schema);
  if (options.number) document["episode"] = *options.number;
  add_columns(episode, schema, names, members, document);
  add_clips(episode, names, members, document);
  add_stills(episode, names, members, document);
  add_objects(episode, members, document);
  add_times(episode, options.true_times, members, document);
  if (options.native) add_native(episode, members, document);
  if (!episode.segment.task.empty()) {
    const ByteView text = as_bytes(episode.segment.task);
    members.add("txt", {text.begin(), text.end()});
  }
  const std::string json = dump_json(document);
  const ByteView text = as_bytes(json);
  members.add("json", {text.begin(), text.end()});
  return members.take();
}

}  // namespace reelcell::webdataset
