// One episode of a LeRobot folder: rows to the last bit, packets as they are.
#include <algorithm>
#include <bit>
#include <cmath>

#include "edit/stored.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/readers/registry.hpp"
#include "reelcell/table/parquet.hpp"
#include "reelcell/timeline/clock_map.hpp"
#include "reelcell/writers/native_columns.hpp"

namespace reelcell::pipeline::edit {

struct LeRobotFolder::Rows {
  std::vector<StreamTime> times;
  std::map<std::string, Column> columns;
  const std::vector<std::int64_t>* integers(const std::string& name) const {
    const auto found = columns.find(name);
    return found == columns.end() ? nullptr
                                  : std::get_if<std::vector<std::int64_t>>(&found->second.data);
  }
};

namespace {

std::string episode_item(std::uint64_t episode) {
  std::string digits = std::to_string(episode);
  digits.insert(0, digits.size() < 6 ? 6 - digits.size() : 0, '0');
  return "episode_" + digits;
}

/// An episode keeps one task; where its rows name several, the rows after the first lose theirs.
void check_tasks(const std::vector<std::int64_t>* tasks, const std::string& where,
                 Diagnostics& losses) {
  if (!tasks || tasks->empty()) return;
  const auto other = std::count_if(tasks->begin(), tasks->end(),
                                   [&](std::int64_t task) { return task != tasks->front(); });
  if (other)
    losses.loss("edit-several-tasks", where,
                "the episode changes its task on the way; the rows get the first one's",
                static_cast<std::uint64_t>(other));
}

/// What the writer will put into "timestamp" beside what was there.
void check_timestamps(const Column& stamps, Rational rate, const std::string& where,
                      Diagnostics& losses) {
  std::uint64_t differing = 0;
  for (std::size_t row = 0; row < stamps.rows(); ++row) {
    const auto ours = static_cast<float>(static_cast<double>(row) * static_cast<double>(rate.den) /
                                         static_cast<double>(rate.num));
    differing += std::bit_cast<std::uint32_t>(ours) !=
                 std::bit_cast<std::uint32_t>(static_cast<float>(stamps.number(row)));
  }
  if (differing)
    losses.warn("edit-timestamps", where,
                std::to_string(differing) +
                    " rows have another timestamp than row / fps; they get that, and each keeps "
                    "the frame that its old timestamp showed");
}

/// The frame that each row's time shows: the nearest, at most half a frame away.
std::vector<std::uint32_t> frames_at(const VideoSource& source, const std::vector<StreamTime>& rows,
                                     Rational rate, const std::string& where) {
  const auto& frames = source.frames().frames;
  const Nanos half = tick_time(1, rate) / 2;
  std::vector<std::uint32_t> found;
  found.reserve(rows.size());
  std::size_t at = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto apart = [&](std::size_t i) { return std::chrono::abs(frames[i].time - rows[row]); };
    while (at + 1 < frames.size() && apart(at + 1) <= apart(at)) ++at;
    if (frames.empty() || apart(at) > half)
      throw InputError(
          where,
          "row " + std::to_string(row) + " at " + format_seconds(rows[row].time_since_epoch()) +
              " s has no frame within half a frame of its time" +
              (frames.empty() ? ""
                              : "; the nearest is at " +
                                    format_seconds(frames[at].time.time_since_epoch()) + " s") +
              ". Leave the episode out (--drop), or make the set anew with 'reelcell build', "
              "which shows such a row the nearest frame and says so");
    found.push_back(static_cast<std::uint32_t>(at));
  }
  return found;
}

}  // namespace

LeRobotFolder::Rows LeRobotFolder::read_frames(const Recording& recording, const std::string& where,
                                               Diagnostics& losses) const {
  Rows rows;
  SeriesBatch batch;
  for (auto cursor = recording.open_series("frames", losses); cursor->next(batch);) {
    rows.times.insert(rows.times.end(), batch.times.begin(), batch.times.end());
    for (Column& column : batch.columns) {
      const auto [known, fresh] = rows.columns.try_emplace(column.spec.name);
      if (fresh)
        known->second = std::move(column);
      else
        known->second.append_rows(column, 0, column.rows());
    }
  }
  check_tasks(rows.integers("task_index"), where, losses);
  if (const auto stamps = rows.columns.find("timestamp"); stamps != rows.columns.end())
    check_timestamps(stamps->second, rate_, where, losses);
  return rows;
}

void LeRobotFolder::take_columns(const Rows& rows, const CorpusSchema& schema,
                                 const std::string& where, LoadedEpisode& loaded) const {
  for (const FeatureSpec& spec : schema.features) {
    if (spec.is_video) continue;
    const auto found = rows.columns.find(spec.name);
    if (found == rows.columns.end()) throw InputError(where, "has no column '" + spec.name + "'");
    Column column = found->second;
    const auto width = static_cast<std::size_t>(spec.shape.empty() ? 1 : spec.shape[0]);
    if (column.spec.width != width || column.data.index() != empty_data(spec.dtype).index())
      throw InputError(
          where, "column '" + spec.name + "' is " + std::string(to_string(column.spec.dtype)) +
                     " x " + std::to_string(column.spec.width) + ", info.json says " +
                     std::string(to_string(spec.dtype)) + " x " + std::to_string(width));
    if (spec.dtype == DType::kFloat32 && column.spec.dtype == DType::kFloat64) {
      const auto& values = std::get<std::vector<double>>(column.data);
      const auto rounded = std::count_if(values.begin(), values.end(), [](double v) {
        return std::isfinite(v) && static_cast<double>(static_cast<float>(v)) != v;
      });
      if (rounded)
        loaded.losses->loss("edit-float64-rounded", where,
                            "'" + spec.name + "' is float64 in the file, info.json says float32",
                            static_cast<std::uint64_t>(rounded));
    }
    column.spec = {spec.name, spec.dtype, width, spec.unit, spec.names};
    loaded.episode.columns.push_back(std::move(column));
  }
}

void LeRobotFolder::take_times(const Rows& rows, Episode& episode) const {
  const std::vector<std::int64_t>* reference = rows.integers("reelcell.time_ns");
  for (std::size_t row = 0; row < episode.rows; ++row)
    episode.time.push_back(reference ? session_time((*reference)[row])
                                     : episode.segment.range.start +
                                           (rows.times[row] - rows.times.front()));
  for (const std::string& stream : time_streams_) {
    // A stream that this session did not have is filled up by the writer again.
    const bool own =
        episode.lineage.empty() ||
        std::any_of(episode.lineage.begin(), episode.lineage.end(), [&](const SourceLineage& line) {
          return line.stream == stream && line.gave_rows();
        });
    const std::string prefix = "reelcell." + safe_stream_name(stream);
    const auto *time = rows.integers(prefix + ".time_ns"),
               *skew = rows.integers(prefix + ".skew_ns"), *flag = rows.integers(prefix + ".flag");
    if (!own || !time || !skew || !flag) continue;
    RowTimes times{stream, {}, *skew, {}};
    for (std::size_t row = 0; row < episode.rows; ++row) {
      times.source.push_back(session_time((*time)[row]));
      times.flag.push_back(static_cast<JoinFlag>((*flag)[row]));
    }
    episode.row_times.push_back(std::move(times));
  }
}

void LeRobotFolder::load_native(std::uint64_t episode, LoadedEpisode& loaded) const {
  const Json entry = row(episode);
  for (const auto& [column, value] : entry.items()) {
    constexpr std::string_view kHead = "native/", kTail = "/from_row";
    if (!column.starts_with(kHead) || !column.ends_with(kTail) || !value.is_number_integer())
      continue;
    const std::string name =
        column.substr(kHead.size(), column.size() - kHead.size() - kTail.size());
    const std::string prefix = "native/" + name + "/";
    const auto number = [&](const char* field) {
      const auto found = entry.find(prefix + field);
      if (found == entry.end() || !found->is_number_integer() || found->get<std::int64_t>() < 0)
        throw InputError(folder_.string(),
                         "'" + prefix + field + "' is missing for " + episode_item(episode));
      return found->get<std::uint64_t>();
    };
    const auto padded = [](const char* head, std::uint64_t n) {
      std::string digits = std::to_string(n);
      digits.insert(0, digits.size() < 3 ? 3 - digits.size() : 0, '0');
      return head + digits;
    };
    const fs::path file =
        safe_join(folder_, prefix + padded("chunk-", number("chunk_index")) + "/" +
                               padded("file-", number("file_index")) + ".parquet");
    NativeSeries series;
    series.stream = stream_of(name);
    std::vector<std::int64_t> row_of;
    const std::uint64_t first = number("from_row"), end = number("to_row");
    table::ParquetReader reader(file, {}, first, end - std::min(first, end));
    std::vector<Column> batch;
    std::size_t count = 0;
    while (reader.next(batch, count)) {
      const auto integers = [&](std::size_t i, const char* wanted) -> std::vector<std::int64_t> {
        const auto* data = i < batch.size() && batch[i].spec.name == wanted
                               ? std::get_if<std::vector<std::int64_t>>(&batch[i].data)
                               : nullptr;
        if (!data)
          throw InputError(file.string(),
                           "column " + std::to_string(i) + " is not '" + wanted + "'");
        return *data;
      };
      const auto owners = integers(0, "episode_index");
      if (std::any_of(owners.begin(), owners.end(), [&](std::int64_t owner) {
            return owner != static_cast<std::int64_t>(episode);
          }))
        throw InputError(file.string(), "holds rows of other episodes where " +
                                            episode_item(episode) + " should be");
      const auto rows = integers(1, "frame_index");
      row_of.insert(row_of.end(), rows.begin(), rows.end());
      for (const std::int64_t ns : integers(2, "time_ns"))
        series.samples.times.push_back(session_time(ns));
      for (std::size_t c = 3; c < batch.size(); ++c) {
        batch[c].spec.name = writers::column_of_native(batch[c].spec.name);
        if (series.samples.columns.size() < c - 2)
          series.samples.columns.push_back(std::move(batch[c]));
        else
          series.samples.columns[c - 3].append_rows(batch[c], 0, count);
      }
    }
    if (series.samples.size() != end - first)
      throw InputError(file.string(), "has fewer rows than the episode table says");
    rows_to_ranges(row_of, loaded.episode.rows, series);
    loaded.episode.native.push_back(std::move(series));
  }
}

SourceLineage LeRobotFolder::lineage_of(const StreamInfo& stream, const Episode& episode) const {
  SourceLineage line;
  line.stream = stream.suggested_name;
  line.format = "lerobot";
  line.item = stream.item;
  line.roles = {"rows"};
  line.path = stream.details.value("path", "");
  line.clock_map = timeline::ClockMap().to_json();
  line.first = episode.time.front();
  line.last = episode.time.back();
  line.first_pts = ns_of(line.first);
  line.last_pts = ns_of(line.last);
  const std::lock_guard lock(mutex_);
  const auto [known, fresh] = hashes_.try_emplace(line.path);
  if (fresh) known->second = hash_file(safe_join(folder_, line.path));
  line.xxh3_128 = known->second.xxh3_128;
  line.sha256 = known->second.sha256;
  return line;
}

void LeRobotFolder::load_clips(std::uint64_t episode, const Recording& recording, const Rows& rows,
                               bool fresh_lineage, const CorpusSchema& schema,
                               const LoadOptions& options, LoadedEpisode& loaded) const {
  for (const FeatureSpec& spec : schema.features) {
    if (!spec.is_video) continue;
    const std::string where = folder_.string() + ": " + episode_item(episode) + ": " + spec.name;
    const auto stream =
        std::find_if(recording.streams().begin(), recording.streams().end(),
                     [&](const StreamInfo& info) { return info.item == spec.name; });
    if (stream == recording.streams().end())
      throw InputError(where,
                       "the episode's video is missing or unreadable, and other episodes have "
                       "theirs. Put the file back, or leave the episode out (--drop)");
    const std::shared_ptr<const VideoSource> source =
        recording.open_video(spec.name, *loaded.losses);
    EpisodeClip clip;
    clip.feature = spec.name;
    clip.stream = stream->suggested_name;
    const std::vector<std::uint32_t> frames = frames_at(*source, rows.times, rate_, where);
    take_clip(source, frames, options, clip, loaded);
    if (options.wants_pixels) {
      Json pixels =
          options.pixels == PixelFigures::kKept ? stored_pixels(episode, spec.name) : Json();
      if (pixels.is_null()) pixels = decode_pixels(source, frames, loaded);
      loaded.episode.video_stats[spec.name] = std::move(pixels);
    }
    for (SourceLineage& line : loaded.episode.lineage) {
      if (!fresh_lineage || line.item != spec.name) continue;
      const FrameTable& table = source->frames();
      line.time_base = table.time_base;
      line.first_pts = table.frames[frames.front()].pts;
      line.last_pts = table.frames[frames.back()].pts;
    }
    loaded.episode.clips.push_back(std::move(clip));
  }
}

LeRobotFolder::Rows LeRobotFolder::take_rows(std::uint64_t episode, const Recording& recording,
                                             const CorpusSchema& schema,
                                             LoadedEpisode& loaded) const {
  const std::string where = folder_.string() + ": " + episode_item(episode);
  Rows rows = read_frames(recording, where, *loaded.losses);
  Episode& out = loaded.episode;
  if (rows.times.empty()) throw InputError(where, "has no rows");
  if (out.rows == 0) out.rows = rows.times.size();
  if (rows.times.size() != out.rows)
    throw InputError(where, "has " + std::to_string(rows.times.size()) + " usable rows, " +
                                std::to_string(out.rows) + " were expected");
  take_columns(rows, schema, where, loaded);
  take_times(rows, out);
  return rows;
}

namespace {
std::unique_ptr<Recording> open_episode(const fs::path& folder, std::uint64_t episode,
                                        Diagnostics& losses) {
  const ReaderRow& reader = readers::reader_named("lerobot");
  return reader.open({folder, episode_item(episode), OptionValues::defaults(reader.options)},
                     losses);
}
}  // namespace

void LeRobotFolder::load(std::uint64_t episode, const CorpusSchema& schema,
                         const LoadOptions& options, LoadedEpisode& loaded) const {
  const auto recording = open_episode(folder_, episode, *loaded.losses);
  const Rows rows = take_rows(episode, *recording, schema, loaded);
  Episode& out = loaded.episode;
  const bool fresh_lineage = out.lineage.empty();
  if (fresh_lineage)
    for (const StreamInfo& stream : recording->streams())
      if (stream.kind != StreamKind::kEvents) out.lineage.push_back(lineage_of(stream, out));
  load_native(episode, loaded);
  if (fs::exists(folder_ / "meta/objects.parquet")) out.objects = objects_of(episode);
  load_clips(episode, *recording, rows, fresh_lineage, schema, options, loaded);
}

void LeRobotFolder::load_rows(std::uint64_t episode, const CorpusSchema& schema,
                              LoadedEpisode& loaded) const {
  const auto recording = open_episode(folder_, episode, *loaded.losses);
  take_rows(episode, *recording, schema, loaded);
  if (fs::exists(folder_ / "meta/objects.parquet")) loaded.episode.objects = objects_of(episode);
  for (EpisodeClip& clip : loaded.episode.clips) {
    const Json info = info_["features"].value(clip.feature, Json::object()).value("info", Json());
    VideoFormat& format = clip.packets.format;
    format.width = info.value("video.width", 0);
    format.height = info.value("video.height", 0);
    format.codec = info.value("video.codec", "");
    format.pix_fmt = info.value("video.pix_fmt", "");
    Json pixels = stored_pixels(episode, clip.feature);
    if (!pixels.is_null()) loaded.episode.video_stats[clip.feature] = std::move(pixels);
  }
}

}  // namespace reelcell::pipeline::edit
