#include "reelcell/pipeline/inspect.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "internal/camera_rate.hpp"
#include "internal/inspect_files.hpp"
#include "internal/ordered_streams.hpp"
#include "internal/stream_rate.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/media/decode.hpp"
#include "reelcell/pipeline/session.hpp"
#include "reelcell/pipeline/session_list.hpp"
#include "reelcell/readers/registry.hpp"
#include "reelcell/timeline/report.hpp"
#include "reelcell/writers/registry.hpp"

namespace reelcell::pipeline {
namespace {

Json video_json(const VideoFormat& format) {
  Json json = {{"codec", format.codec},
               {"width", format.width},
               {"height", format.height},
               {"pix_fmt", format.pix_fmt}};
  if (format.rotation) json["rotation"] = format.rotation;
  if (!media::has_decoder(format.codec)) json["no_decoder"] = true;
  if (format.average_rate.valid())
    json["average_rate"] =
        std::to_string(format.average_rate.num) + "/" + std::to_string(format.average_rate.den);
  json["b_frames"] = format.reorder_delay > 0;
  return json;
}

/// The codec is known and its packets are there, but they make no picture.
void count_no_picture(const Json& video, const std::string& where, Diagnostics& diagnostics) {
  if (!video["pix_fmt"].get<std::string>().empty() || video.contains("no_decoder") ||
      video.value("frames", video.value("first_frames", 0)) == 0)
    return;
  diagnostics.loss("info-no-picture", where,
                   "no picture of this video could be decoded: its data is damaged, encrypted or "
                   "of another kind than its header says; 'reelcell validate --deep' tells more");
}

/// Of the frames, as the stream's own clock says.
std::vector<SessionTime> own_times(const FrameTable& table) {
  std::vector<SessionTime> times;
  for (const FrameRecord& frame : table.frames) times.emplace_back(frame.time.time_since_epoch());
  return times;
}

/// Key-frame spacing and the shape of time, from the frame table (demuxing only).
Json frames_json(const FrameTable& table, const std::vector<SessionTime>& times) {
  Json json = {{"frames", table.frames.size()}, {"complete", table.complete}};
  std::uint64_t keys = 0, longest = 0, since = 0, bytes = 0;
  timeline::StreamTimeStats stats;
  for (std::size_t i = 0; i < table.frames.size(); ++i) {
    const FrameRecord& frame = table.frames[i];
    keys += frame.key;
    since = frame.key ? 1 : since + 1;
    longest = std::max(longest, since);
    bytes += frame.bytes;
    stats.add(times.at(i));
  }
  json["key_frames"] = keys;
  json["longest_gop"] = longest;
  json["coded_bytes"] = bytes;
  json["time"] = stats.to_json();
  return json;
}

/// Of a file too large to be listed in a moment: `count` is null when only its first frames are
/// known.
Json glance_json(const FrameTable& table, bool listed) {
  Json json = frames_json(table, own_times(table));
  if (listed) return json;
  json["first_frames"] = json["frames"];
  json.erase("frames");
  json.erase("complete");
  return json;
}

Json columns_json(const std::vector<ColumnSpec>& columns) {
  Json list = Json::array();
  for (const ColumnSpec& column : columns) {
    Json entry = {{"name", column.name},
                  {"dtype", std::string(to_string(column.dtype))},
                  {"width", column.width}};
    if (!column.unit.empty()) entry["unit"] = column.unit;
    list.push_back(std::move(entry));
  }
  return list;
}

constexpr std::uint64_t kReadThrough = 16 << 20;  ///< bytes that are read in well under a second
constexpr std::uint64_t kFirstSamples = 20'000;   ///< of a longer log, to tell how steady it runs

/// Times of a series or of events as their cursor gives them. `whole` becomes false when more than
/// `most` came.
template <class Series, class Events>
Json times_json(StreamKind kind, Series open_series, Events open_events,
                const timeline::ClockMap& clock, std::uint64_t most, bool& whole) {
  timeline::StreamTimeStats stats;
  whole = true;
  if (kind == StreamKind::kSeries) {
    SeriesBatch batch;
    for (auto cursor = open_series(); whole && cursor->next(batch); whole = stats.samples() <= most)
      for (const StreamTime t : batch.times) stats.add(clock.to_session(t));
  } else {
    StreamEvent event;
    for (auto cursor = open_events(); whole && cursor->next(event); whole = stats.samples() <= most)
      stats.add(clock.to_session(event.time));
  }
  Json json = stats.to_json();
  if (kind == StreamKind::kEvents) json.erase("gaps");  // events keep no pace
  return json;
}

Json times_json(StreamKind kind, const std::vector<StreamTime>& times) {
  timeline::StreamTimeStats stats;
  const timeline::ClockMap own;
  for (const StreamTime t : times) stats.add(own.to_session(t));
  Json json = stats.to_json();
  if (kind == StreamKind::kEvents) json.erase("gaps");
  return json;
}

/// How far a log is read: through when asked to or small, else its start when it is one stream (a
/// stream of many in a container may be spread over all of it).
std::uint64_t samples_to_read(bool scan, std::uint64_t bytes, std::size_t streams) {
  if (scan || bytes <= kReadThrough) return UINT64_MAX;
  return streams == 1 ? kFirstSamples : 0;
}

/// Puts what was read into the stream's entry: exact figures when it was read through.
void put_times(Json& json, StreamKind kind, Json time, bool whole) {
  if (whole) {
    json["count"] = time["samples"];
    json["first_ns"] = time["first_ns"];
    json["last_ns"] = time["last_ns"];
  } else {
    json["first_samples"] = time["samples"];
  }
  if (json["rate_hz"].is_null() || whole) json["rate_hz"] = time["rate_hz"];
  if (kind == StreamKind::kEvents) json["rate_hz"] = nullptr;  // they keep no pace
  json["time"] = std::move(time);
}

void put_video(Json& json, const VideoSource& source, const std::vector<SessionTime>& times) {
  const Json frames = frames_json(source.frames(), times);
  json["video"] = video_json(source.format());
  json["video"].update(frames);
  json["count"] = frames["frames"];
  json["first_ns"] = frames["time"]["first_ns"];
  json["last_ns"] = frames["time"]["last_ns"];
  if (frames["time"]["rate_hz"].is_number())
    json["rate_hz"] =
        camera_hz(pace_of(times, frames["time"]["rate_hz"].get<double>()), source.format());
}

Json stream_json(const Recording& recording, const StreamInfo& info, const std::string& name,
                 std::uint64_t bytes, const InfoOptions& options, Diagnostics& diagnostics) {
  Json json = {{"item", info.item},
               {"name", info.suggested_name},
               {"kind", std::string(to_string(info.kind))}};
  json["count"] = info.count ? Json(*info.count) : Json();
  json["first_ns"] = info.first ? Json(ns_of(*info.first)) : Json();
  json["last_ns"] = info.last ? Json(ns_of(*info.last)) : Json();
  json["rate_hz"] = info.rate_hz ? Json(*info.rate_hz) : Json();
  if (!info.time_field.empty()) json["clock"] = info.time_field;
  if (!info.columns.empty()) json["columns"] = columns_json(info.columns);
  if (!info.details.empty()) json["details"] = info.details;
  try {
    if (info.kind == StreamKind::kVideo && info.glance && !options.scan) {
      json["video"] = video_json(info.video.value_or(VideoFormat{}));
      json["video"].update(glance_json(*info.glance, info.count == info.glance->frames.size()));
      if (json["rate_hz"].is_null()) json["rate_hz"] = json["video"]["time"]["rate_hz"];
      count_no_picture(json["video"], info.suggested_name, diagnostics);
    } else if (info.kind == StreamKind::kVideo) {
      const auto source = recording.open_video(info.item, diagnostics);
      put_video(json, *source, own_times(source->frames()));
      count_no_picture(json["video"], info.suggested_name, diagnostics);
    } else if (info.kind != StreamKind::kAudio && !info.details.contains("undecodable")) {
      bool whole = true;
      Json time = glanced_times(recording, info, name, bytes, options.scan, diagnostics, whole);
      if (!time.is_null()) put_times(json, info.kind, std::move(time), whole);
    }
  } catch (const InputError& error) {
    json["error"] = error.what();
    diagnostics.loss("info-stream-unreadable", info.item.empty() ? info.suggested_name : info.item,
                     error.what());
  }
  return json;
}

/// Bytes that reading a stream through may touch.
std::uint64_t bytes_at(const fs::path& path) {
  return fs::is_directory(path) ? 0 : static_cast<std::uint64_t>(fs::file_size(path));
}

Json describe_recording(const ReaderRow& reader, const fs::path& path, const InfoOptions& options,
                        Diagnostics& diagnostics) {
  Json json = {{"path", path.string()}, {"format", reader.name}};
  if (!fs::is_directory(path)) json["bytes"] = fs::file_size(path);
  const auto episodes = reader.episodes ? reader.episodes(path) : std::vector<std::string>{""};
  if (episodes.size() > 1 || (episodes.size() == 1 && !episodes[0].empty()))
    json["episodes"] = episodes.size();
  const std::string episode = episodes.empty() ? "" : episodes.front();
  const auto recording = reader.open(
      {path, episode, OptionValues::defaults(reader.options), !options.scan}, diagnostics);
  Json attributes = Json::object();
  for (const auto& [key, value] : recording->attributes()) attributes[key] = to_json(value);
  json["attributes"] = attributes;
  if (!episode.empty()) json["streams_of"] = episode;
  Json streams = Json::array();
  for (const StreamInfo& info : recording->streams()) {
    Json& stream = streams.emplace_back(stream_json(*recording, info, path.filename().string(),
                                                    bytes_at(path), options, diagnostics));
    if (reader.name == "lerobot" && info.rate_hz) stream["nominal_rate_hz"] = *info.rate_hz;
  }
  if (streams.empty())
    json["note"] = "holds no stream: no video, audio, numbers or events were found in it";
  json["streams"] = streams;
  return json;
}

void session_stream_json(const OpenSession& session, const StreamSpec& spec, const StreamInfo& info,
                         const InfoOptions& options, Diagnostics& diagnostics, Json& entry) {
  const timeline::ClockMap& clock = session.clock(spec.name);
  const auto on_session = [&](const std::optional<StreamTime>& time) {
    return time ? Json(ns_of(clock.to_session(*time))) : Json();
  };
  const std::optional<double> nominal = nominal_rate(session, spec);
  entry["rate_hz"] = info.rate_hz ? Json(*info.rate_hz) : Json();
  if (nominal) entry["nominal_rate_hz"] = *nominal;
  entry["count"] = info.count ? Json(*info.count) : Json();
  entry["first_ns"] = on_session(info.first);
  entry["last_ns"] = on_session(info.last);
  entry["clock"] = clock.to_json();
  if (spec.kind == StreamKind::kSeries) entry["columns"] = columns_json(spec.columns);
  if (!info.time_field.empty()) entry["time_field"] = info.time_field;
  if (!info.details.empty()) entry["details"] = info.details;
  try {
    if (spec.kind == StreamKind::kVideo) {
      put_video(entry, *session.video(spec.name), *session.frame_times(spec.name));
      count_no_picture(entry["video"], spec.name, diagnostics);
    } else if (spec.kind != StreamKind::kAudio) {
      const std::uint64_t most =
          samples_to_read(options.scan, bytes_at(session.source_path(spec.name)), 1);
      bool whole = true;
      const bool through = most == UINT64_MAX;
      Json time = times_json(
          spec.kind,
          [&] {
            return through ? session.open_series(spec.name) : session.series_as_recorded(spec.name);
          },
          [&] {
            return through ? session.open_events(spec.name) : session.events_as_recorded(spec.name);
          },
          clock, most, whole);
      put_times(entry, spec.kind, std::move(time), whole);
    }
  } catch (const InputError& error) {
    entry["error"] = error.what();
    diagnostics.loss("info-stream-unreadable", spec.name, error.what());
  }
}

Json describe_session(const fs::path& path, const InfoOptions& options, Diagnostics& diagnostics) {
  const auto refs = find_sessions({path});
  const auto session = OpenSession::open(refs.front(), diagnostics, true);
  Json json = {{"path", path.string()}, {"format", "session"}, {"id", session->session().id}};
  Json attributes = Json::object();
  for (const auto& [key, value] : session->session().attributes) attributes[key] = to_json(value);
  json["attributes"] = attributes;
  Json streams = Json::array();
  for (const StreamSpec& spec : session->session().streams) {
    const StreamInfo& info = session->info(spec.name);
    Json entry = {{"name", spec.name},
                  {"kind", std::string(to_string(spec.kind))},
                  {"file", spec.source.path},
                  {"format", spec.source.format}};
    session_stream_json(*session, spec, info, options, diagnostics, entry);
    streams.push_back(std::move(entry));
  }
  json["streams"] = streams;
  return json;
}

Json describe_corpus(const fs::path& path) {
  const Json document = read_json_file(path / "corpus.json");
  Json json = {{"path", path.string()}, {"format", "corpus"}};
  for (const char* key : {"name", "generator", "rate", "counts", "splits", "features"})
    if (document.contains(key)) json[key] = document[key];
  Json outputs = Json::array();
  for (const Json& output : document.value("outputs", Json::array()))
    outputs.push_back({{"format", output["format"]},
                       {"folder", output["folder"]},
                       {"files", output["files"].size()}});
  json["outputs"] = outputs;
  return json;
}

/// Sessions in it; where there are none, its files by their endings.
Json describe_folder(const fs::path& path, Diagnostics& diagnostics) {
  Json entry = {{"path", path.string()}, {"format", "folder"}, {"sessions", Json::array()}};
  try {
    const SessionList list = list_sessions({path});
    for (const SessionList::Clash& clash : list.clashes)
      diagnostics.warn("session-id-clash", clash.path.string(), clash.message);
    for (const SessionList::Unreadable& bad : list.unreadable)
      diagnostics.loss("session-unreadable", bad.id, bad.reason);
    tell_of_left_out(list, diagnostics);
    for (const SessionRef& ref : list.refs)
      entry["sessions"].push_back(
          {{"id", ref.id}, {"path", ref.path.string()}, {"episode", ref.episode}});
    return entry;
  } catch (const InputError&) {
    // None in here.
  }
  std::map<std::string, std::uint64_t> files;
  std::uint64_t bytes = 0;
  for (const std::string& name : list_files(path)) {
    ++files[fs::path(name).extension().string()];
    bytes += fs::file_size(path / name);
  }
  entry["bytes"] = bytes;
  entry["files"] = Json::array();
  for (const auto& [extension, count] : files)
    entry["files"].push_back({{"extension", extension}, {"count", count}});
  entry["note"] = "holds no session; 'reelcell init' proposes a session.json where it can";
  return entry;
}

}  // namespace

Json glanced_times(const Recording& recording, const StreamInfo& info, const std::string& name,
                   std::uint64_t bytes, bool scan, Diagnostics& diagnostics, bool& whole) {
  whole = true;
  const std::uint64_t most = samples_to_read(scan, bytes, recording.streams().size());
  if (most == 0) {
    const auto times = recording.indexed_times(info.item);
    return times ? times_json(info.kind, *times) : Json();
  }
  const bool through = most == UINT64_MAX;
  const std::string where = name + (info.item.empty() ? "" : ": " + info.item);
  return times_json(
      info.kind,
      [&] {
        return through ? ordered_series(recording, info.item, kReorderWindow, where, diagnostics)
                       : recording.open_series(info.item, diagnostics);
      },
      [&] {
        return through ? ordered_events(recording, info.item, kReorderWindow, where, diagnostics)
                       : recording.open_events(info.item, diagnostics);
      },
      {}, most, whole);
}

Json describe_path(const fs::path& path, const InfoOptions& options, Diagnostics& diagnostics) {
  std::error_code error;
  if (!fs::exists(path, error)) throw InputError(path.string(), "does not exist; check the path");
  if (fs::is_directory(path) && fs::exists(path / "session.json"))
    return describe_session(path, options, diagnostics);
  if (path.filename() == "session.json")
    return describe_session(path.parent_path().empty() ? "." : path.parent_path(), options,
                            diagnostics);
  if (fs::is_directory(path) && fs::exists(path / "corpus.json")) return describe_corpus(path);
  if (const ReaderRow* reader = readers::sniff(path))
    return describe_recording(*reader, path, options, diagnostics);
  if (const WriterRow* writer = writers::recognise(path); writer && writer->describe) {
    Json entry = {{"path", path.string()}, {"format", writer->name}};
    entry.update(writer->describe(path));
    return entry;
  }
  return fs::is_directory(path) ? describe_folder(path, diagnostics) : describe_other(path);
}

}  // namespace reelcell::pipeline
