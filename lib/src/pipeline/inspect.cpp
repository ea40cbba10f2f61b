#include "reelcell/pipeline/inspect.hpp"

#include <algorithm>
#include <cmath>

#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/session.hpp"
#include "reelcell/readers/registry.hpp"
#include "reelcell/timeline/report.hpp"

namespace reelcell::pipeline {
namespace {

Json video_json(const VideoFormat& format) {
  Json json = {{"codec", format.codec},
               {"width", format.width},
               {"height", format.height},
               {"pix_fmt", format.pix_fmt}};
  if (format.rotation) json["rotation"] = format.rotation;
  if (format.average_rate.valid())
    json["average_rate"] =
        std::to_string(format.average_rate.num) + "/" + std::to_string(format.average_rate.den);
  json["b_frames"] = format.reorder_delay > 0;
  return json;
}

/// Key-frame spacing and the shape of time, from the frame table (demuxing only).
Json frames_json(const FrameTable& table) {
  Json json = {{"frames", table.frames.size()}, {"complete", table.complete}};
  std::uint64_t keys = 0, longest = 0, since = 0, bytes = 0;
  timeline::StreamTimeStats stats;
  for (const FrameRecord& frame : table.frames) {
    keys += frame.key;
    since = frame.key ? 1 : since + 1;
    longest = std::max(longest, since);
    bytes += frame.bytes;
    stats.add(session_time(ns_of(frame.time)));
  }
  json["key_frames"] = keys;
  json["longest_gop"] = longest;
  json["coded_bytes"] = bytes;
  json["time"] = stats.to_json();
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

Json scan_series(const Recording& recording, const StreamInfo& info, Diagnostics& diagnostics) {
  timeline::StreamTimeStats stats;
  if (info.kind == StreamKind::kSeries) {
    SeriesBatch batch;
    for (auto cursor = recording.open_series(info.item, diagnostics); cursor->next(batch);)
      for (const StreamTime t : batch.times) stats.add(session_time(ns_of(t)));
  } else {
    StreamEvent event;
    for (auto cursor = recording.open_events(info.item, diagnostics); cursor->next(event);)
      stats.add(session_time(ns_of(event.time)));
  }
  return stats.to_json();
}

Json stream_json(const Recording& recording, const StreamInfo& info, const InfoOptions& options,
                 Diagnostics& diagnostics) {
  Json json = {{"item", info.item},
               {"name", info.suggested_name},
               {"kind", std::string(to_string(info.kind))}};
  json["count"] = info.count ? Json(*info.count) : Json();
  json["first_ns"] = info.first ? Json(ns_of(*info.first)) : Json();
  json["last_ns"] = info.last ? Json(ns_of(*info.last)) : Json();
  json["rate_hz"] = info.rate_hz ? Json(*info.rate_hz) : Json();
  if (!info.time_field.empty()) json["clock"] = info.time_field;
  if (!info.columns.empty()) json["columns"] = columns_json(info.columns);
  if (info.kind == StreamKind::kVideo) {
    try {
      const auto source = recording.open_video(info.item, diagnostics);
      const Json frames = frames_json(source->frames());
      json["video"] = video_json(source->format());
      json["video"].update(frames);
      json["count"] = frames["frames"];
      const FrameTable& table = source->frames();
      if (!table.frames.empty()) {
        json["first_ns"] = ns_of(table.frames.front().time);
        json["last_ns"] = ns_of(table.frames.back().time);
      }
      // By the median interval: lost frames make the container's average lower than the camera's
      // rate.
      if (frames["time"].value("rate_hz", Json()).is_number())
        json["rate_hz"] = frames["time"]["rate_hz"];
    } catch (const InputError& error) {
      json["error"] = error.what();
      diagnostics.loss("info-video-unreadable", info.item, error.what());
    }
  } else if (options.scan && info.kind != StreamKind::kAudio) {
    json["time"] = scan_series(recording, info, diagnostics);
    json["count"] = json["time"]["samples"];
  }
  if (!info.details.empty()) json["details"] = info.details;
  return json;
}

Json describe_recording(const ReaderRow& reader, const fs::path& path, const InfoOptions& options,
                        Diagnostics& diagnostics) {
  Json json = {{"path", path.string()}, {"format", reader.name}};
  if (!fs::is_directory(path)) json["bytes"] = fs::file_size(path);
  const auto episodes = reader.episodes ? reader.episodes(path) : std::vector<std::string>{""};
  if (episodes.size() > 1 || (episodes.size() == 1 && !episodes[0].empty()))
    json["episodes"] = episodes.size();
  const std::string episode = episodes.empty() ? "" : episodes.front();
  const auto recording =
      reader.open({path, episode, OptionValues::defaults(reader.options)}, diagnostics);
  Json attributes = Json::object();
  for (const auto& [key, value] : recording->attributes()) attributes[key] = to_json(value);
  json["attributes"] = attributes;
  if (!episode.empty()) json["streams_of"] = episode;
  Json streams = Json::array();
  for (const StreamInfo& info : recording->streams())
    streams.push_back(stream_json(*recording, info, options, diagnostics));
  json["streams"] = streams;
  return json;
}

/// The stream read through, on the session clock.
Json scan_session_stream(const OpenSession& session, const StreamSpec& spec) {
  timeline::StreamTimeStats stats;
  const auto& clock = session.clock(spec.name);
  if (spec.kind == StreamKind::kSeries) {
    SeriesBatch batch;
    for (auto cursor = session.open_series(spec.name); cursor->next(batch);)
      for (const StreamTime t : batch.times) stats.add(clock.to_session(t));
  } else {
    StreamEvent event;
    for (auto cursor = session.open_events(spec.name); cursor->next(event);)
      stats.add(clock.to_session(event.time));
  }
  return stats.to_json();
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
    entry["rate_hz"] = spec.rate_hz   ? Json(*spec.rate_hz)
                       : info.rate_hz ? Json(*info.rate_hz)
                                      : Json();
    entry["count"] = info.count ? Json(*info.count) : Json();
    entry["first_ns"] =
        info.first ? Json(ns_of(session->clock(spec.name).to_session(*info.first))) : Json();
    entry["last_ns"] =
        info.last ? Json(ns_of(session->clock(spec.name).to_session(*info.last))) : Json();
    entry["clock"] = session->clock(spec.name).to_json();
    if (spec.kind == StreamKind::kVideo) {
      const auto source = session->video(spec.name);
      const auto times = session->frame_times(spec.name);
      entry["video"] = video_json(source->format());
      entry["video"].update(frames_json(source->frames()));
      entry["count"] = times->size();
      if (!times->empty()) {
        entry["first_ns"] = ns_of(times->front());
        entry["last_ns"] = ns_of(times->back());
      }
    } else if (spec.kind == StreamKind::kSeries) {
      entry["columns"] = columns_json(spec.columns);
    }
    if (!info.time_field.empty()) entry["time_field"] = info.time_field;
    if (!info.details.empty()) entry["details"] = info.details;
    if (options.scan && (spec.kind == StreamKind::kSeries || spec.kind == StreamKind::kEvents)) {
      entry["time"] = scan_session_stream(*session, spec);
      entry["count"] = entry["time"]["samples"];
      entry["first_ns"] = entry["time"]["first_ns"];
      entry["last_ns"] = entry["time"]["last_ns"];
    }
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

}  // namespace

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
  if (fs::is_directory(path)) {
    Json list = Json::array();
    for (const SessionRef& ref : find_sessions({path}))
      list.push_back({{"id", ref.id}, {"path", ref.path.string()}, {"episode", ref.episode}});
    return {{"path", path.string()}, {"format", "folder"}, {"sessions", list}};
  }
  throw InputError(path.string(),
                   "is in no format this program reads; 'reelcell formats' lists them");
}

}  // namespace reelcell::pipeline
