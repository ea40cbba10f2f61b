#include "internal/place_objects.hpp"

#include <algorithm>
#include <tuple>

#include "reelcell/base/error.hpp"
#include "reelcell/labelio/labels.hpp"
#include "reelcell/model/session_facts.hpp"

namespace reelcell::pipeline {
namespace {

/// Ordinals of the frames that a file's numbers or pictures mean.
class FrameFinder {
 public:
  FrameFinder(const OptionValues& rule, const labelio::ObjectFile& file, const OpenSession& session,
              const std::string& stream, std::string where)
      : source_(session.video(stream)), where_(std::move(where)), stream_(stream) {
    if (file.pictures) {
      read_table(rule, session);
    } else if (!file.objects.empty()) {
      labelio::LabelFile counted;
      counted.spans.emplace_back();  // a span of frames: its rules are those of objects
      counted.frames = labelio::stated_frames(rule, file.frames, where_);
      map_ = labelio::map_frames(counted, labelio::stated_fps(rule),
                                 playing_times(source_->frames()), stream, where_);
    }
  }

  std::uint32_t of(const labelio::DrawnObject& drawn) const {
    return table_ ? of_picture(drawn) : of_number(drawn);
  }

 private:
  void read_table(const OptionValues& rule, const OpenSession& session) {
    if (!rule.has("frame_table"))
      throw InputError(where_,
                       "names pictures and no frames of a video; give \"frame_table\", a CSV that "
                       "says which frame each picture is (picture, and frame, pts or time_ns)");
    const std::string name = rule.text("frame_table");
    table_name_ = session.session().id + ": " + name;
    const fs::path path = at_place(rule.where() + "/frame_table",
                                   [&] { return safe_join(session.session().folder, name); });
    table_ = labelio::read_frame_table(read_text_file(path), table_name_);
    const auto& frames = source_->frames().frames;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const auto ordinal = static_cast<std::uint32_t>(i);
      if (table_->key == labelio::FrameTable::Key::kPts) ordinals_[frames[i].pts] = ordinal;
      if (table_->key == labelio::FrameTable::Key::kTime)
        ordinals_[ns_of(frames[i].time)] = ordinal;
    }
  }

  std::uint32_t of_picture(const labelio::DrawnObject& drawn) const {
    auto found = table_->of.find(drawn.picture);
    // Tools put folders in front of the name.
    if (found == table_->of.end())
      found = table_->of.find(drawn.picture.substr(drawn.picture.find_last_of('/') + 1));
    if (found == table_->of.end())
      throw InputError(where_, drawn.object.source + ": the picture '" + drawn.picture +
                                   "' is not in the frame table " + table_name_);
    if (table_->key == labelio::FrameTable::Key::kFrame) {
      const auto count = static_cast<std::int64_t>(source_->frames().frames.size());
      if (found->second >= 0 && found->second < count)
        return static_cast<std::uint32_t>(found->second);
      throw InputError(table_name_, "the picture '" + drawn.picture + "' is frame " +
                                        std::to_string(found->second) + ", but stream '" + stream_ +
                                        "' has " + std::to_string(count) + " frames");
    }
    const auto frame = ordinals_.find(found->second);
    if (frame != ordinals_.end()) return frame->second;
    throw InputError(table_name_,
                     "the picture '" + drawn.picture + "' is at " +
                         (table_->key == labelio::FrameTable::Key::kPts ? "pts " : "time_ns ") +
                         std::to_string(found->second) + ", at which stream '" + stream_ +
                         "' has no frame; the table is of another video");
  }

  std::uint32_t of_number(const labelio::DrawnObject& drawn) const {
    if (const auto ordinal = map_.ordinal(drawn.frame)) return static_cast<std::uint32_t>(*ordinal);
    throw InputError(where_, drawn.object.source + ": frame " + std::to_string(drawn.frame) +
                                 " (from 0) is not in the video, which holds " +
                                 std::to_string(map_.playing.size()));
  }

  std::shared_ptr<const VideoSource> source_;
  std::string where_, stream_, table_name_;
  std::optional<labelio::FrameTable> table_;
  std::map<std::int64_t, std::uint32_t> ordinals_;  ///< by pts or time
  labelio::FrameMap map_;
};

labelio::ObjectFile read_file(const OptionValues& rule, const fs::path& path,
                              const std::string& where) {
  const std::string name = rule.text("format");
  const labelio::FormatRow& format =
      at_place(rule.where() + "/format",
               [&]() -> const labelio::FormatRow& { return labelio::format_named(name); });
  if (!format.read_objects) {
    std::vector<std::string> allowed;
    for (const labelio::FormatRow* row : labelio::all_formats())
      if (row->read_objects) allowed.push_back(row->name);
    throw InputError(rule.where() + "/format", "'" + name +
                                                   "' holds no objects in pictures; formats that "
                                                   "do: " +
                                                   list_of(allowed));
  }
  return format.read_objects(read_text_file(path), where);
}

PlacedObjects place_file(const OptionValues& rule, const OpenSession& session,
                         Diagnostics& diagnostics) {
  PlacedObjects placed;
  placed.stream = rule.text("camera");
  placed.path = rule.text("file");
  placed.format = rule.text("format");
  session.info(placed.stream);  // a wrong name is told here, with the names that exist
  if (session.session().stream(placed.stream)->kind != StreamKind::kVideo)
    throw InputError(rule.where() + "/camera", "stream '" + placed.stream + "' is no video");
  const fs::path path = at_place(rule.where() + "/file",
                                 [&] { return safe_join(session.session().folder, placed.path); });
  const std::string where = session.session().id + ": " + placed.path;
  const labelio::ObjectFile file = read_file(rule, path, where);
  if (const std::string& video = session.session().stream(placed.stream)->source.path;
      !labelio::same_media(file.media, video))
    diagnostics.warn("label-other-media", where,
                     "was made on '" + file.media + "', but stream '" + placed.stream + "' is '" +
                         video + "'; see whether these are the same video");
  placed.digests = hash_file(path);
  if (rule.has("frame_table")) {
    placed.table = rule.text("frame_table");
    placed.table_digests = hash_file(at_place(rule.where() + "/frame_table", [&] {
      return safe_join(session.session().folder, placed.table);
    }));
  }
  const VideoFormat& format = session.video(placed.stream)->format();
  const bool turned = format.rotation == 90 || format.rotation == 270;
  placed.width = turned ? format.height : format.width;
  placed.height = turned ? format.width : format.height;
  const FrameFinder frames(rule, file, session, placed.stream, where);
  for (const labelio::DrawnObject& drawn : file.objects) {
    PictureObject object = labelio::in_pixels(drawn, placed.width, placed.height, where);
    object.source = placed.format + " " + placed.path + " " + object.source;
    placed.of_frame[frames.of(drawn)].push_back(std::move(object));
  }
  if (file.left_out > 0)
    diagnostics.note("objects-left-out", where,
                     std::to_string(file.left_out) +
                         " entries are no boxes, polygons, lines, points or masks; they were left "
                         "out");
  return placed;
}

void add_lineage(const PlacedObjects& placed, const OpenSession& session, const EpisodeClip& clip,
                 Episode& episode) {
  const auto [first, last] = std::minmax_element(clip.frame.begin(), clip.frame.end());
  const FrameTable& table = clip.source->frames();
  const auto times = session.frame_times(placed.stream);
  SourceLineage line;
  line.stream = placed.stream;
  line.path = placed.path;
  line.format = placed.format;
  line.item = "objects";
  line.roles = {"objects"};
  line.xxh3_128 = placed.digests.xxh3_128;
  line.sha256 = placed.digests.sha256;
  line.first_pts = table.frames[*first].pts;
  line.last_pts = table.frames[*last].pts;
  line.time_base = table.time_base;
  line.first = (*times)[*first];
  line.last = (*times)[*last];
  line.clock_map = session.clock(placed.stream).to_json();
  episode.lineage.push_back(std::move(line));
  if (placed.table.empty()) return;
  SourceLineage pictures;
  pictures.path = placed.table;
  pictures.roles = {"objects"};
  pictures.xxh3_128 = placed.table_digests.xxh3_128;
  pictures.sha256 = placed.table_digests.sha256;
  pictures.timed = false;
  episode.lineage.push_back(std::move(pictures));
}

/// Of the clip's pictures, which the recipe may have scaled.
std::pair<int, int> size_of(const EpisodeClip& clip, const CorpusSchema& schema,
                            const PlacedObjects& file) {
  for (const FeatureSpec& feature : schema.features)
    if (feature.name == clip.feature && feature.shape.size() == 3)
      return {static_cast<int>(feature.shape[1]), static_cast<int>(feature.shape[0])};
  return {file.width, file.height};
}

/// Marked frames between the clip's first and last that no row shows.
std::uint64_t count_unshown(const PlacedObjects& placed, const EpisodeClip& clip) {
  const auto [first, last] = std::minmax_element(clip.frame.begin(), clip.frame.end());
  std::vector<std::uint32_t> shown = clip.frame;
  std::sort(shown.begin(), shown.end());
  std::uint64_t count = 0;
  for (auto at = placed.of_frame.lower_bound(*first);
       at != placed.of_frame.end() && at->first <= *last; ++at)
    count += !std::binary_search(shown.begin(), shown.end(), at->first);
  return count;
}

}  // namespace

std::vector<PlacedObjects> place_objects(const Recipe& recipe, const OpenSession& session,
                                         Diagnostics& diagnostics) {
  std::vector<PlacedObjects> placed;
  for (const OptionValues& rule : recipe.objects)
    placed.push_back(place_file(rule, session, diagnostics));
  return placed;
}

void add_objects(const std::vector<PlacedObjects>& placed, const CorpusSchema& schema,
                 const OpenSession& session, Episode& episode, Diagnostics& diagnostics) {
  for (const EpisodeClip& clip : episode.clips) {
    ClipObjects objects{clip.feature, clip.stream, 0, 0, {}};
    for (const PlacedObjects& file : placed) {
      if (file.stream != clip.stream) continue;
      std::tie(objects.width, objects.height) = size_of(clip, schema, file);
      for (std::size_t row = 0; row < clip.frame.size(); ++row) {
        const auto found = file.of_frame.find(clip.frame[row]);
        if (found == file.of_frame.end()) continue;
        for (const PictureObject& object : found->second)
          objects.entries.push_back(
              {static_cast<std::uint32_t>(row),
               labelio::scaled(object, file.width, file.height, objects.width, objects.height)});
      }
      add_lineage(file, session, clip, episode);
      if (const std::uint64_t count = count_unshown(file, clip))
        diagnostics.add({Severity::kWarning,
                         "objects-unshown",
                         session.session().id + ": " + file.path,
                         "marked frames of '" + file.stream +
                             "' that no row shows; raise \"rate_hz\" of the grid to have them all",
                         count,
                         {},
                         {}});
    }
    if (objects.width == 0) continue;
    std::stable_sort(objects.entries.begin(), objects.entries.end(),
                     [](const auto& a, const auto& b) { return a.row < b.row; });
    episode.objects.push_back(std::move(objects));
  }
}

}  // namespace reelcell::pipeline
